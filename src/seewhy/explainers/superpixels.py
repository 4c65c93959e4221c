"""An image cut into segments, numbered 0 … M − 1; knows pixels, nothing of models or methods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Segmentation = Literal["grid", "slic", "quickshift", "felzenszwalb"]
FEWEST = 8  # a segmentation with fewer segments says next to nothing about a picture

# From coarse to fine; the first of quickshift is the usual one for LIME on photographs.
_QUICKSHIFT = (
    {"kernel_size": 4, "max_dist": 200, "ratio": 0.2},
    {"kernel_size": 2, "max_dist": 20, "ratio": 0.5},
    {"kernel_size": 1, "max_dist": 6, "ratio": 0.5},
)
_FELZENSZWALB = (
    {"scale": 100, "sigma": 0.8, "min_size": 20},
    {"scale": 10, "sigma": 0.5, "min_size": 10},
    {"scale": 1, "sigma": 0.2, "min_size": 4},
)


@dataclass(frozen=True)
class Segments:
    """Which segment each pixel belongs to.

    ids: (H, W) int64; every number from 0 to count − 1 is used. method: what made them in the end.
    """

    ids: NDArray[np.int64]
    method: Segmentation
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many segments there are."""
        return int(self.ids.max()) + 1


def segment(image: NDArray[Any], method: Segmentation, count: int) -> Segments:
    """Cut `image` (C, H, W), values in [0, 1], into segments.

    count: about how many, for grid and slic; the other two find out themselves. Where a method finds fewer than 8
    (small and plain images), finer settings are tried, then a grid; the warnings say so.
    """
    height, width = image.shape[1:]
    if method == "grid":
        return Segments(_grid(height, width, count), "grid")
    wanted = min(FEWEST, height * width, count if method == "slic" else FEWEST)
    first = 0
    for effort, ids in enumerate(_tries(image, method, count)):
        found = int(ids.max()) + 1
        first = first or found
        if found >= wanted:
            finer = (f"{method} found only {first} segments, so finer settings were used, which found {found}.",)
            return Segments(ids, method, finer if effort else ())
    ids = _grid(height, width, max(count, FEWEST))
    return Segments(ids, "grid", (f"{method} found only {first} segments, so a grid of {ids.max() + 1} was used.",))


def _tries(image: NDArray[Any], method: Segmentation, count: int) -> Iterator[NDArray[np.int64]]:
    from skimage import segmentation  # half a second, so only when it is needed

    colours = np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0).astype(np.float64)
    if method == "slic":
        for number in (count, 2 * count, 4 * count):
            yield _numbered(segmentation.slic(colours, n_segments=number, start_label=0))
    elif method == "quickshift":
        for settings in _QUICKSHIFT:
            yield _numbered(segmentation.quickshift(colours, rng=0, **settings))
    else:
        for settings in _FELZENSZWALB:
            yield _numbered(segmentation.felzenszwalb(colours, **settings))


def _numbered(labels: NDArray[Any]) -> NDArray[np.int64]:
    """The same segments, numbered from 0 without a gap."""
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int64)


def _grid(height: int, width: int, count: int) -> NDArray[np.int64]:
    """About `count` cells, as square as they can be, their sides at most one pixel apart."""
    rows = int(np.clip(round((count * height / width) ** 0.5), 1, height))
    columns = int(np.clip(round(count / rows), 1, width))
    row, column = np.arange(height) * rows // height, np.arange(width) * columns // width
    return (row[:, None] * columns + column).astype(np.int64)
