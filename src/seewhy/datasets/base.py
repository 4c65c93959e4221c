"""What every set of labelled images can be asked; knows no model, no torch and no place on disk."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Sample(NamedTuple):
    """One image (C, H, W) float32 in [0, 1], its class where it is known, and the address that finds it again."""

    image: NDArray[np.float32]
    label: int | None
    address: str


class ImageSet(ABC):
    """Labelled images in splits, each found by its index; what is large is read only when it is asked for.

    labels: the names of the classes by index.
    shape: (C, H, W) of every image, or None where they differ.
    """

    name: str
    title: str
    about: str
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    shape: tuple[int, int, int] | None
    needs_download: ClassVar[bool] = False

    @abstractmethod
    def size(self, split: str) -> int:
        """How many images `split` has."""

    @abstractmethod
    def pixels(self, split: str) -> NDArray[np.uint8]:
        """All images of `split` as 8-bit values, (N, H, W) grey or (N, H, W, 3) RGB; do not write to it."""

    @abstractmethod
    def truth(self, split: str) -> NDArray[np.int64]:
        """The class index of every image of `split`, (N,); −1 where it is not known."""

    def available(self) -> bool:
        """Whether every split can be read without a download."""
        return True

    def sample(self, split: str, index: int) -> Sample:
        """Image `index` of `split`, counted from 0."""
        self.check_index(split, index)
        label = int(self.truth(split)[index])
        return Sample(as_image(self.pixels(split)[index]), None if label < 0 else label, self.address(split, index))

    def address(self, split: str, index: int) -> str:
        """The words that find this image again, such as mnist/test/8."""
        return f"{self.name}/{split}/{index}"

    def checksums(self) -> dict[str, str]:
        """SHA-256 of what the set was read from, by name, so that a result can say which data it stands on."""
        return {split: _digest(self.pixels(split), self.truth(split)) for split in self.splits}

    def version(self) -> str:
        """A mark that changes whenever the images or labels may have; quicker than the checksums where files allow."""
        return hashlib.sha256(json.dumps(self.checksums(), sort_keys=True).encode()).hexdigest()

    def check_split(self, split: str) -> None:
        """Refuse a split that the set does not have."""
        if split not in self.splits:
            raise LookupError(f"{self.name} has no split {split!r}; it has {', '.join(self.splits)}")

    def check_index(self, split: str, index: int) -> None:
        """Refuse an index outside of `split`."""
        size = self.size(split)
        if not 0 <= index < size:
            raise LookupError(f"{self.name}/{split} has images 0 to {size - 1}, got {index}; choose one of these")


def as_image(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """8-bit (H, W) or (H, W, C) as floats (C, H, W) in [0, 1]."""
    image = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(image, dtype=np.float32) / np.float32(255)


def _digest(*arrays: NDArray[Any]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
