"""A map held against numbers: is it better than random maps?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seewhy import __version__, catalog, progress
from seewhy.metrics.base import Metric
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.kinds.explain import Explain, ExplainPlan
from seewhy.workbench.measuring import mask_at, measured
from seewhy.workbench.tasks import Question, Task

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench

USUAL = ("deletion", "insertion", "sparseness")


class MeasureTask(Question):
    """Judge a map by metrics; model, image, method, settings and target as for an explanation.

    metrics: names of metrics, or {name: settings}; mask: where the evidence truly is, the address of a picture that is
    bright there, or "true" or "planted" for an image of the set "shortcuts".
    """

    kind: Literal["measure"] = "measure"
    image: str = Field(min_length=1, max_length=400_000)
    method: str = Field("integrated-gradients", min_length=1, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)
    target: Any = "argmax"
    metrics: list[str] | dict[str, dict[str, Any]] = Field(list(USUAL), min_length=1, max_length=40)
    mask: str | None = Field(None, min_length=1, max_length=400_000)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"{self.method}, measured"

    @property
    def asked(self) -> Task:
        """The question without its metrics."""
        return Task(model=self.model, image=self.image, method=self.method, settings=self.settings, target=self.target)

    @property
    def recipes(self) -> dict[str, Metric]:
        """The metrics with their settings, checked; LookupError and ValueError for what is not possible."""
        wished = self.metrics if isinstance(self.metrics, dict) else {name: {} for name in self.metrics}
        return {name: catalog.metric_recipe(name, settings) for name, settings in wished.items()}


@dataclass(frozen=True)
class MeasurePlan(Plan[Finding]):
    """A map, the metrics that suit it, and where the evidence truly is, if that is known."""

    task: MeasureTask
    explaining: ExplainPlan
    metrics: dict[str, Metric]
    mask: NDArray[np.bool_] | None

    def answer(self, bench: Workbench) -> Finding:
        """{"explanation", "measurements"}; arrays: METRIC.chances, and METRIC.shares, .scores, .chance_curves."""
        why = bench.perform(self.explaining.task)
        with bench.reading():
            found = {
                name: measured(self.explaining.model, why, metric, self.mask)
                for name, metric in progress.track(self.metrics.items(), "measuring", len(self.metrics))
            }
        facts = {"explanation": why.describe(), "measurements": {name: one.describe() for name, one in found.items()}}
        arrays = {f"{name}.{key}": array for name, one in found.items() for key, array in one.all_arrays().items()}
        return Finding(self.task.model_dump(mode="json"), facts, arrays)


class Measure(Kind[MeasureTask, Finding]):
    """See `MeasureTask`."""

    name: ClassVar[str] = "measure"
    task = MeasureTask

    def plan(self, bench: Workbench, task: MeasureTask) -> MeasurePlan:
        """Also refuses a metric that asks more than the model can give, or for a mask where there is none."""
        explaining = Explain().plan(bench, task.asked)
        metrics = task.recipes
        for metric in metrics.values():
            if (refusal := metric.refusal(explaining.model)) is not None:
                raise TypeError(refusal)
            if metric.needs_mask and task.mask is None:
                raise ValueError(f"{metric.title} needs to know where the evidence truly is; name a mask")
        mask = None if task.mask is None else mask_at(bench, task.mask, explaining.picture.address, explaining.model)
        marked = "" if mask is None else hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()
        whole = task.model_copy(
            update={
                "settings": explaining.task.settings,
                "target": explaining.task.target,
                "metrics": {name: metric.model_dump(mode="json") for name, metric in metrics.items()},
            }
        )
        return MeasurePlan(whole.hash(explaining.id, marked, __version__), whole, explaining, metrics, mask)

    def python(self, task: MeasureTask, result: Finding) -> str:
        """The calls that give the same numbers."""
        mask = "" if task.mask is None else f", mask={task.mask!r}"
        lines = [
            f"print(seewhy.measure(model, why, {name!r}{mask}{_own(metric)}).sentence)"
            for name, metric in task.recipes.items()
        ]
        target = result.facts["explanation"]["target"]
        wish = {name: target[name] for name in ("class", "versus", "output")}
        why = f"seewhy.explain(model, {task.image!r}, {task.method!r}, target={wish!r}{_words(task.settings)})"
        return f"import seewhy\n\nmodel = seewhy.load({task.model!r})\nwhy = {why}\n" + "\n".join(lines) + "\n"


def _own(metric: Metric) -> str:
    """The settings that are not the usual ones."""
    usual = type(metric)().model_dump(mode="json")
    return _words({name: one for name, one in metric.model_dump(mode="json").items() if one != usual[name]})


def _words(settings: Mapping[str, Any]) -> str:
    return "".join(f", {name}={value!r}" for name, value in settings.items())
