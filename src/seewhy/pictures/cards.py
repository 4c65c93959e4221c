"""The picture that people keep: image beside map, with legend, caption and address. Knows no models or methods."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from seewhy.pictures import colours
from seewhy.pictures.lettering import drawable, font, wrap
from seewhy.pictures.strength import finite, robust_scale

View = Literal["map", "overlay", "mask"]

# Everything is drawn at twice its size on the page, so that it stays crisp on fine screens and in print.
_SIDE = 560  # of image and map, at most
_EDGE = 48
_INSET = 32
_GAP = 40
_WIDTH = 2 * (_EDGE + _INSET + _SIDE) + _GAP
_BAR = 24
_TITLE, _TEXT, _SMALL = 44, 28, 24
_PAPER, _PANEL, _LINE, _INK, _DIM = "#f6f6f4", "#ffffff", "#dcdedb", "#15181c", "#565d66"
_KEEP = 0.2  # of the pixels in a mask


def card(
    values: NDArray[Any],
    image: NDArray[np.floating[Any]],
    *,
    title: str = "",
    caption: str = "",
    footer: str = "",
    scale: float | None = None,
    view: View = "map",
    opacity: float = 1.0,
    signed: bool = True,
) -> Image.Image:
    """The image (C, H, W) beside its map (H, W), as a picture that explains itself.

    scale: drawn in full colour; by default the 99th percentile of |values|. view: "map", "overlay" (as opaque as it is
    strong, over the image) or "mask" (the strongest fifth of the image). signed: whether the method tells for from
    against; if not, the legend has one arm.
    """
    checked = finite(values)
    if image.shape[1:] != checked.shape:
        raise ValueError(f"map and image must have one size, got {checked.shape} and {image.shape[1:]}; fit the image")
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity must be from 0 to 1, got {opacity}; 1 is opaque")
    scale = robust_scale(checked) if scale is None else scale
    left = _enlarged(colours.picture(image).transpose(2, 0, 1))
    right = _drawn(_enlarged(checked[None])[0], left / 255, checked, scale, view, opacity)
    saw = _note("what the model saw", f"{checked.shape[1]} × {checked.shape[0]} pixels")
    legend = _mask_legend(checked) if view == "mask" else _bar_legend(scale, signed or bool((checked < 0).any()))
    width = _WIDTH - 2 * _EDGE
    lines = [(line, _INK) for line in wrap(caption, _TEXT, width, 6)]
    lines += [(line, _DIM) for line in wrap(footer, _TEXT, width, 4)]
    columns = (_pillow(left.transpose(1, 2, 0)), saw), (_pillow(right), legend)
    return _laid_out(*columns, head=wrap(title, _TITLE, width, 2), lines=lines)


def _drawn(
    values: NDArray[np.float64],
    image: NDArray[np.float64],
    original: NDArray[np.float64],
    scale: float,
    view: View,
    opacity: float,
) -> NDArray[Any]:
    if view == "overlay":
        return colours.overlay(values, image, scale, opacity)
    if view == "mask":
        kept = _enlarged(colours.strongest(original, _KEEP)[None].astype(np.float64))[0] >= 0.5
        return np.where(kept[..., None], colours.picture(image), colours.NOTHING)
    if view == "map":
        flat = colours.colour(values, scale)
        return flat if opacity == 1 else colours.blended(flat, image, opacity)
    raise ValueError(f"a view must be 'map', 'overlay' or 'mask', got {view!r}; choose one of these")


def _enlarged(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Planes (C, H, W) near _SIDE pixels: small ones as crisp squares of equal size, others smoothly, in values."""
    height, width = planes.shape[1:]
    factor = _SIDE / max(height, width)
    if factor >= 3:
        return planes.repeat(int(factor), 1).repeat(int(factor), 2)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    # Bilinear never leaves the range of its neighbours, so no value changes its sign; divided, lest float32 overflow.
    most = float(np.abs(planes).max()) or 1.0
    smooth = [Image.fromarray((p / most).astype(np.float32)).resize(size, Image.Resampling.BILINEAR) for p in planes]
    return np.stack([np.asarray(p, np.float64) * most for p in smooth])


def _bar_legend(scale: float, signed: bool) -> Image.Image:
    legend, pen = _blank_legend()
    shares = np.linspace(-1 if signed else 0, 1, _SIDE)
    legend.paste(_pillow(np.repeat(colours.colour(shares[None], 1.0), _BAR, 0)), (0, 0))
    marks = [(0, f"against −{scale:.3g}", "l"), (_SIDE // 2, "0", "m"), (_SIDE, f"for +{scale:.3g}", "r")]
    if not signed:
        marks = [(0, "nothing 0", "l"), (_SIDE, f"strong {scale:.3g}", "r")]
    for x, words, anchor in marks:
        pen.text((x, _BAR + 12), drawable(words), _INK, font(_SMALL), f"{anchor}a")
    if signed:
        pen.line([(_SIDE // 2, _BAR), (_SIDE // 2, _BAR + 6)], _DIM, 2)
    return legend


def _mask_legend(values: NDArray[np.float64]) -> Image.Image:
    legend, pen = _blank_legend()
    kept = colours.strongest(values, _KEEP)
    words = "kept: nothing, for all is zero"
    if kept.any():
        sign = "±" if (values < 0).any() else ""
        words = f"kept: the strongest {kept.mean():.0%}, from {sign}{np.abs(values[kept]).min():.3g}"
    pen.text((0, 0), drawable(words), _INK, font(_SMALL))
    pen.rectangle([0, _BAR + 12, _BAR, 2 * _BAR + 12], colours.NOTHING)
    pen.text((_BAR + 12, _BAR + 12), "left out", _DIM, font(_SMALL))
    return legend


def _blank_legend() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    legend = Image.new("RGB", (_SIDE, 2 * _BAR + 24), _PANEL)
    return legend, ImageDraw.Draw(legend)


def _note(*lines: str) -> Image.Image:
    note, pen = _blank_legend()
    for row, line in enumerate(lines):
        pen.text((0, row * (_BAR + 12)), drawable(line), _DIM, font(_SMALL))
    return note


def _laid_out(*columns: tuple[Image.Image, Image.Image], head: list[str], lines: list[tuple[str, str]]) -> Image.Image:
    """Columns of a picture and what stands below it, in one panel; the head above, other lines with their ink below."""
    picture, legend = columns[0]
    top = _EDGE + len(head) * _TITLE * 4 // 3 + (16 if head else 0)
    bottom = top + _INSET + picture.height + 20 + legend.height + _INSET // 2
    paper = Image.new("RGB", (_WIDTH, bottom + len(lines) * _TEXT * 3 // 2 + (_EDGE + 20 if lines else _EDGE)), _PAPER)
    pen = ImageDraw.Draw(paper)
    for row, line in enumerate(head):
        pen.text((_EDGE, _EDGE - 8 + row * _TITLE * 4 // 3), line, _INK, font(_TITLE), stroke_width=1, stroke_fill=_INK)
    pen.rounded_rectangle([_EDGE, top, _WIDTH - _EDGE, bottom], 20, _PANEL, _LINE, 2)
    for column, (picture, below) in enumerate(columns):
        x = _EDGE + _INSET + column * (_SIDE + _GAP)
        paper.paste(picture, (x + (_SIDE - picture.width) // 2, top + _INSET))
        paper.paste(below, (x, top + _INSET + picture.height + 20))
    for row, (line, ink) in enumerate(lines):
        pen.text((_EDGE, bottom + 28 + row * _TEXT * 3 // 2), line, ink, font(_TEXT))
    return paper


def _pillow(pixels: NDArray[Any]) -> Image.Image:
    return Image.fromarray(np.rint(pixels).astype(np.uint8))
