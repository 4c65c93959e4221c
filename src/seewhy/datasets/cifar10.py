"""CIFAR-10: 60,000 small photographs in ten classes, found on this computer in any usual form or fetched once.

A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets import cifar_archives, fetching
from seewhy.datasets.base import ImageSet, Sample, as_image
from seewhy.datasets.cifar_archives import BINARY, CHECKSUMS
from seewhy.datasets.cifar_parts import Part, Pickled, Records, strips

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
_BATCHES = {"train": tuple(f"data_batch_{n}" for n in range(1, 6)), "test": ("test_batch",)}


class Cifar10(ImageSet):
    """Looked for in `folder`, then `SEEWHY_DATA`, then the user's cache, else the binary version is downloaded there.

    In each place, or its subfolder cifar10: the official binary or Python version, unpacked or as the archive, or
    strips of images (train_00.png … with train_labels.npy, and the same for test).
    """

    name = "cifar10"
    title = "CIFAR-10"
    about = (
        "60,000 photographs, 32×32 colour, 6,000 of each of ten classes, "
        "by A. Krizhevsky, V. Nair and G. Hinton from the Tiny Images; no licence is stated."
    )
    labels = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    splits = ("train", "test")
    shape = (3, 32, 32)
    needs_download = True

    def __init__(self, folder: Path | None = None, mirrors: tuple[str, ...] = MIRRORS) -> None:
        self._folder = folder
        self._mirrors = mirrors
        self._found: dict[str, list[Part]] = {}
        self._whole: dict[str, NDArray[np.uint8]] = {}
        self._lock = threading.RLock()  # so that two askers do not fetch the same file twice

    def available(self) -> bool:
        """Whether both splits are on this computer, perhaps still in an archive."""
        return all(self._here(split) for split in self.splits) or self._archive() is not None

    def size(self, split: str) -> int:
        """50,000 to learn from, 10,000 to be tested on."""
        return sum(map(len, self._parts(split)))

    def sample(self, split: str, index: int) -> Sample:
        """Image `index` of `split`, counted from 0; of what lies before it, only the number is asked."""
        place = index
        for part in self._parts(split) if index >= 0 else ():
            if place < len(part):
                image = as_image(part.pixels()[place])
                return Sample(image, part.label(place), self.address(split, index))
            place -= len(part)
        self.check_index(split, index)
        raise AssertionError("an index outside of the split was not refused")

    def pixels(self, split: str) -> NDArray[np.uint8]:
        """(N, 32, 32, 3), red, green and blue."""
        parts = self._parts(split)
        with self._lock:
            if split not in self._whole:
                self._whole[split] = np.concatenate([part.pixels() for part in parts])
            return self._whole[split]

    def truth(self, split: str) -> NDArray[np.int64]:
        """The class of every image, (N,)."""
        return np.concatenate([part.truth() for part in self._parts(split)]).astype(np.int64)

    def version(self) -> str:
        """By the bytes of the files, so that nothing is decoded."""
        files = {file for split in self.splits for part in self._parts(split) for file in part.files}
        digest = hashlib.sha256()
        for path in sorted(files):
            with path.open("rb") as file:
                digest.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()} ".encode())
        return digest.hexdigest()

    def _parts(self, split: str) -> list[Part]:
        self.check_split(split)
        with self._lock:
            if split not in self._found:
                self._found[split] = self._here(split) or self._unpacked(split)
            return self._found[split]

    def _here(self, split: str) -> list[Part]:
        """The parts in the first place that has them all."""
        forms: list[Callable[[Path, str], list[Part]]] = [_records, _pickles, strips]
        return next((parts for folder in self._folders() for form in forms if (parts := form(folder, split))), [])

    def _unpacked(self, split: str) -> list[Part]:
        archive = self._archive()
        cache = self._cache()
        if archive is None:
            urls = [mirror + BINARY for mirror in self._mirrors]
            archive = fetching.fetch(urls, CHECKSUMS[BINARY], cache / BINARY)
        cifar_archives.unpack(archive, cache)
        if archive.parent == cache:  # ours, and no longer needed
            archive.unlink()
        return _records(cache, split)

    def _archive(self) -> Path | None:
        return next(
            (file for folder in self._folders() for name in CHECKSUMS if (file := folder / name).is_file()), None
        )

    def _folders(self) -> list[Path]:
        roots = [self._folder] if self._folder else []
        if os.environ.get("SEEWHY_DATA"):
            roots.append(Path(os.environ["SEEWHY_DATA"]))
        return [folder for root in (*roots, self._cache()) for folder in (root / self.name, root)]

    @staticmethod
    def _cache() -> Path:
        return fetching.user_cache() / "cifar10"


def _records(folder: Path, split: str) -> list[Part]:
    return _batches(folder, ("cifar-10-batches-bin", "."), ".bin", split, Records)


def _pickles(folder: Path, split: str) -> list[Part]:
    return _batches(folder, ("cifar-10-batches-py", "."), "", split, Pickled)


def _batches(folder: Path, places: tuple[str, ...], ending: str, split: str, kind: type[Part]) -> list[Part]:
    for place in places:
        files = [folder / place / (name + ending) for name in _BATCHES[split]]
        if all(file.is_file() for file in files):
            return [kind(file) for file in files]
    return []
