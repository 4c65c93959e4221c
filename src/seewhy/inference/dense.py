"""Fast whole passes for methods that ask a model about hundreds of changed images; knows no method.

Where the classifier gives a frozen copy that can be traced, its steps run without gradients, with batch norms folded
and channels last; otherwise the classifier itself runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Lock, RLock
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size
from seewhy.inference.graph import TOLERANCE, Program, trace
from seewhy.inference.timing import seconds

GAIN = 0.95  # a larger batch must take less than this share of the time an image
PATIENCE = 0.5  # seconds after which a good batch size is not looked for any longer


class Dense:
    """The whole passes of one model.

    program: its steps, or None with the `reason`. kept: what others measured or planned for this model, by name.
    """

    def __init__(self, program: Program | None, reason: str = "") -> None:
        self.program, self.reason = program, reason
        self.kept: dict[Any, Any] = {}
        self.lock = RLock()

    @classmethod
    def of(cls, model: Classifier) -> Dense:
        """Those of `model`, as a program where it can be traced."""
        try:
            frozen = model.frozen()
            return cls(trace(frozen, model.input_shape, frozen.mean.device, frozen.mean.dtype))
        except ValueError as error:
            return cls(None, str(error))

    def agrees(self, model: Classifier, x: Tensor, given: Tensor) -> bool:
        """Whether the scores `given` by the program are the model's own for `x`."""
        wanted = model.scores(x)
        return bool((wanted - given).abs().max() <= TOLERANCE * wanted.abs().max())

    def scores(self, model: Classifier, x: Tensor) -> Tensor:
        """Scores (N, K) of `x` (N, C, H, W), in one pass."""
        if self.program is None:
            return model.scores(x)
        return model.check_scores(self.program.scores(x), len(x))

    def size(self, model: Classifier, image: Tensor) -> int:
        """How many images like `image` (C, H, W) go through at once; measured once."""
        usual = batch_size(image)
        sizes = [size for size in (usual, usual * 2, usual // 2, usual // 4) if size]
        return self.best("dense", sizes, lambda size: self.scores(model, image.expand(size, -1, -1, -1)))

    def best(self, name: Any, sizes: list[int], run: Callable[[int], Any]) -> int:
        """The size with the least time an image, the first in doubt; measured once for each name, then kept."""
        with self.lock:
            if name not in self.kept:
                self.kept[name] = _fastest(sizes, run)
            return int(self.kept[name])


def dense(model: Classifier) -> Dense:
    """The whole passes of `model` as it is now; prepared once for each fingerprint."""
    fingerprint = model.fingerprint
    with _lock:
        known = _prepared.get(model)
        if known is None or known[0] != fingerprint:
            known = _prepared[model] = (fingerprint, Dense.of(model))
        return known[1]


def halving(run: Callable[[Tensor], Tensor], items: Tensor, size: int) -> tuple[Tensor, int]:
    """`run` on `items`, `size` at a time, half as many whenever memory is out; gives the results and the last size."""
    found: list[Tensor] = []
    start = 0
    while start < len(items):
        try:
            found.append(run(items[start : start + size]))
        except RuntimeError as error:
            if size == 1 or not _is_memory(error):
                raise
            size //= 2
        else:
            start += size
    return torch.cat(found), size


def _fastest(sizes: list[int], run: Callable[[int], Any]) -> int:
    """The size with the least time an image; quick ones are timed thrice, for a neighbour may disturb one."""
    started = time.perf_counter()
    best, least = sizes[0], float("inf")
    for size in sizes:
        try:
            each = seconds(partial(run, size), times=3) / size
        except RuntimeError as error:
            if not _is_memory(error):
                raise
            break
        if each < GAIN * least:
            best, least = size, each
        if time.perf_counter() - started > PATIENCE:
            break
    return best


def _is_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(error)


_prepared: WeakKeyDictionary[Classifier, tuple[str, Dense]] = WeakKeyDictionary()
_lock = Lock()
