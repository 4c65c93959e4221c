"""A model asked about many pictures of one size, as fast as it goes and exact; knows no method and no target."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import in_batches
from seewhy.inference.dense import Dense, dense
from seewhy.inference.sharing import shared


class Asking:
    """Scores of pictures like `image` (C, H, W), without gradients.

    size: how many go through at once; how: what runs, in words.
    """

    def __init__(self, model: Classifier, image: Tensor) -> None:
        self._model, self._dense = model, dense(model)
        with torch.inference_mode():
            program = self._dense.program
            if program is not None and not self._dense.agrees(model, image[None], program.scores(image[None])):
                self._dense = Dense(None, "the model changed in a way that its weights do not show")
            self.size = self._dense.size(model, image)
        self.how = "folded steps" if self._dense.program is not None else f"the model itself: {self._dense.reason}"

    def scores(self, x: Tensor) -> Tensor:
        """Scores (N, K) of pictures (N, C, H, W), in one pass."""
        return shared("scores", self._model, (), x, lambda: self._pass(x))

    def batches(self, count: int) -> Iterator[range]:
        """0 … count − 1 in ranges that go through at once."""
        return in_batches(count, self.size)

    def _pass(self, x: Tensor) -> Tensor:
        with torch.inference_mode():
            return self._dense.scores(self._model, x)
