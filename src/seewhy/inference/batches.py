"""How many images go through a model at once, and the passes themselves; knows no method."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

VALUES = 600_000  # input values in one batch: beyond this the caches of a CPU core overflow and nothing gets faster


def batch_size(image: Tensor) -> int:
    """A good number of images like `image` (…, C, H, W) for one pass: 64 small ones, 8 at 224 × 224."""
    values = int(torch.tensor(image.shape[-3:]).prod())
    return max(8, min(64, VALUES // values))


def in_batches(count: int, size: int) -> Iterator[range]:
    """Split 0 … count − 1 into ranges of at most `size`.

    >>> list(in_batches(5, 2))
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    for start in range(0, count, size):
        yield range(start, min(start + size, count))
