"""MNIST: 70,000 handwritten digits in the four official files, found on this computer or fetched once.

Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits,
https://web.archive.org/web/20230101000000/http://yann.lecun.com/exdb/mnist/
"""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets import fetching, idx
from seewhy.datasets.base import ImageSet

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_PREFIX = {"train": "train", "test": "t10k"}


class Mnist(ImageSet):
    """The four IDX files, looked for in `folder`, then `SEEWHY_DATA`, then the user's cache, else downloaded there."""

    name = "mnist"
    title = "MNIST"
    about = (
        "70,000 digits written by 500 Americans, 28×28 grey, white on black, "
        "by Y. LeCun, C. Cortes and C. J. C. Burges from NIST's collections; CC BY-SA 3.0."
    )
    labels = tuple("0123456789")
    splits = ("train", "test")
    shape = (1, 28, 28)
    needs_download = True

    def __init__(self, folder: Path | None = None, mirrors: tuple[str, ...] = MIRRORS) -> None:
        self._folder = folder
        self._mirrors = mirrors
        self._arrays: dict[str, NDArray[np.uint8]] = {}
        self._lock = threading.Lock()  # so that two askers do not fetch the same file twice

    def available(self) -> bool:
        """Whether all four files are on this computer."""
        return all(self.find(file) for file in CHECKSUMS)

    def size(self, split: str) -> int:
        """60,000 to learn from, 10,000 to be tested on."""
        return len(self.truth(split))

    def pixels(self, split: str) -> NDArray[np.uint8]:
        """(N, 28, 28), 0 is black paper and 255 white ink."""
        self.check_split(split)
        return self._array(f"{_PREFIX[split]}-images-idx3-ubyte.gz", dimensions=3)

    def truth(self, split: str) -> NDArray[np.int64]:
        """The digit that was meant, (N,)."""
        self.check_split(split)
        return self._array(f"{_PREFIX[split]}-labels-idx1-ubyte.gz", dimensions=1).astype(np.int64)

    def checksums(self) -> dict[str, str]:
        """SHA-256 of the four files as they are on this computer."""
        return {file: hashlib.sha256(self._path(file).read_bytes()).hexdigest() for file in CHECKSUMS}

    def find(self, file: str) -> Path | None:
        """Where `file` is on this computer, or None."""
        return next((folder / file for folder in self._folders() if (folder / file).is_file()), None)

    def _folders(self) -> list[Path]:
        roots = [self._folder] if self._folder else []
        if os.environ.get("SEEWHY_DATA"):
            roots.append(Path(os.environ["SEEWHY_DATA"]))
        nested = [folder for root in roots for folder in (root / "mnist", root)]
        return [*nested, self._cache()]

    def _cache(self) -> Path:
        return fetching.user_cache() / "mnist"

    def _path(self, file: str) -> Path:
        found = self.find(file)
        if found:
            return found
        return fetching.fetch([mirror + file for mirror in self._mirrors], CHECKSUMS[file], self._cache() / file)

    def _array(self, file: str, dimensions: int) -> NDArray[np.uint8]:
        with self._lock:
            if file not in self._arrays:
                self._arrays[file] = idx.read(self._path(file), dimensions)
            return self._arrays[file]
