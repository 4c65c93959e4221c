"""What every result that can be kept has in common: its forms, and files that are written whole. Knows no result."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image

from seewhy import images

FORMS = ("png", "npz", "json")


class Saved(ABC):
    """A result that is saved in each form that it has a `to_…` for: facts at least.

    called: what an error calls it.
    """

    called: ClassVar[str] = "a result"

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""

    def to_json(self) -> bytes:
        """The facts as a JSON file."""
        return json.dumps(self.describe(), indent=2, ensure_ascii=False).encode()

    def save(self, path: str | Path) -> Path:
        """Write the picture (.png), the arrays with all facts (.npz) or the facts alone (.json), as far as it has them.

        Raises: ValueError for another ending; OSError where the file cannot be written (then nothing is changed).
        """
        path = Path(path)
        makers = {f".{form}": getattr(self, f"to_{form}") for form in FORMS if hasattr(self, f"to_{form}")}
        if path.suffix.lower() not in makers:
            *others, last = makers
            endings = f"{', '.join(others)} or {last}"
            raise ValueError(f"{self.called} is saved as {endings}, got {path.name!r}; choose one of these")
        images.write_bytes(path, makers[path.suffix.lower()]())
        return path


class Drawn(Saved):
    """A result that has a picture; notebooks show it."""

    @abstractmethod
    def picture(self) -> Image.Image:
        """It as people look at it."""

    def to_png(self) -> bytes:
        """The picture as a PNG file."""
        return images.to_png(self.picture())

    def _repr_png_(self) -> bytes:
        return self.to_png()
