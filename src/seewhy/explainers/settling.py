"""When to stop sampling: two halves of the samples rank the parts of an image alike. Knows numbers only.

Looks are at fixed counts, so that where a run stops depends on its numbers, not on what the machine takes at once.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from seewhy.comparisons import rank_correlation

Until = Literal["count", "settled"]
SETTLED = 0.95  # Spearman's correlation between the halves from which a ranking counts as settled
GROWTH = 1.2  # look again when there are so many times as many samples


def agreement(one: ArrayLike, other: ArrayLike) -> float:
    """Spearman's rank correlation of two lists of numbers; 1 where neither ranks anything, 0 where only one does.

    >>> agreement([1, 2, 3, 4], [10, 20, 40, 30])
    0.8
    """
    halves = [np.asarray(half, np.float64).ravel() for half in (one, other)]
    if any(len(np.unique(half)) <= 1 for half in halves):
        return float(all(len(np.unique(half)) <= 1 for half in halves))
    return round(float(rank_correlation(halves)[0, 1]), 12)


def looks(samples: int, step: int) -> list[int]:
    """After how many samples to look: multiples of `step`, further and further apart, and at the end.

    >>> looks(1000, 64)
    [64, 128, 192, 256, 320, 384, 512, 640, 768, 960, 1000]
    """
    found = [min(step, samples)]
    while found[-1] < samples:
        found.append(min(samples, max(found[-1] + step, -(-int(found[-1] * GROWTH) // step) * step)))
    return found


def steadiness(values: Tensor, error: Tensor) -> dict[str, Any]:
    """The standard error as one number: its root mean square over a map, and relative to that of the map's values."""
    typical, whole = (float(part.square().mean().sqrt()) for part in (error, values))
    relative = typical / max(whole, 1e-12)
    warnings = []
    if relative > 1:
        warnings.append(f"The standard error is {relative:.1f} times as large as the map itself; use more samples.")
    return {"standard_error": typical, "relative_error": relative, "warnings": warnings}
