"""What a report can show beside heat maps: a few pictures in a row, what they say, and how to repeat it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy import images, pictures
from seewhy.pictures.colours import picture


class Kept(Protocol):
    """A result that can be written to files."""

    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name."""

    def to_npz(self) -> bytes:
        """Everything as one file."""


@dataclass(frozen=True)
class Exhibit:
    """A finding that is no heat map, such as an attack.

    name: of the kind or method, short; panels: words and pixels (H, W, 3) bytes, left to right; rows: what a reader
    must know, by name; python: what repeats it; result: the finding itself; drawn: its one panel is a drawing that has
    its words in it.
    """

    name: str
    title: str
    sentence: str
    panels: tuple[tuple[str, NDArray[np.uint8]], ...] = field(repr=False)
    rows: Mapping[str, str]
    python: str
    result: Kept = field(repr=False)
    warnings: tuple[str, ...] = ()
    drawn: bool = False

    def picture(self) -> Image.Image:
        """The panels as one picture with the sentence below; a drawing as it is."""
        if self.drawn:
            return Image.fromarray(self.panels[0][1])
        panels = [(pixels, words) for words, pixels in self.panels]
        return pictures.triptych(panels, signs=[""] * (len(panels) - 1), title=self.title, caption=self.sentence)

    def figures(self) -> str:
        """The panels as HTML that needs no other file."""
        return "".join(
            f'<figure><img class="seen" alt="{escape(words, quote=True)}" width="{pixels.shape[1]}" '
            f'height="{pixels.shape[0]}" src="data:image/png;base64,{_base64(pixels)}">'
            f"<figcaption>{escape(words)}</figcaption></figure>"
            for words, pixels in self.panels
        )


def pixels_of(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(C, H, W) in [0, 1] as pixels (H, W, 3)."""
    return np.rint(picture(image)).astype(np.uint8)


def change_of(perturbation: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A signed change (C, H, W) as pixels (H, W, 3): red brighter, blue darker, grey nothing."""
    change = perturbation.sum(0)
    return np.asarray(pictures.colour(change, float(np.abs(change).max()) or 1.0))


def _base64(pixels: NDArray[np.uint8]) -> str:
    return base64.b64encode(images.to_png(Image.fromarray(pixels))).decode()
