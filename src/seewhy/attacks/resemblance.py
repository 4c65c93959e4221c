"""Does a picture look like anything the model was taught? A nearest-neighbour test against real images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy import images
from seewhy.datasets.base import ImageSet, as_image
from seewhy.progress import heed

NEIGHBOURS = 5
MOST = 10_000  # training images that are looked at
ROOM = 2**28  # bytes that they may take
SAMPLE = 200  # real images that say what is typical


@dataclass(frozen=True)
class Resemblance:
    """The training image nearest to a picture, and whether the neighbours share the class.

    distance, typical: Euclidean, in units of [0, 1]; typical is the median distance of a real, unseen image to its
    nearest. likeness: the cosine with the most similar training image; usual: the likeness that 95 % of real images
    reach. neighbours: the classes of the five most similar ones.
    """

    address: str
    distance: float
    typical: float
    likeness: float
    usual: float
    neighbours: tuple[int, ...]

    def agrees(self, target: int) -> bool:
        """Whether the picture is as alike to real ones as they are to each other, and most neighbours are `target`."""
        votes = sum(label == target for label in self.neighbours)
        return self.likeness >= self.usual and votes > len(self.neighbours) // 2

    def describe(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "address": self.address, "distance": self.distance, "typical": self.typical, "likeness": self.likeness,
            "usual": self.usual, "neighbours": list(self.neighbours),
        }  # fmt: skip


class KnownImages:
    """The training images of a data set, ready to be compared with."""

    def __init__(self, data: ImageSet, shape: tuple[int, int, int], seed: int = 0) -> None:
        chosen = np.random.default_rng(seed)
        self._data, self._shape = data, shape
        most = max(1, min(MOST, ROOM // (4 * int(np.prod(shape)))))
        self._places = _some(data.size("train"), most, chosen)
        self._labels = data.truth("train")[self._places]
        self._flat = _flat(data, "train", self._places, shape)
        self._squares = (self._flat**2).sum(1)
        unseen = next(split for split in reversed(data.splits) if split != "train")
        real = _flat(data, unseen, _some(data.size(unseen), SAMPLE, chosen), shape)
        self._typical = float(np.median(self._distances(real).min(1)))
        self._usual = float(np.percentile(self._likeness(real).max(1), 5))

    def compare(self, image: NDArray[np.float32]) -> Resemblance:
        """What is nearest to `image` (C, H, W)."""
        flat = image.reshape(1, -1).astype(np.float32)
        distances, likeness = self._distances(flat)[0], self._likeness(flat)[0]
        nearest = int(distances.argmin())
        alike = np.argsort(-likeness, kind="stable")[:NEIGHBOURS]
        return Resemblance(
            address=self._data.address("train", int(self._places[nearest])),
            distance=float(distances[nearest]),
            typical=self._typical,
            likeness=float(likeness.max()),
            usual=self._usual,
            neighbours=tuple(int(label) for label in self._labels[alike]),
        )

    def classes(self, pictures: NDArray[np.float32]) -> NDArray[np.int64]:
        """For each picture (N, C, H, W) the class that it could be of, as `Resemblance.agrees` has it; −1 for none."""
        likeness = self._likeness(pictures.reshape(len(pictures), -1).astype(np.float32))
        most = min(NEIGHBOURS, likeness.shape[1])
        votes = self._labels[np.argpartition(-likeness, most - 1, axis=1)[:, :most]]
        middle = np.sort(votes, axis=1)[:, votes.shape[1] // 2]  # a majority holds the middle
        held = (votes == middle[:, None]).sum(1) > votes.shape[1] // 2
        return np.where(held & (likeness.max(1) >= self._usual), middle, -1)

    def of_class(self, target: int, count: int) -> NDArray[np.float32]:
        """Up to `count` training images (N, C, H, W) of one class."""
        places = np.flatnonzero(self._labels == target)[:count]
        return self._flat[places].reshape(-1, *self._shape)

    def _distances(self, flat: NDArray[np.float32]) -> NDArray[np.float32]:
        squares = (flat**2).sum(1)[:, None] + self._squares - 2 * flat @ self._flat.T
        return np.asarray(np.sqrt(np.maximum(squares, 0)))

    def _likeness(self, flat: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths = np.sqrt((flat**2).sum(1)[:, None] * self._squares)
        return np.asarray(flat @ self._flat.T / np.maximum(lengths, 1e-12))


def _some(count: int, most: int, chosen: np.random.Generator) -> NDArray[np.int64]:
    return np.arange(count) if count <= most else np.sort(chosen.choice(count, most, replace=False))


def _flat(data: ImageSet, split: str, places: NDArray[np.int64], shape: tuple[int, int, int]) -> NDArray[np.float32]:
    pixels = data.pixels(split)
    flat = np.empty((len(places), int(np.prod(shape))), np.float32)
    for row, place in enumerate(places):
        if row % 64 == 0:
            heed()
        flat[row] = images.fit(as_image(pixels[place]), shape).ravel()
    return flat
