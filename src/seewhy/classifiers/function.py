"""Any callable or scikit-learn estimator that tells probabilities, as a classifier without gradients."""

from __future__ import annotations

import hashlib
import pickle
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.classifiers.base import Ability, Classifier
from seewhy.images import WHOLE, Framing

SMALLEST = 1e-12  # a probability below this counts as this, so that its logarithm is finite


class FunctionClassifier(Classifier):
    """A black box that maps float arrays (N, H, W, C) to probabilities (N, K).

    function: a callable, or an object with `predict_proba` (then each image is flattened to one row, as
    scikit-learn wants it).
    mean, std: the function sees (x − mean) / std; with std=1/255 it sees values from 0 to 255.
    """

    framework = "function"
    abilities: frozenset[Ability] = frozenset({"scores"})

    def __init__(
        self,
        function: Any,
        labels: Sequence[str],
        input_shape: Sequence[int],
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
        name: str | None = None,
        about: Mapping[str, Any] | None = None,
        framing: Framing = WHOLE,
    ) -> None:
        super().__init__(name or _name_of(function), labels, input_shape, about, framing)
        self.function = function
        self.mean, self.std = (np.asarray(v, dtype=np.float32) for v in (mean, std))
        self._ask = _asking(function)
        self._fingerprint = _fingerprint(function)

    @property
    def fingerprint(self) -> str:
        """A hash of a pickled estimator; a function is pickled by name only, so each object counts as new."""
        return self._fingerprint

    def scores(self, x: Tensor) -> Tensor:
        """Log-probabilities (N, K)."""
        self.check_input(x)
        pixels = x.detach().permute(0, 2, 3, 1).cpu().numpy().astype(np.float32)
        answer = np.asarray(self._ask((pixels - self.mean) / self.std), dtype=np.float64)
        if answer.ndim != 2 or np.isnan(answer).any() or (answer < -1e-6).any() or (answer.sum(1) - 1 > 1e-3).any():
            raise ValueError(
                f"{self.name} must give probabilities (N, K) that add up to 1, got shape {answer.shape} with values "
                f"from {np.nanmin(answer, initial=np.inf):.3g} to {np.nanmax(answer, initial=-np.inf):.3g}; "
                "put a softmax behind logits"
            )
        return self.check_scores(torch.from_numpy(np.log(np.maximum(answer, SMALLEST))).float(), len(x))


def _asking(function: Any) -> Callable[[NDArray[np.float32]], Any]:
    if hasattr(function, "predict_proba"):
        return lambda pixels: function.predict_proba(pixels.reshape(len(pixels), -1))
    if not callable(function):
        raise TypeError(
            f"a classifier must be a module, a callable or an estimator with predict_proba, "
            f"got {type(function).__name__}; for a support vector machine pass probability=True"
        )
    return function  # type: ignore[no-any-return]


def _name_of(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__)).strip("<>").lower()


def _fingerprint(function: Any) -> str:
    if hasattr(function, "predict_proba"):
        with suppress(Exception):  # pickle raises whatever it likes
            return hashlib.sha256(pickle.dumps(function)).hexdigest()
    return hashlib.sha256(uuid.uuid4().bytes).hexdigest()
