"""The search for the least evidence: which pieces of a picture are left, and the way there."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.attacks.evidence_order import Alive, Order, ordered
from seewhy.attacks.pieces import Labels
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size
from seewhy.progress import heed, track


class Search:
    """The state of one search: which pieces are alive, and the way there."""

    def __init__(
        self, model: Classifier, image: Tensor, ground: Tensor, labels: Labels, index: int, confidence: float
    ) -> None:
        self.model, self.image, self.ground = model, image, ground
        self.index, self.confidence = index, confidence
        self.labels = labels
        self.count = int(labels.max()) + 1
        self.sizes = np.bincount(labels[labels >= 0], minlength=self.count)
        self.alive = np.ones(self.count, bool)
        self.died = np.full(self.count, -1)
        self.gone = list[int]()  # pieces, in the order in which they went
        self.first = np.zeros(0)  # how sure the model is of the whole without each piece
        self.shares, self.sure = [1.0], list[float]()
        self.minimal = False

    def run(self) -> None:
        """Erase in big bites while the model stays sure, then piece by piece until none can go."""
        bite = max(1, self.count // 2)
        for _ in track(iter(range(4 * self.count + 32)), "erasing"):
            living = np.flatnonzero(self.alive)
            if not len(living):
                self.minimal = True
                return
            alone = self._alone(living)
            if bite == 1:
                best = int(alone.argmax())
                if alone[best] < self.confidence:
                    self.minimal = True
                    return
                self._erase(living[[best]], float(alone[best]))
                continue
            weakest = living[np.argsort(-alone, kind="stable")]
            bite = min(bite, len(living))
            while bite > 1:
                sure = float(self._without([weakest[:bite]])[0])
                if sure >= self.confidence:
                    self._erase(weakest[:bite], sure)
                    break
                bite //= 2

    def shown(self, alive: NDArray[np.bool_]) -> Tensor:
        """The picture (C, H, W) with only the living pieces."""
        seen = np.append(alive, False)[self.labels]  # background has the number −1
        return torch.where(torch.from_numpy(seen).to(self.image.device), self.image, self.ground)

    def order(self) -> NDArray[np.int64]:
        """(H, W): the step at which each pixel was erased, −1 where it was not."""
        return np.append(self.died, -1)[self.labels]

    def path(self, whole: float) -> Order:
        """All pieces, weakest first: those that went as they went, then the others by how little each is missed."""
        living = np.flatnonzero(self.alive)
        alone = self._alone(living)
        sequence = np.array([*self.gone, *living[np.argsort(-alone, kind="stable")]], np.int64)
        return ordered(self.labels, sequence, whole - self.first, len(living), self._sureness)

    def _alone(self, living: NDArray[np.int64]) -> NDArray[np.float64]:
        """How sure the model is when one piece goes, for each that is left."""
        alone = self._without([np.array([piece]) for piece in living])
        if len(living) == self.count:
            self.first = alone
        return alone

    def _erase(self, pieces: NDArray[np.int64], sure: float) -> None:
        self.alive[pieces] = False
        self.died[pieces] = len(self.sure)
        self.gone.extend(int(piece) for piece in pieces)
        self.sure.append(sure)
        self.shares.append(float(self.sizes[self.alive].sum() / max(self.sizes.sum(), 1)))

    def _without(self, groups: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        """How sure the model is (G,) when one of the groups goes."""

        def left(group: NDArray[np.int64]) -> Alive:
            alive = self.alive.copy()
            alive[group] = False
            return alive

        return self._sureness(left(group) for group in groups)

    def _sureness(self, choices: Iterable[Alive]) -> NDArray[np.float64]:
        """How sure the model is (G,) of the picture with only some pieces, for each choice of them."""
        sure, waiting = [np.zeros(0)], iter(choices)
        while chosen := list(islice(waiting, batch_size(self.image))):
            heed()
            x = torch.stack([self.shown(alive) for alive in chosen])
            with torch.no_grad():
                scores = self.model.scores(x).double()
            sure.append(torch.softmax(scores, 1)[:, self.index].cpu().numpy())
        return np.concatenate(sure)
