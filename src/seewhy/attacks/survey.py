"""One attack on many pictures: how many of the answers that the model was sure of turn wrong."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.attacks.base import Attack
from seewhy.attacks.goals import Goal
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size
from seewhy.progress import track
from seewhy.saving import Saved
from seewhy.shares import wilson


class Labelled(NamedTuple):
    """An image x (C, H, W) as the model takes it, its true class (−1 where nobody knows it), and where it came from."""

    x: Tensor
    label: int
    address: str


@dataclass(frozen=True)
class Survey(Saved):
    """What became of N pictures.

    truth, before, after: (N,) class indices; truth is what the model saw where the class was not known. before_sure,
    after_sure: (N,) the probabilities of `before` and `after`. sure: from which probability on an answer is confident.
    labelled: how many true classes were known. A picture that was wrong before was left alone.
    """

    called: ClassVar[str] = "a survey"

    addresses: tuple[str, ...]
    truth: NDArray[np.int64] = field(repr=False)
    before: NDArray[np.int64] = field(repr=False)
    before_sure: NDArray[np.float64] = field(repr=False)
    after: NDArray[np.int64] = field(repr=False)
    after_sure: NDArray[np.float64] = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    labelled: int
    sure: float
    attack: str
    title: str
    radius: float | None
    settings: Mapping[str, Any]
    model: str
    seconds: float
    fingerprint: str = ""

    @property
    def confident(self) -> NDArray[np.bool_]:
        """(N,): right and confident before the attack."""
        return np.asarray((self.before == self.truth) & (self.before_sure >= self.sure))

    @property
    def turned(self) -> NDArray[np.bool_]:
        """(N,): right and confident before, wrong after."""
        return np.asarray(self.confident & (self.after != self.truth))

    @property
    def confidently_wrong(self) -> NDArray[np.bool_]:
        """(N,): right and confident before, wrong and confident after."""
        return np.asarray(self.turned & (self.after_sure >= self.sure))

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        confident, turned, wrong = (int(which.sum()) for which in (self.confident, self.turned, self.confidently_wrong))
        kind = "right answers" if self.labelled == len(self.truth) else "answers"
        reach = "" if self.radius is None else f" at epsilon {self.radius:g}"
        if not confident:
            return f"None of {len(self.truth)} pictures is answered with {self.sure:.0%} or more, so none can turn."
        low, high = wilson(turned, confident) or (0.0, 1.0)
        return (
            f"{self.title}{reach}: of {confident} {kind} that {self.model} gave with {self.sure:.0%} or more, {turned} "
            f"({turned / confident:.0%}, 95 % interval {100 * low:.0f}–{100 * high:.0f}) turn "
            f"{'wrong' if kind != 'answers' else 'into others'}, {wrong} of them again with {self.sure:.0%} or more."
        )

    def describe(self) -> dict[str, Any]:
        """Counts, shares with 95 % intervals, and the list of every picture, as plain data."""
        confident, turned, wrong = (int(which.sum()) for which in (self.confident, self.turned, self.confidently_wrong))
        return {
            "model": self.model,
            "attack": self.attack,
            "title": self.title,
            "settings": dict(self.settings),
            "eps": self.radius,
            "sure": self.sure,
            "images": len(self.truth),
            "labelled": self.labelled,
            "right_before": int((self.before == self.truth).sum()),
            "right_after": int((self.after == self.truth).sum()),
            "confident": confident,
            "turned": _share(turned, confident),
            "confidently_wrong": _share(wrong, confident),
            "list": [self._row(index) for index in range(len(self.truth))],
            "sentence": self.sentence,
            "seconds": self.seconds,
            "fingerprint": self.fingerprint,
        }

    def _row(self, index: int) -> dict[str, Any]:
        return {
            "image": self.addresses[index],
            "truth": self.labels[self.truth[index]],
            "before": {"label": self.labels[self.before[index]], "score": float(self.before_sure[index])},
            "after": {"label": self.labels[self.after[index]], "score": float(self.after_sure[index])},
            "confident": bool(self.confident[index]),
            "turned": bool(self.turned[index]),
            "confidently_wrong": bool(self.confidently_wrong[index]),
        }


def survey(
    model: Classifier, attack: Attack, pictures: Iterable[Labelled], *, total: int | None = None, sure: float = 0.5
) -> Survey:
    """Attack every picture that `model` gets right, and see what it says then; no more than a batch is in memory.

    total: how many pictures there are, for those who watch.

    Raises: TypeError where the model lacks what the attack needs; ValueError where there are no pictures.
    """
    if (refusal := attack.refusal(model)) is not None:
        raise TypeError(refusal)
    started = time.perf_counter()
    addresses: list[str] = []
    columns: list[tuple[NDArray[Any], ...]] = []
    labelled = 0
    for x, known, names in _batches(track(pictures, "attacking", total), model):
        before, before_sure = _believed(model, x)
        truth = np.where(known >= 0, known, before)
        after, after_sure = before.copy(), before_sure.copy()
        right = np.flatnonzero(before == truth)
        if len(right):
            found = attack.perturb(model, x[torch.from_numpy(right)], Goal(torch.from_numpy(truth[right])))
            after[right], after_sure[right] = _believed(model, found.x)
        columns.append((truth, before, before_sure, after, after_sure))
        addresses += names
        labelled += int((known >= 0).sum())
    if not addresses:
        raise ValueError("there are no pictures to attack; name a folder or a split that has some")
    whole = [np.concatenate(column) for column in zip(*columns, strict=True)]
    return Survey(
        addresses=tuple(addresses),
        truth=whole[0],
        before=whole[1],
        before_sure=whole[2],
        after=whole[3],
        after_sure=whole[4],
        labels=model.labels,
        labelled=labelled,
        sure=sure,
        attack=attack.name,
        title=attack.title,
        radius=attack.radius,
        settings=attack.model_dump(mode="json"),
        model=model.name,
        seconds=time.perf_counter() - started,
        fingerprint=model.fingerprint,
    )


def _batches(
    pictures: Iterable[Labelled], model: Classifier
) -> Iterator[tuple[Tensor, NDArray[np.int64], tuple[str, ...]]]:
    waiting, size = iter(pictures), batch_size(torch.empty(model.input_shape))
    while rows := list(islice(waiting, size)):
        x, labels, addresses = zip(*rows, strict=True)
        yield torch.stack(x), np.array(labels, np.int64), addresses


def _believed(model: Classifier, x: Tensor) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The first choice for each image, and its probability."""
    with torch.no_grad():
        sure, index = torch.softmax(model.scores(x).cpu().double(), 1).max(1)
    return index.numpy(), sure.numpy()


def _share(hits: int, trials: int) -> dict[str, Any]:
    if not trials:
        return {"count": 0, "share": None, "interval": None}
    return {"count": hits, "share": hits / trials, "interval": list(wilson(hits, trials) or ())}
