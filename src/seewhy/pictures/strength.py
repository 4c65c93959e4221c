"""How strong the values of a map are: its scale for drawing and its histogram. Knows arrays, nothing of colours."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def robust_scale(values: NDArray[Any], percentile: float = 99.0) -> float:
    """The magnitude to draw in full colour: a percentile of |values|, so that one wild pixel does not pale the rest.

    A map that is almost everywhere zero gets its largest |value|, and one that is zero throughout gets 1.

    >>> robust_scale(np.zeros((2, 2)))
    1.0
    """
    sizes = np.abs(finite(values))
    return float(np.percentile(sizes, percentile)) or float(sizes.max()) or 1.0


def histogram(values: NDArray[Any], bins: int = 64) -> list[int]:
    """How many |values| lie in each of `bins` equal steps from 0 to the largest.

    >>> histogram(np.array([[0.0, -4.0], [1.0, 4.0]]), bins=4)
    [1, 1, 0, 2]
    """
    sizes = np.abs(finite(values)).ravel()
    steps = (sizes / (sizes.max() or 1.0) * bins).astype(np.int64).clip(max=bins - 1)
    return [int(count) for count in np.bincount(steps, minlength=bins)]


def finite(values: NDArray[Any]) -> NDArray[np.float64]:
    """The map (H, W) in double precision; ValueError if it is none, or has values that no colour can show."""
    array = np.asarray(values, np.float64)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"a map must be (H, W), got {array.shape}; pass one map, as in values[0]")
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"map values must be finite, got NaN or infinity in {count} pixels; check the model's gradients"
        )
    return array
