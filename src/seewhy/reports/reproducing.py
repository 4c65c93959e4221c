"""The Python that repeats an explanation; knows only what the explanation says about itself."""

from __future__ import annotations

from typing import Any

from seewhy import catalog
from seewhy.loading import KINDS
from seewhy.loading.address import parse
from seewhy.results import Explanation


def python_for(explanation: Explanation) -> str:
    """A few lines that give the same map again.

    What only existed in one session (a model of one's own, an upload) stays a name with a comment.
    """
    model = f"seewhy.load({explanation.model!r})"
    if not _opens(explanation.model):
        model = f"...  # your own model, here called {explanation.model!r}"
    address = explanation.address or ""
    image = repr(address)
    if not address or address.startswith("up:"):
        image += "  # a picture of yours; elsewhere, put its path here"
    settings = "".join(f", {name}={value!r}" for name, value in explanation.settings.items())
    call = f"seewhy.explain(model, image, {explanation.method!r}, target={_target(explanation.target)!r}{settings})"
    return f"import seewhy\n\nmodel = {model}\nimage = {image}\nwhy = {call}\nwhy.save('why.png')\n"


def _opens(model: str) -> bool:
    """Whether a model is called by an address that opens it elsewhere too, where its files are."""
    try:
        found = parse(model)
    except ValueError:
        return False
    return found.kind in KINDS if found.kind else found.name in catalog.models()


def _target(target: Any) -> Any:
    """As short as it can be said."""
    if target["versus"] is None and target["output"] == "logit":
        return target["class"]
    return {name: target[name] for name in ("class", "versus", "output")}
