"""A whole question as data: model, image, method with settings, and target. Knows how to compare, not how to answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from seewhy import catalog
from seewhy.explainers.base import Explainer
from seewhy.targets import resolve


class Question(BaseModel):
    """What tasks of every kind have in common: the model that is asked, and a name for the whole.

    Each kind narrows `kind` to its own name and adds its fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    model: str = Field(min_length=1, max_length=1_000)

    @property
    def key(self) -> str:
        """The question in one canonical line."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return self.kind

    def hash(self, *conditions: str) -> str:
        """16 hex digits for the question under `conditions` (which weights, which pixels, which version)."""
        return hashlib.sha256("\n".join((self.key, *conditions)).encode()).hexdigest()[:16]


class Task(Question):
    """Explain why `model` sees `target` in `image`.

    model, image: addresses; settings: the fields of the method; target: see `targets.resolve`;
    trust: whether the figure goes into notes["trust"].
    """

    kind: Literal["explain"] = "explain"
    image: str = Field(min_length=1, max_length=400_000)
    method: str = Field(min_length=1, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)
    target: Any = "argmax"
    trust: bool = Field(True, description="whether the trust figure stands beside the map; it takes 17 passes")

    @property
    def key(self) -> str:
        """The question in one canonical line; `trust` is in it only where it is off, as it was before there was one."""
        asked = self.model_dump(mode="json", exclude={"trust"} if self.trust else None)
        return json.dumps(asked, sort_keys=True, ensure_ascii=False)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return self.method

    @property
    def recipe(self) -> Explainer:
        """The method with its settings; LookupError for an unknown one, ValueError for a bad setting."""
        return catalog.recipe(self.method, self.settings)

    def complete(self, labels: Sequence[str]) -> Task:
        """The same question with every default written out, so that equal questions look equal.

        Raises: LookupError and ValueError where method, settings or target are not possible.
        """
        settings = self.recipe.model_dump(mode="json")
        return self.model_copy(update={"settings": settings, "target": complete_target(self.target, labels)})


def complete_target(wish: Any, labels: Sequence[str]) -> dict[str, Any]:
    """The target as {"class", "versus", "output"} with indices; "argmax" stays, for only a prediction can tell.

    >>> complete_target("dog", ["cat", "dog"])
    {'class': 1, 'versus': None, 'output': 'logit'}

    Raises: LookupError for a label that does not exist, ValueError for anything else that is no target.
    """
    given = dict(wish) if isinstance(wish, Mapping) else {"class": wish}
    if given.get("class", "argmax") not in (None, "argmax"):
        chosen = resolve(wish, labels)
        return {"class": chosen.index, "versus": chosen.versus, "output": chosen.output}
    rival = None if given.get("versus") is None else resolve({"class": given["versus"]}, labels).index
    other = 1 if rival == 0 and len(labels) > 1 else 0  # any class but the rival, so that the rest is checked now
    checked = resolve(given | {"class": other, "versus": rival}, labels)
    return {"class": "argmax", "versus": rival, "output": checked.output}
