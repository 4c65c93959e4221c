"""Pictures by address: data sets, uploads, drawings, and files where they are allowed. Knows no model."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seewhy import catalog, images
from seewhy.datasets.base import ImageSet, Sample
from seewhy.datasets.folder import Folder
from seewhy.holes import Holes
from seewhy.workbench.once import Once
from seewhy.workbench.store import Shelf

UPLOADS = 256 * 2**20  # bytes of pictures kept on disk
LARGEST_SIDE = 2048  # an uploaded picture is kept no larger; models see a few hundred pixels


@dataclass(frozen=True)
class Picture:
    """An image (C, H, W) in [0, 1] with the address that finds it again, and its class where it is known.

    lasting: whether the address can never mean another image.
    """

    image: NDArray[np.float32]
    address: str
    label: int | None = None
    label_name: str | None = None
    lasting: bool = True

    @property
    def digest(self) -> str:
        """SHA-256 of the pixels and their shape."""
        return _digest(self.image)

    def truth_for(self, labels: Sequence[str]) -> int | None:
        """The index of this picture's class among `labels`; None where it is not one of them."""
        if self.label_name is None:
            return None
        names = (self.label_name, self.label_name.replace("_", " "))  # folders often have underscores
        return next((labels.index(name) for name in names if name in labels), None)


class Addresses:
    """Finds pictures by "mnist/test/8", "up:" + the hash of an upload, "ink:" + a drawing, "hole:" + an id, or a path.

    uploads: the folder that keeps what was uploaded; data: where data sets are looked for first.
    paths: whether an address may name a file of this computer; holes: the kept ones.
    """

    def __init__(self, uploads: Path, data: Path | None, paths: bool, holes: Holes) -> None:
        self._uploads = Shelf(uploads, ".png", UPLOADS)
        self._data = data
        self._paths = paths
        self._holes = holes
        self._sets = Once(self._opened)

    def dataset(self, name: str) -> ImageSet:
        """The data set called `name`, opened once; LookupError where there is none."""
        return self._sets[catalog.dataset(name).name]

    def find(self, address: str) -> Picture:
        """The picture at `address`; LookupError where there is nothing, ValueError for what is no picture."""
        name, *rest = address.split("/")
        if address.startswith("ink:"):
            return Picture(images.ink_decode(address), address)
        if address.startswith("up:"):
            return self._uploaded(address)
        if address.startswith("hole:"):
            return self._hole(address.removeprefix("hole:"))
        if name in catalog.datasets():
            return self._sample(self.dataset(name), address, rest)
        if self._paths:
            return Picture(images.read(address), address, lasting=False)
        raise LookupError(
            f"no picture at {address[:80]!r}; addresses are like digits/test/8, or begin with up: or ink:"
        )

    def find_all(self, address: str) -> Iterable[Picture]:
        """The picture at `address`, or one after the other where paths are allowed and it is a folder."""
        if not self._paths or not Path(address).is_dir():
            return [self.find(address)]
        folder = Folder(address)
        samples = (folder.sample(split, index) for split in folder.splits for index in range(folder.size(split)))
        return (_pictured(sample, folder) for sample in samples)

    def add(self, data: bytes) -> str:
        """Keep a picture given as a file's bytes and give its address; only its pixels are kept, no notes about it."""
        image = images.read(data)
        if max(image.shape[1:]) > LARGEST_SIDE:
            image = images.enlarge(image, LARGEST_SIDE)
        image = np.rint(image * 255).astype(np.float32) / np.float32(255)
        key = _digest(image)[:16]
        self._uploads.write(key, images.to_png(image))
        return f"up:{key}"

    def _opened(self, name: str) -> ImageSet:
        made = catalog.dataset(name)
        takes_folder = "folder" in inspect.signature(made).parameters
        return made(folder=self._data) if takes_folder else made()  # type: ignore[call-arg]

    def _uploaded(self, address: str) -> Picture:
        key = address.removeprefix("up:")
        data = self._uploads.read(key)
        if data is None:
            raise LookupError(f"no picture {address[:40]!r} on this computer; upload it again")
        try:
            return Picture(images.read(data), address)
        except ValueError:
            self._uploads.remove(key)
            raise LookupError(f"the picture {address[:40]!r} was damaged on disk; upload it again") from None

    def _hole(self, id: str) -> Picture:
        hole = self._holes.find(id)
        return Picture(self._holes.image(id), hole.address, label_name=hole.truth)

    def _sample(self, data: ImageSet, address: str, rest: Sequence[str]) -> Picture:
        split, index = rest if len(rest) == 2 else ("", "")
        if not (index.isascii() and index.isdecimal() and len(index) < 12):
            raise LookupError(f"{data.name} has images like {data.name}/{data.splits[-1]}/8, got {address[:80]!r}")
        data.check_split(split)
        return _pictured(data.sample(split, int(index)), data)


def _pictured(sample: Sample, data: ImageSet) -> Picture:
    name = None if sample.label is None else data.labels[sample.label]
    return Picture(sample.image, sample.address, sample.label, name)


def _digest(image: NDArray[np.float32]) -> str:
    return hashlib.sha256(f"{image.shape}".encode() + np.ascontiguousarray(image).tobytes()).hexdigest()
