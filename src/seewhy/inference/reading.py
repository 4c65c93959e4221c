"""The images of a data set as a model takes them, and their classes as the model counts them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seewhy import images
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet


def known_labels(data: ImageSet, split: str, model: Classifier) -> NDArray[np.int64]:
    """The class of every image among the model's own, (N,); −1 where it has no such class."""
    return table(data, model)[data.truth(split)]


def table(data: ImageSet, model: Classifier) -> NDArray[np.int64]:
    """For each class of `data` the model's, −1 where it has none; the last entry is for −1."""
    known = {name: index for index, name in enumerate(model.labels)}
    return np.array([known.get(name, -1) for name in data.labels] + [-1], dtype=np.int64)


def stacked(model: Classifier, data: ImageSet, split: str, rows: Sequence[int]) -> NDArray[np.float32]:
    """Images `rows` of a split as the model takes them, (n, C, H, W)."""
    if data.shape == model.input_shape:
        pixels = data.pixels(split)[list(rows)]
        batch = pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(batch, dtype=np.float32) / np.float32(255)
    return np.stack([images.fit(data.sample(split, int(row)).image, model.input_shape) for row in rows])
