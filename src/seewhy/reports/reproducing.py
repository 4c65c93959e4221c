"""The Python that repeats an explanation; knows only what the explanation says about itself."""

from __future__ import annotations

from typing import Any

from seewhy import catalog
from seewhy.results import Explanation


def python_for(explanation: Explanation) -> str:
    """A few lines that give the same map again.

    What only existed in one session (a model of one's own, an upload) stays a name with a comment.
    """
    model = f"seewhy.load({explanation.model!r})"
    if explanation.model not in catalog.models():
        model = f"...  # your own model, here called {explanation.model!r}"
    address = explanation.address or ""
    image = repr(address)
    if not address or address.startswith("up:"):
        image += "  # a picture of yours; elsewhere, put its path here"
    settings = "".join(f", {name}={value!r}" for name, value in explanation.settings.items())
    call = f"seewhy.explain(model, image, {explanation.method!r}, target={_target(explanation.target)!r}{settings})"
    return f"import seewhy\n\nmodel = {model}\nimage = {image}\nwhy = {call}\nwhy.save('why.png')\n"


def _target(target: Any) -> Any:
    """As short as it can be said."""
    if target["versus"] is None and target["output"] == "logit":
        return target["class"]
    return {name: target[name] for name in ("class", "versus", "output")}
