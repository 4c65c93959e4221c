"""How many images go through a model at once, and the passes themselves; knows no method."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.progress import heed

VALUES = 600_000  # input values in one batch: beyond this the caches of a CPU core overflow and nothing gets faster


def batch_size(image: Tensor) -> int:
    """A good number of images like `image` (…, C, H, W) for one pass: 64 small ones, 8 at 224 × 224."""
    values = int(torch.tensor(image.shape[-3:]).prod())
    return max(8, min(64, VALUES // values))


def gradient_batch_size(image: Tensor) -> int:
    """The same for passes there and back: 128 of the smallest pictures.

    Per picture, one thread: 28 × 28 grey .73 ms with 128 and .78 with 64; 32 × 32 in colour 1.9 and 1.8.
    """
    size = batch_size(image)
    return 2 * size if image.shape[-3:].numel() < 1000 else size


def in_batches(count: int, size: int) -> Iterator[range]:
    """Split 0 … count − 1 into ranges of at most `size`.

    >>> list(in_batches(5, 2))
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    for start in range(0, count, size):
        yield range(start, min(start + size, count))


def scored(model: Classifier, x: Tensor) -> Tensor:
    """Scores (N, K) of any number of images without gradients, batch after batch, on the processor; can be stopped."""
    scores = []
    for batch in in_batches(len(x), batch_size(x)):
        heed()
        with torch.no_grad():
            scores.append(model.scores(x[batch.start : batch.stop]).cpu())
    return torch.cat(scores)
