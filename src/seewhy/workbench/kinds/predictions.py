"""What a model says about every image of a split, computed once and kept: what galleries and lists are made of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from seewhy import __version__
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.inference.batches import batch_size
from seewhy.inference.reading import known_labels as known_labels
from seewhy.inference.reading import stacked as stacked
from seewhy.progress import track
from seewhy.workbench.findings import Finding
from seewhy.workbench.judging import judged
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class PredictionsTask(Question):
    """Let `model` predict every image of the split `split` of the data set `data`."""

    kind: Literal["predictions"] = "predictions"
    data: str = Field("digits", min_length=1, max_length=200)
    split: str = Field("test", min_length=1, max_length=50)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"predicting {self.data}/{self.split}"


@dataclass(frozen=True)
class PredictionsPlan(Plan[Finding]):
    """A model and a split that it can be shown."""

    task: PredictionsTask
    model: Classifier
    data: ImageSet

    def answer(self, bench: Workbench) -> Finding:
        """Arrays, each (N,): predicted and label are class indices of the model (label −1 where it is not known),
        score the probability of the prediction, loss −ln of the label's probability (NaN where it is not known)."""
        started = time.perf_counter()
        labels = known_labels(self.data, self.task.split, self.model)
        told, start = [], 0
        for x in inputs(self.model, self.data, self.task.split, "predicting"):
            told.append(_judged(self.model, x, labels[start : start + len(x)]))
            start += len(x)
        columns = [np.concatenate(column) for column in zip(*told, strict=True)] or [np.zeros(0)] * 3
        predicted, score, loss = columns
        arrays = {
            "predicted": predicted.astype(np.int32),
            "label": labels.astype(np.int32),
            "score": score.astype(np.float32),
            "loss": loss.astype(np.float32),
        }
        facts = _facts(arrays, len(self.model.labels)) | {"seconds": time.perf_counter() - started}
        facts |= judged(labels, predicted.astype(np.int64), score.astype(np.float64), self.model.labels)
        return Finding(self.task.model_dump(mode="json"), facts, arrays)


class Predictions(Kind[PredictionsTask, Finding]):
    """See `PredictionsTask`."""

    name: ClassVar[str] = "predictions"
    task = PredictionsTask

    def plan(self, bench: Workbench, task: PredictionsTask) -> PredictionsPlan:
        """The key also stands for the images themselves, so that a changed data set is another run."""
        model, data = bench.model(task.model), bench.dataset(task.data)
        data.check_split(task.split)
        id = task.hash(model.fingerprint, bench.digest_of(data.name), __version__)
        return PredictionsPlan(id, task, model, data)

    def python(self, task: PredictionsTask, result: Finding) -> str:
        """The call that gives the same arrays."""
        return (
            "from seewhy.workbench import Workbench\n"
            "from seewhy.workbench.kinds.predictions import PredictionsTask\n\n"
            f"task = PredictionsTask(model={task.model!r}, data={task.data!r}, split={task.split!r})\n"
            "found = Workbench().ask(task)\nprint(found.describe(), found.all_arrays()['predicted'])\n"
        )


def inputs(model: Classifier, data: ImageSet, split: str, stage: str) -> Iterator[Tensor]:
    """The images of a split as the model takes them, x (n, C, H, W), batch after batch, with progress by the image."""
    step = batch_size(torch.empty(model.input_shape))
    waiting = track(range(data.size(split)), stage)
    while rows := list(islice(waiting, step)):
        yield torch.from_numpy(stacked(model, data, split, rows))


def _judged(model: Classifier, x: Tensor, labels: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The prediction, its probability, and −ln of the label's probability, for each image of `x`."""
    with torch.no_grad():
        logs = torch.log_softmax(model.scores(x).cpu().double(), 1).numpy()
    rows, predicted = np.arange(len(x)), logs.argmax(1)
    loss = np.where(labels >= 0, -logs[rows, labels], np.nan)
    return predicted, np.exp(logs[rows, predicted]), loss


def _facts(arrays: dict[str, NDArray[Any]], classes: int) -> dict[str, Any]:
    predicted, label = arrays["predicted"], arrays["label"]
    known = label >= 0
    right = (predicted == label) & known
    return {
        "count": len(label),
        "labelled": int(known.sum()),
        "correct": int(right.sum()),
        "accuracy": float(right.sum() / known.sum()) if known.any() else None,
        "predicted": np.bincount(predicted, minlength=classes).tolist(),
        "labels": np.bincount(label[known], minlength=classes).tolist(),
        "correct_by_class": np.bincount(label[right], minlength=classes).tolist(),
    }
