"""1,797 real handwritten digits that come with the package, brought to MNIST's framing; nothing is downloaded.

E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
https://doi.org/10.24432/C50P49, CC BY 4.0; the part that scikit-learn ships as `load_digits`, in its order.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy import images
from seewhy.datasets.base import ImageSet

T = TypeVar("T", bound=np.generic)

FILE = Path(__file__).with_name("digits.npz")  # images (1797, 8, 8) from 0 to 16, labels (1797,)
TRAIN = 1_438  # the first four fifths


class Digits(ImageSet):
    """The 8 × 8 originals, enlarged to 28 × 28; the source stretched every digit to a square, which is undone."""

    name = "digits"
    title = "Digits"
    about = "1,797 handwritten digits, 28×28 grey, enlarged from 8×8, by E. Alpaydin and C. Kaynak (UCI); CC BY 4.0."
    labels = tuple("0123456789")
    splits = ("train", "test")
    shape = (1, 28, 28)
    needs_download: ClassVar[bool] = False

    def size(self, split: str) -> int:
        """1,438 to learn from, 359 to be tested on."""
        return len(self.truth(split))

    def pixels(self, split: str) -> NDArray[np.uint8]:
        """(N, 28, 28), 0 is black paper and 255 white ink."""
        return self._part(self._framed, split)

    def truth(self, split: str) -> NDArray[np.int64]:
        """The digit that was meant, (N,)."""
        return self._part(self._source[1], split)

    def _part(self, whole: NDArray[T], split: str) -> NDArray[T]:
        self.check_split(split)
        return whole[:TRAIN] if split == "train" else whole[TRAIN:]

    @cached_property
    def _source(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        with np.load(FILE) as file:
            return file["images"], file["labels"].astype(np.int64)

    @cached_property
    def _framed(self) -> NDArray[np.uint8]:
        return np.stack([frame(image) for image in self._source[0]])


def frame(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An original (8, 8), 0 to 16, as MNIST would show it: (28, 28), 0 to 255, centre of mass in the middle."""
    ink = Image.fromarray(np.pad(small.astype(np.float32) / 16, 1)).resize((22, 25), Image.Resampling.BICUBIC)
    page = np.zeros((28, 28), np.float32)
    page[1:26, 3:25] = np.asarray(ink).clip(0, 1)
    framed: NDArray[np.uint8] = np.rint(255 * images.centre(page[None])[0]).astype(np.uint8)
    return framed
