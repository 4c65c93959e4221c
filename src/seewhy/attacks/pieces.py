"""A picture cut into pieces that can be taken away: pixels, superpixels, a grid, or the strokes of a drawing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

PieceKind = Literal["pixels", "strokes", "superpixels", "grid"]
Labels = NDArray[np.int64]
_INK = 0.15  # brighter than this is ink
_STROKE = 0.25  # of the picture's side: the longest stroke
_NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])


def cut(image: NDArray[np.float32], background: NDArray[np.float32], kind: PieceKind, count: int) -> Labels:
    """A number for each pixel (H, W): −1 where the image (C, H, W) is background already, else its piece from 0 on.

    count: about how many superpixels, or cells of the grid; how many strokes a drawing has, it says itself.
    """
    matters = np.abs(image - background).max(0) > 1 / 512
    if not matters.any():
        return np.full(matters.shape, -1)
    makers = {"pixels": _pixels, "strokes": _strokes, "superpixels": _superpixels, "grid": _grid}
    return _numbered(makers[kind](image, count), matters)


def drawn(parts: NDArray[np.int64], image: NDArray[np.float32], background: NDArray[np.float32]) -> Labels:
    """Pieces as a person drew them: parts (H, W) numbers them from 1, and what has no number goes with the nearest.

    Raises: ValueError where the shapes differ or no part has a number.
    """
    from scipy import ndimage

    if parts.shape != image.shape[1:] or not (parts > 0).any():
        raise ValueError(
            f"parts must number some pixels of a picture of {image.shape[1]} × {image.shape[2]} from 1 on, got "
            f"{' × '.join(map(str, parts.shape))} with {len(np.unique(parts[parts > 0]))} numbers"
        )
    nearest = ndimage.distance_transform_edt(parts <= 0, return_distances=False, return_indices=True)
    return _numbered(parts[tuple(nearest)], np.abs(image - background).max(0) > 1 / 512)


def _pixels(image: NDArray[np.float32], count: int) -> Labels:
    return np.arange(image[0].size).reshape(image.shape[1:])


def _grid(image: NDArray[np.float32], count: int) -> Labels:
    height, width = image.shape[1:]
    side = max(1, round((height * width / count) ** 0.5))
    rows, columns = np.arange(height) // side, np.arange(width) // side
    return np.asarray(rows[:, None] * (columns.max() + 1) + columns, np.int64)


def _superpixels(image: NDArray[np.float32], count: int) -> Labels:
    from skimage.segmentation import slic

    found: Any = slic(
        image.transpose(1, 2, 0), count, compactness=0.1 if len(image) == 1 else 10, start_label=0, channel_axis=2
    )
    return np.asarray(found, np.int64)


def _strokes(image: NDArray[np.float32], count: int) -> Labels:
    """The middle lines of the ink, cut where they meet and into short strokes; a pixel belongs to the nearest one."""
    from scipy import ndimage
    from skimage.morphology import skeletonize

    lines = skeletonize(image.max(0) > _INK)
    if not lines.any():
        return np.zeros(lines.shape, np.int64)
    meeting = lines & (ndimage.convolve(lines.astype(int), _NEIGHBOURS, mode="constant") > 2)
    branches = lines & ~meeting if (lines & ~meeting).any() else lines
    longest = max(4, round(_STROKE * max(image.shape[1:])))
    labels = np.zeros(lines.shape, np.int64)
    for number, stroke in enumerate(_short(branches, longest), start=1):
        labels[tuple(np.array(stroke).T)] = number
    nearest = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return np.asarray(labels[tuple(nearest)] - 1, np.int64)


def _short(lines: NDArray[np.bool_], longest: int) -> Iterator[list[tuple[int, int]]]:
    """The pixels of each line in order from one end, in runs of about equal length, at most `longest`."""
    left = {(int(row), int(column)) for row, column in np.argwhere(lines)}
    while left:
        first = min(left, key=lambda at: (len(_around(at) & left), at))  # an end of a line, if it has one
        path, reached = [], deque([first])
        left.remove(first)
        while reached:
            path.append(reached.popleft())
            further = sorted(_around(path[-1]) & left)
            left.difference_update(further)
            reached.extend(further)
        runs = -(-len(path) // longest)
        for run in np.array_split(np.arange(len(path)), runs):
            yield [path[index] for index in run]


def _around(at: tuple[int, int]) -> set[tuple[int, int]]:
    row, column = at
    return {(row + r, column + c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c}


def _numbered(labels: Labels, matters: NDArray[np.bool_]) -> Labels:
    """Pieces without a pixel that matters are dropped, the others numbered from 0 without a gap."""
    numbered = np.full(labels.shape, -1)
    numbered[matters] = np.unique(labels[matters], return_inverse=True)[1]
    return numbered
