"""Many maps in one picture: a row for each class, a column for each method. Knows arrays and words, no methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from seewhy.pictures import colours
from seewhy.pictures.lettering import drawable, font, wrap
from seewhy.pictures.strength import robust_scale

# Everything is drawn at twice its size on the page, as on cards.
_SIDE, _GAP, _EDGE, _LABEL = 360, 28, 48, 260
_TITLE, _HEAD, _TEXT, _SMALL = 40, 28, 26, 22
_PAPER, _INK, _DIM = "#f6f6f4", "#15181c", "#565d66"
_BAR = 20


@dataclass(frozen=True)
class Cell:
    """One map (H, W) and a few words under it."""

    values: NDArray[Any]
    note: str = ""


def sheet(
    image: NDArray[np.floating[Any]],
    rows: Sequence[Sequence[Cell]],
    row_titles: Sequence[str],
    column_titles: Sequence[str],
    signed: Sequence[bool],
    title: str = "",
    footer: str = "",
) -> Image.Image:
    """The image (C, H, W) and its maps, one colour scale a column, each column with its legend.

    Raises: ValueError where rows, columns and titles do not fit together.
    """
    if len(row_titles) != len(rows) or any(len(row) != len(column_titles) for row in rows) or not rows:
        raise ValueError(
            f"a sheet needs a title for each row and column, got {len(rows)} rows, {len(row_titles)} titles"
        )
    columns = list(zip(*rows, strict=True))
    scales = [max(robust_scale(cell.values) for cell in column) for column in columns]
    height = max(round(_SIDE * image.shape[1] / image.shape[2]), 1)
    step = (_SIDE + _GAP, height + 56)
    width = 2 * _EDGE + _LABEL + len(columns) * step[0] - _GAP
    footers = wrap(footer, _SMALL, width - 2 * _EDGE, 6)
    top = _EDGE + 60 + 52
    below = top + len(rows) * step[1]
    paper = Image.new("RGB", (width, below + 80 + 34 * len(footers) + _EDGE), _PAPER)
    pen = ImageDraw.Draw(paper)
    pen.text((_EDGE, _EDGE - 8), drawable(title), _INK, font(_TITLE), stroke_width=1, stroke_fill=_INK)
    small = Image.fromarray(np.rint(colours.picture(image)).astype(np.uint8))
    paper.paste(_fitted(small, 150, round(150 * image.shape[1] / image.shape[2])), (_EDGE, top))
    for c, (name, scale) in enumerate(zip(column_titles, scales, strict=True)):
        x = _EDGE + _LABEL + c * step[0]
        pen.text((x, top - 42), drawable(name), _INK, font(_HEAD))
        _legend(paper, pen, (x, below), scale, signed[c])
        for r, row in enumerate(rows):
            drawn = Image.fromarray(colours.colour(row[c].values, scale))
            paper.paste(_fitted(drawn, _SIDE, height), (x, top + r * step[1]))
            pen.text((x, top + r * step[1] + height + 8), drawable(row[c].note), _DIM, font(_SMALL))
    for r, name in enumerate(row_titles):
        y = top + r * step[1] + (170 if r == 0 else 0)
        for line, words in enumerate(wrap(name, _TEXT, _LABEL - 20, 4)):
            pen.text((_EDGE, y + 34 * line), words, _INK, font(_TEXT))
    for line, words in enumerate(footers):
        pen.text((_EDGE, below + 80 + 34 * line), words, _DIM, font(_SMALL))
    return paper


def _fitted(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Small pictures as crisp squares, large ones smoothly."""
    small = picture.width * 3 <= width
    return picture.resize((width, height), Image.Resampling.NEAREST if small else Image.Resampling.BILINEAR)


def _legend(paper: Image.Image, pen: ImageDraw.ImageDraw, at: tuple[int, int], scale: float, signed: bool) -> None:
    x, y = at
    shares = np.linspace(-1 if signed else 0, 1, _SIDE)
    bar = Image.fromarray(np.repeat(colours.colour(shares[None], 1.0), _BAR, 0))
    paper.paste(bar, (x, y))
    ends = (f"against −{scale:.3g}", f"for +{scale:.3g}") if signed else ("nothing 0", f"strong {scale:.3g}")
    pen.text((x, y + _BAR + 8), drawable(ends[0]), _INK, font(_SMALL))
    pen.text((x + _SIDE, y + _BAR + 8), drawable(ends[1]), _INK, font(_SMALL), "ra")
