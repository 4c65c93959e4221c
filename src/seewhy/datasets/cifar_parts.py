"""The forms in which CIFAR-10 lies on disks, each as parts that give one image without reading the others.

Binary version: records of a label byte and 3,072 bytes (R, G, B planes of 32 × 32); Python version: pickles of the
same numbers; strips: PNGs, 32 wide, of images one under another, with the labels of a split in one .npy file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy.datasets import unpickling

SIDE = 32
PLANES = 3 * SIDE * SIDE
RECORD = 1 + PLANES
CLASSES = 10


class Part(ABC):
    """Some images of a split in one file; what is damaged is said when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def files(self) -> tuple[Path, ...]:
        """What the images and their classes are read from."""
        return (self.path,)

    @abstractmethod
    def truth(self) -> NDArray[np.uint8]:
        """Classes (N,)."""

    @abstractmethod
    def pixels(self) -> NDArray[np.uint8]:
        """Images (N, 32, 32, 3); do not write to it."""

    def __len__(self) -> int:
        return len(self.truth())

    def label(self, index: int) -> int:
        """The class of one image."""
        return int(self.truth()[index])

    def checked(self, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The labels, where they are such."""
        if labels.size and labels.max() >= CLASSES:
            raise ValueError(f"{self.path} must hold labels from 0 to 9, got {labels.max()}; copy it again")
        return labels


class Records(Part):
    """A file of the binary version, mapped: only the bytes that are asked for are read."""

    @cached_property
    def _records(self) -> NDArray[np.uint8]:
        size = self.path.stat().st_size
        if size == 0 or size % RECORD:
            raise ValueError(
                f"{self.path} must hold records of {RECORD} bytes, got {size} bytes: it is cut short; copy it again"
            )
        return np.memmap(self.path, np.uint8, mode="r").reshape(-1, RECORD)

    def __len__(self) -> int:
        return len(self._records)

    def truth(self) -> NDArray[np.uint8]:
        """The first byte of each record."""
        return self.checked(np.array(self._records[:, 0]))

    def label(self, index: int) -> int:
        """The first byte of one record; the others stay on the disk."""
        return int(self.checked(self._records[index : index + 1, 0])[0])

    def pixels(self) -> NDArray[np.uint8]:
        """A view into the file."""
        return _interleaved(self._records[:, 1:])


class Pickled(Part):
    """A file of the Python version; read whole, but the other files are not."""

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return unpickled(self.path.read_bytes(), str(self.path))

    def truth(self) -> NDArray[np.uint8]:
        """Its `labels`."""
        return self._arrays[1]

    def pixels(self) -> NDArray[np.uint8]:
        """Its `data`."""
        return _interleaved(self._arrays[0])


def unpickled(data: bytes, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Planes (N, 3072) and labels (N,) of a batch of the Python version; `name` is for errors."""
    found = unpickling.read(data, name)
    planes, labels = found.get("data"), found.get("labels")
    if not isinstance(planes, np.ndarray) or planes.ndim != 2 or planes.shape[1] != PLANES:
        raise ValueError(f"{name} must hold 'data' of shape (N, {PLANES}), but does not; copy it again")
    if not isinstance(labels, list) or len(labels) != len(planes):
        raise ValueError(f"{name} must hold a list of {len(planes)} 'labels', but does not; copy it again")
    if any(label not in range(CLASSES) for label in labels):
        raise ValueError(f"{name} must hold labels from 0 to 9, got others; copy it again")
    return planes, np.array(labels, np.uint8)


class Strip(Part):
    """A PNG of images one under another, and its piece of the labels; decoded when first asked for."""

    def __init__(self, path: Path, labels: Path, start: int) -> None:
        super().__init__(path)
        self._labels = labels
        self._start = start

    @property
    def files(self) -> tuple[Path, ...]:
        """The strip and the labels of all strips."""
        return self.path, self._labels

    @cached_property
    def _count(self) -> int:
        with self._opened() as strip:
            width, height = strip.size
        if width != SIDE or height % SIDE:
            raise ValueError(
                f"{self.path} must be a strip of images, {SIDE} wide, got {width} × {height}; choose another folder"
            )
        return height // SIDE

    def __len__(self) -> int:
        return self._count

    def truth(self) -> NDArray[np.uint8]:
        """As the labels' file says, from where this strip begins."""
        try:
            labels = np.load(self._labels, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise ValueError(f"{self._labels} must be a .npy file of labels: {error}; copy it again") from None
        piece = np.array(labels[self._start : self._start + len(self)], np.uint8)
        if len(piece) != len(self):
            raise ValueError(f"{self._labels} has {len(labels)} labels, too few for {self.path}; copy both again")
        return self.checked(piece)

    @cached_property
    def _pixels(self) -> NDArray[np.uint8]:
        count = len(self)
        try:
            with self._opened() as strip:
                return np.asarray(strip.convert("RGB")).reshape(count, SIDE, SIDE, 3)
        except (OSError, SyntaxError) as error:
            raise ValueError(f"{self.path} is damaged or cut short ({error}); copy it again") from None

    def pixels(self) -> NDArray[np.uint8]:
        """Its images."""
        return self._pixels

    def _opened(self) -> Image.Image:
        try:
            return Image.open(self.path, formats=["PNG"])
        except OSError:
            raise ValueError(f"{self.path} must be a PNG, but is none; copy it again") from None


def strips(folder: Path, split: str) -> list[Part]:
    """The strips of a split in `folder`, in order; empty where there are none or their labels are missing."""
    labels = folder / f"{split}_labels.npy"
    parts: list[Part] = []
    start = 0
    for path in sorted(folder.glob(f"{split}_[0-9]*.png")) if labels.is_file() else ():
        parts.append(Strip(path, labels, start))
        start += len(parts[-1])
    return parts


def _interleaved(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, 3072) planes to (N, 32, 32, 3)."""
    return planes.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
