"""A folder of pictures as a data set: one subfolder a class, or all in one place; read one at a time."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from seewhy import images
from seewhy.datasets.base import ImageSet, Sample

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
SPLITS = ("train", "test", "val", "validation")


class Folder(ImageSet):
    """The pictures below `path`, in the order people count: 2.png before 10.png.

    With subfolders called train and test these are the splits, else there is one, `all`. Subfolders of a split are its
    classes; pictures that lie flat have none.

    Raises: FileNotFoundError, NotADirectoryError; ValueError for a folder without pictures.
    """

    name = "folder"
    title = "A folder of pictures"
    shape = None
    needs_download: ClassVar[bool] = False

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise FileNotFoundError(f"no folder {str(path)!r}; check its name")
        if not self.path.is_dir():
            raise NotADirectoryError(f"{str(path)!r} must be a folder of pictures, but is a file")
        named = [split for split in SPLITS if (self.path / split).is_dir()]
        self.splits = tuple(named) or ("all",)
        roots = {split: self.path / split if named else self.path for split in self.splits}
        classes = {child.name for root in roots.values() for child in root.iterdir() if _is_class(child)}
        self.labels = tuple(sorted(classes, key=_naturally))
        self._files = {split: self._found(root) for split, root in roots.items()}
        if not any(self._files.values()):
            raise ValueError(
                f"{str(path)!r} must hold pictures ({', '.join(ENDINGS)}), got none; choose another folder"
            )

    @cached_property
    def about(self) -> str:  # type: ignore[override]
        """What lies there."""
        count = sum(map(len, self._files.values()))
        return f"{count:,} pictures in {str(self.path)!r}" + (f", {len(self.labels)} classes" if self.labels else "")

    def files(self, split: str) -> list[Path]:
        """The pictures of `split`."""
        self.check_split(split)
        return self._files[split]

    def size(self, split: str) -> int:
        """How many pictures lie there."""
        return len(self.files(split))

    def sample(self, split: str, index: int) -> Sample:
        """Picture `index` of `split` in its own size; its address is its path."""
        self.check_index(split, index)
        file, label = self.files(split)[index], int(self.truth(split)[index])
        return Sample(images.read(file), None if label < 0 else label, str(file))

    def pixels(self, split: str) -> NDArray[np.uint8]:
        """All pictures of `split`; ValueError where their sizes differ."""
        found = [self.sample(split, index).image for index in range(self.size(split))]
        shapes = {image.shape for image in found}
        if len(shapes) > 1:
            raise ValueError(f"pictures in {str(self.path)!r} must be of one size, got {len(shapes)}; use sample()")
        whole = np.rint(255 * np.stack(found)).astype(np.uint8)
        return whole[:, 0] if whole.shape[1] == 1 else whole.transpose(0, 2, 3, 1)

    def truth(self, split: str) -> NDArray[np.int64]:
        """The class index by the subfolder's name; −1 for pictures that lie flat."""
        known = {label: index for index, label in enumerate(self.labels)}
        return np.array([known.get(file.parent.name, -1) for file in self.files(split)], dtype=np.int64)

    def _found(self, root: Path) -> list[Path]:
        places = [root, *(root / label for label in self.labels if (root / label).is_dir())]
        return [
            file
            for place in places
            for file in sorted(place.iterdir(), key=lambda path: _naturally(path.name))
            if file.suffix.lower() in ENDINGS and file.is_file() and not file.name.startswith(".")
        ]


def _is_class(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _naturally(name: str) -> list[tuple[int, int | str]]:
    """So that 2 comes before 10."""
    return [(0, int(part)) if part.isdecimal() else (1, part.casefold()) for part in re.split(r"(\d+)", name) if part]
