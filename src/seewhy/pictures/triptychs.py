"""A few pictures in a row with a word under each, as a picture to keep. Knows arrays and words only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from seewhy.pictures.lettering import drawable, font, wrap

# Everything is drawn at twice its size on the page, as on cards.
_SIDE, _GAP, _EDGE = 420, 84, 48
_TITLE, _TEXT, _SIGN = 40, 28, 56
_PAPER, _INK, _DIM = "#f6f6f4", "#15181c", "#565d66"


def triptych(
    panels: Sequence[tuple[NDArray[np.uint8], str]], *, signs: Sequence[str], title: str = "", caption: str = ""
) -> Image.Image:
    """Panels of pixels (H, W, 3) with words below; `signs` stand between them, such as "+" and "="."""
    if len(signs) != len(panels) - 1:
        raise ValueError(f"{len(panels)} panels need {len(panels) - 1} signs between them, got {len(signs)}")
    height = max(round(_SIDE * pixels.shape[0] / pixels.shape[1]) for pixels, _ in panels)
    width = 2 * _EDGE + len(panels) * (_SIDE + _GAP) - _GAP
    words = wrap(caption, _TEXT, width - 2 * _EDGE, 4)
    top = _EDGE + (64 if title else 0)
    below = top + height + 16 + 2 * 38
    paper = Image.new("RGB", (width, below + 16 + 40 * len(words) + _EDGE), _PAPER)
    pen = ImageDraw.Draw(paper)
    for heading in wrap(title, _TITLE, width - 2 * _EDGE, 1):
        pen.text((_EDGE, _EDGE - 8), heading, _INK, font(_TITLE), stroke_width=1, stroke_fill=_INK)
    for place, (pixels, note) in enumerate(panels):
        x = _EDGE + place * (_SIDE + _GAP)
        side = (_SIDE, round(_SIDE * pixels.shape[0] / pixels.shape[1]))
        crisp = pixels.shape[1] * 3 <= _SIDE
        kind = Image.Resampling.NEAREST if crisp else Image.Resampling.BILINEAR
        paper.paste(Image.fromarray(pixels).resize(side, kind), (x, top))
        for line, text in enumerate(wrap(note, _TEXT, _SIDE, 2)):
            pen.text((x + _SIDE // 2, top + height + 16 + 38 * line), text, _INK, font(_TEXT), "ma")
        if place:
            middle = (x - _GAP // 2, top + height // 2)
            pen.text(middle, drawable(signs[place - 1]), _DIM, font(_SIGN), "mm")
    for line, text in enumerate(words):
        pen.text((_EDGE, below + 16 + 40 * line), text, _DIM, font(_TEXT))
    return paper
