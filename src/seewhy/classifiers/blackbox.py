"""A model that answers from elsewhere, a runtime or a server, as a classifier that gives scores only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.classifiers.base import Ability, Classifier
from seewhy.images import WHOLE, Framing

SMALLEST = 1e-12  # a probability below this counts as this, so that its logarithm is finite

Ask = Callable[[NDArray[np.float32]], NDArray[np.floating[Any]]]


class BlackBox(Classifier):
    """Scores images by asking `ask` for rows (N, K) of normalised images (N, C, H, W).

    Whether the rows are logits or probabilities is found once, from its answers to a few pictures; probabilities give
    their logarithms. identity: what tells this model from others, as text.
    """

    abilities: frozenset[Ability] = frozenset({"scores"})

    def __init__(
        self,
        ask: Ask,
        framework: str,
        identity: str,
        labels: Sequence[str],
        input_shape: Sequence[int],
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
        name: str = "model",
        about: Mapping[str, Any] | None = None,
        framing: Framing = WHOLE,
    ) -> None:
        super().__init__(name, labels, input_shape, about, framing)
        self.framework = framework
        self._ask = ask
        self.mean, self.std = (np.asarray(v, np.float32).reshape(-1, 1, 1) for v in (mean, std))
        seen = self._asked(probes(self.input_shape))
        self.check_scores(torch.from_numpy(seen), len(seen))
        self._tells_probabilities = probabilities(seen)
        self._fingerprint = hashlib.sha256(f"{identity} {mean} {std} {framing} {seen.tolist()}".encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over what the model is, its normalisation, and its answers to a few pictures."""
        return self._fingerprint

    def scores(self, x: Tensor) -> Tensor:
        """Logits, or logarithms of probabilities (N, K)."""
        self.check_input(x)
        rows = self._asked(x.detach().cpu().numpy().astype(np.float32))
        rows = np.log(np.maximum(rows, SMALLEST)) if self._tells_probabilities else rows
        return self.check_scores(torch.from_numpy(np.ascontiguousarray(rows)).float(), len(x))

    def _asked(self, pixels: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(self._ask((pixels - self.mean) / self.std), dtype=np.float64)


def probes(shape: Sequence[int]) -> NDArray[np.float32]:
    """Three pictures (3, C, H, W) to ask any model about: black, grey and noise."""
    noise = np.random.default_rng(0).random(tuple(shape), dtype=np.float32)
    return np.stack([np.zeros_like(noise), np.full_like(noise, 0.5), noise])


def probabilities(rows: NDArray[np.float64]) -> bool:
    """Whether all of `rows` (N, K) are probabilities."""
    return rows.ndim == 2 and bool((rows >= 0).all() and np.allclose(rows.sum(1), 1, atol=1e-3))
