"""One method over several baselines, and what of the evidence survives them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from seewhy import __version__
from seewhy.explainers import sweeping
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.kinds.explain import Explain
from seewhy.workbench.tasks import Question, Task

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class SweepTask(Question):
    """Explain with one baseline after the other; model, image, method, settings and target as for an explanation.

    baselines: "all" (black, white, grey, blur, noise) or a list; data: a split whose mean and whose first image are
    added where the method takes pictures.
    """

    kind: Literal["sweep"] = "sweep"
    image: str = Field(min_length=1, max_length=400_000)
    method: str = Field(min_length=1, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)
    target: Any = "argmax"
    baselines: Literal["all"] | list[str] = Field("all", max_length=20)
    data: str | None = Field(None, max_length=200)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"{self.method} over baselines"

    @property
    def asked(self) -> Task:
        """The question without its baselines."""
        return Task(model=self.model, image=self.image, method=self.method, settings=self.settings, target=self.target)


@dataclass(frozen=True)
class SweepPlan(Plan[Finding]):
    """A sweep of which every part can be run."""

    task: SweepTask

    def answer(self, bench: Workbench) -> Finding:
        """{"setting", "choices", "share", "explanations"}; arrays: `values` (B, H, W) and `surviving` (H, W)."""
        found = bench.sweep(self.task.asked, self.task.baselines, self.task.data)
        arrays = {"values": np.stack([one.values for one in found.row]), "surviving": found.surviving}
        return Finding(self.task.model_dump(mode="json"), found.describe(), arrays)


class SweepKind(Kind[SweepTask, Finding]):
    """See `SweepTask`."""

    name: ClassVar[str] = "sweep"
    task = SweepTask

    def plan(self, bench: Workbench, task: SweepTask) -> SweepPlan:
        """Also refuses a method without a baseline, and baselines that it does not take."""
        asked = task.asked.complete(bench.model(task.model).labels)
        setting, recipes = sweeping.recipes(asked.recipe, task.baselines, task.data)
        plans = [
            Explain().plan(bench, asked.model_copy(update={"settings": recipe.model_dump(mode="json")}))
            for recipe in recipes.values()
        ]
        settings = {name: value for name, value in asked.settings.items() if name != setting}
        whole = task.model_copy(
            update={"settings": settings, "target": asked.target, "baselines": list(recipes), "data": None}
        )
        return SweepPlan(whole.hash(*(plan.id for plan in plans), __version__), whole)
