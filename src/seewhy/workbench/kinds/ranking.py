"""Methods in order of their trust figures, for one model on images of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from seewhy import __version__, catalog
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.explainers.base import Explainer
from seewhy.verdicts.ranking import rank
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class RankTask(Question):
    """Explain `count` images, evenly spread over a split, by every method, and order the methods.

    methods: names, or names with settings; empty for all of our own that suit the model.
    """

    kind: Literal["rank"] = "rank"
    data: str = Field("digits", min_length=1, max_length=200)
    split: str = Field("test", min_length=1, max_length=50)
    methods: dict[str, dict[str, Any]] = Field(default_factory=dict, max_length=60)
    count: int = Field(100, ge=2, le=100_000)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"ranking methods on {self.data}/{self.split}"


@dataclass(frozen=True)
class RankPlan(Plan[Finding]):
    """Methods that suit the model, and the images they explain."""

    task: RankTask
    model: Classifier
    data: ImageSet
    recipes: dict[str, Explainer]

    def answer(self, bench: Workbench) -> Finding:
        """Array: figures (methods, pictures), methods best first."""
        size = self.data.size(self.task.split)
        chosen = np.unique(np.linspace(0, size - 1, min(self.task.count, size)).round().astype(int))
        images = [self.data.sample(self.task.split, int(index)).image for index in chosen]
        with bench.reading():
            found = rank(self.model, images, self.recipes)
        about = {"model": self.task.model, "data": self.task.data, "split": self.task.split}
        return Finding(self.task.model_dump(mode="json"), about | found.describe(), {"figures": found.figures})


class Rank(Kind[RankTask, Finding]):
    """See `RankTask`."""

    name: ClassVar[str] = "rank"
    task = RankTask

    def plan(self, bench: Workbench, task: RankTask) -> RankPlan:
        """Refuses methods that are named and do not suit the model; leaves them out where all are meant."""
        model, data = bench.model(task.model), bench.dataset(task.data)
        data.check_split(task.split)
        suiting: dict[str, dict[str, Any]] = {
            name: {} for name, method in catalog.own_explainers().items() if method.refusal(model) is None
        }
        recipes = {name: bench.recipe(task.model, name, own) for name, own in (task.methods or suiting).items()}
        written = {name: recipe.model_dump(mode="json") for name, recipe in recipes.items()}
        task = task.model_copy(update={"methods": written})
        return RankPlan(
            task.hash(model.fingerprint, bench.digest_of(data.name), __version__), task, model, data, recipes
        )
