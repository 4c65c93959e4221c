"""Images of a split by what they satisfy: examples, counterexamples, exceptions and near misses of a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seewhy import __version__
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.inference.activations import Activations
from seewhy.predicates import Bound, Conjunction, Predicate
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.asking import read_predicate
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.kinds.predictions import known_labels
from seewhy.workbench.recordings import check_layers, recorded
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class ExamplesTask(Question):
    """List the images of a split that satisfy `condition`, or with `negate` those that do not.

    condition: a predicate, as text or as plain data.
    lacking: 1 lists near misses: images that satisfy all parts of the condition but one, the closest first.
    percentile: for a condition on one unit, only the images for which that unit is in this percentile of the split,
    counted in the direction of the condition (90 is the strongest 10 %), the strongest first.
    restrict: only images that the model calls this class.
    conclusion: a predicate; each image is told with whether it is true of it.
    exclude: an address to leave out; size: only the first so many images of the split.
    """

    kind: Literal["examples"] = "examples"
    data: str = Field("digits", min_length=1, max_length=200)
    split: str = Field("test", min_length=1, max_length=50)
    condition: str | dict[str, Any]
    negate: bool = False
    lacking: Literal[0, 1] = 0
    percentile: int | None = Field(None, ge=1, le=99)
    restrict: int | None = Field(None, ge=0)
    conclusion: str | dict[str, Any] | None = None
    exclude: str | None = Field(None, max_length=400_000)
    size: int | None = Field(20_000, ge=1, le=65_536)
    limit: int = Field(50, ge=1, le=1000)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return "examples"


@dataclass(frozen=True)
class ExamplesPlan(Plan[Finding]):
    """A condition on layers that the model has."""

    task: ExamplesTask
    model: Classifier
    data: ImageSet
    condition: Predicate
    conclusion: Predicate | None

    def answer(self, bench: Workbench) -> Finding:
        """{"total", "items": [{address, index, label, predicted, score, holds, value, lacking}]}."""
        task = self.task
        layers = dict.fromkeys((*self.condition.layers, *(self.conclusion.layers if self.conclusion else ())))
        found = recorded(bench, task.model, task.data, task.split, tuple(layers), task.size)
        chosen, about = self._chosen(found)
        if task.restrict is not None:
            chosen = chosen[found.predicted[chosen] == task.restrict]
        if task.exclude is not None:
            chosen = np.array([i for i in chosen if self.data.address(task.split, int(i)) != task.exclude], np.intp)
        facts = {
            "condition": self.condition.describe(self.model.labels),
            "negate": task.negate,
            "percentile": task.percentile,
            "restrict": task.restrict,
            "total": len(chosen),
            "count": found.count,
            "items": self._items(found, chosen[: task.limit], about),
        }
        return Finding(task.model_dump(mode="json"), facts)

    def _chosen(self, found: Activations) -> tuple[NDArray[np.intp], dict[int, int]]:
        """The images in the order in which they are listed; of near misses, which part each lacks."""
        if self.task.lacking:
            return _near_misses(found, self.condition)
        holds = found.of(self.condition)
        if self.task.negate:
            holds = ~holds
        if self.task.percentile is None or not isinstance(self.condition, Bound):
            return np.flatnonzero(holds), {}
        values = found.row(self.condition).astype(np.float64)
        upwards = (self.condition.op == ">=") != self.task.negate
        strength = values if upwards else -values
        holds &= strength >= np.quantile(strength, self.task.percentile / 100)
        chosen = np.flatnonzero(holds)
        return chosen[np.argsort(-strength[chosen], kind="stable")], {}

    def _items(self, found: Activations, chosen: NDArray[np.intp], about: dict[int, int]) -> list[dict[str, Any]]:
        labels = known_labels(self.data, self.task.split, self.model)
        values = found.row(self.condition) if isinstance(self.condition, Bound) else None
        holds = found.of(self.conclusion) if self.conclusion is not None else None
        names = self.model.labels
        items = []
        for index in chosen.tolist():
            scores = found.scores[index].astype(np.float64)
            guess, label = int(scores.argmax()), int(labels[index])
            item = {
                "address": self.data.address(self.task.split, index),
                "index": index,
                "label": None if label < 0 else label,
                "label_name": None if label < 0 else names[label],
                "predicted": guess,
                "predicted_name": names[guess],
                "score": float(1 / np.exp(scores - scores[guess]).sum()),
            }
            if holds is not None:
                item["holds"] = bool(holds[index])
            if values is not None:
                item["value"] = float(values[index])
            if index in about:
                item["lacking"] = about[index]
            items.append(item)
        return items


class Examples(Kind[ExamplesTask, Finding]):
    """See `ExamplesTask`."""

    name: ClassVar[str] = "examples"
    task = ExamplesTask

    def plan(self, bench: Workbench, task: ExamplesTask) -> ExamplesPlan:
        """Refuses a percentile or near misses where the condition has none."""
        model, data = bench.model(task.model), bench.dataset(task.data)
        data.check_split(task.split)
        condition = read_predicate(task.condition, model, None)
        conclusion = None if task.conclusion is None else read_predicate(task.conclusion, model, None)
        check_layers(model, task.model, (*condition.layers, *(conclusion.layers if conclusion else ())))
        if task.percentile is not None and not isinstance(condition, Bound):
            raise ValueError(f"a percentile needs a condition on one unit, got '{condition}'; leave it out")
        if task.lacking and not isinstance(condition, Conjunction):
            raise ValueError(f"near misses need a condition of several parts, got '{condition}'; leave lacking out")
        if task.restrict is not None and task.restrict >= len(model.labels):
            raise ValueError(f"restrict: {task.model} has classes 0 to {len(model.labels) - 1}, got {task.restrict}")
        whole = task.model_copy(
            update={"condition": str(condition), "conclusion": None if conclusion is None else str(conclusion)}
        )
        id = whole.hash(model.fingerprint, bench.digest_of(data.name), __version__)
        return ExamplesPlan(id, whole, model, data, condition, conclusion)


def _near_misses(found: Activations, condition: Predicate) -> tuple[NDArray[np.intp], dict[int, int]]:
    """Images that satisfy all parts but one; those that miss it by the fewest other images first."""
    parts = condition.parts if isinstance(condition, Conjunction) else ()
    if not parts:
        return np.zeros(0, np.intp), {}
    holds = np.stack([found.of(part) for part in parts])
    missing = np.flatnonzero((~holds).sum(0) == 1)
    lacks = (~holds[:, missing]).argmax(0)
    distance = np.array(
        [_distance(found, parts[part], image) for part, image in zip(lacks.tolist(), missing.tolist(), strict=True)]
    )
    order = np.argsort(distance, kind="stable")
    return missing[order], {int(missing[i]): int(lacks[i]) for i in order}


def _distance(found: Activations, part: Predicate, image: int) -> int:
    """How many images of the split lie between the bound and this image's value."""
    if not isinstance(part, Bound):
        return found.count
    row = found.row(part)
    value = row[image]
    between = (row >= value) & (row < part.threshold) if part.op == ">=" else (row <= value) & (row > part.threshold)
    return int(between.sum())
