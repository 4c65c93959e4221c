"""Shares over a number, as lines with bands: for light paper or dark. Knows numbers and words, nothing of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from PIL import Image, ImageColor, ImageDraw

from seewhy.pictures.lettering import drawable, font, wrap

# Everything is drawn at twice its size on the page, as on cards; lines are drawn larger still and then made small.
_WIDTH, _HEIGHT, _FINER = 1400, 620, 3
_EDGE, _LEFT, _RIGHT = 48, 104, 300
_TITLE, _TEXT, _SMALL = 36, 26, 22
_APART = 34  # between the names at the lines' ends


class _Look(NamedTuple):
    paper: str
    ink: str
    dim: str
    rule: str
    lines: tuple[str, ...]


_LIGHT = _Look(
    "#f6f6f4", "#15181c", "#565d66", "#dcdedb", ("#0f55b3", "#b3540f", "#0b6b62", "#7b3fa0", "#8a6d00", "#b0256b")
)
_DARK = _Look(
    "#121417", "#eceef0", "#a3abb5", "#2c3137", ("#6ea8ff", "#f0a35e", "#5cd6c5", "#c99bf0", "#d9c04a", "#f08abb")
)


@dataclass(frozen=True)
class Line:
    """A named line through shares (P,) with where each lies, low and high (P,).

    kind: "main" is drawn in ink and thick, "plain" in a colour of its own, "faint" grey and dashed.
    """

    name: str
    shares: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    kind: str = "plain"


def chart(
    x: Sequence[float],
    lines: Sequence[Line],
    *,
    title: str,
    across: str,
    up: str,
    ticks: Sequence[tuple[float, str, str]],
    caption: str = "",
    dark: bool = False,
) -> Image.Image:
    """Lines over x (P,), from 0 to 100 %, each named at its end.

    across, up: what the axes show; ticks: places on the lower axis with their words and smaller words below.

    Raises: ValueError where a line has another number of points than x, or x does not grow.
    """
    _check(x, lines)
    look = _DARK if dark else _LIGHT
    headings = wrap(title, _TITLE, _WIDTH - 2 * _EDGE, 2)
    words = wrap(caption, _TEXT, _WIDTH - 2 * _EDGE, 8)
    top = _EDGE + 50 * len(headings) + 42
    below = top + _HEIGHT
    paper = Image.new("RGB", (_WIDTH, below + 128 + 40 * len(words) + _EDGE - 16), look.paper)
    inside = _Frame(_LEFT + _EDGE, top, _WIDTH - _RIGHT, below, x[0], x[-1])
    colours = _colours(lines, look)
    paper.paste(_drawn(inside, x, lines, colours, look), (_LEFT, top - _EDGE))
    pen = ImageDraw.Draw(paper)
    for row, text in enumerate(headings):
        pen.text((_EDGE, _EDGE - 8 + 50 * row), text, look.ink, font(_TITLE), stroke_width=1, stroke_fill=look.ink)
    pen.text((_EDGE, top - 48), drawable(up), look.dim, font(_SMALL))
    for share in (0, 25, 50, 75, 100):
        pen.text((inside.left - 16, inside.y(share / 100)), f"{share} %", look.dim, font(_SMALL), "rm")
    _tick(pen, inside, ticks, look)
    pen.text(((inside.left + inside.right) / 2, below + 86), drawable(across), look.dim, font(_SMALL), "ma")
    ends = _spread([inside.y(line.shares[-1]) for line in lines], top, below)
    for line, y, colour in zip(lines, ends, colours, strict=True):
        text = f"{drawable(line.name)} {line.shares[-1]:.0%}"
        bold = 1 if line.kind == "main" else 0
        pen.text((inside.right + 24, y), text, colour, font(_TEXT), "lm", stroke_width=bold, stroke_fill=colour)
    for row, text in enumerate(words):
        pen.text((_EDGE, below + 138 + 40 * row), text, look.dim, font(_TEXT))
    return paper


class _Frame(NamedTuple):
    """Where the axes lie on the paper, and what they span."""

    left: float
    top: float
    right: float
    bottom: float
    first: float
    last: float

    def x(self, value: float) -> float:
        return self.left + (value - self.first) / (self.last - self.first) * (self.right - self.left)

    def y(self, share: float) -> float:
        return self.bottom - share * (self.bottom - self.top)


def _check(x: Sequence[float], lines: Sequence[Line]) -> None:
    if len(x) < 2 or any(later <= earlier for earlier, later in pairwise(x)):
        raise ValueError(f"a chart needs two or more places that grow, got {list(x)[:8]}; sort them")
    for line in lines:
        for row in (line.shares, line.low, line.high):
            if len(row) != len(x):
                raise ValueError(
                    f"the line {line.name!r} must have {len(x)} points, got {len(row)}; one for each place"
                )


def _colours(lines: Sequence[Line], look: _Look) -> list[str]:
    own = iter(look.lines * (1 + len(lines) // len(look.lines)))
    return [{"main": look.ink, "faint": look.dim}.get(line.kind) or next(own) for line in lines]


def _drawn(
    frame: _Frame, x: Sequence[float], lines: Sequence[Line], colours: Sequence[str], look: _Look
) -> Image.Image:
    """Rules, bands, lines and points, with an edge of _EDGE all around the frame."""
    size = (int(frame.right - frame.left) + 2 * _EDGE, int(frame.bottom - frame.top) + 2 * _EDGE)
    large = Image.new("RGBA", (size[0] * _FINER, size[1] * _FINER), look.paper)

    def at(value: float, share: float) -> tuple[float, float]:
        return (
            (frame.x(value) - frame.left + _EDGE) * _FINER,
            (frame.y(share) - frame.top + _EDGE) * _FINER,
        )

    pen = ImageDraw.Draw(large)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        pen.line([at(frame.first, share), at(frame.last, share)], look.rule, 2 * _FINER)
    for line, colour in zip(lines, colours, strict=True):
        band = Image.new("RGBA", large.size, (*ImageColor.getrgb(colour)[:3], 0))
        edge = [at(*p) for p in zip(x, line.high, strict=True)]
        edge += [at(*p) for p in zip(reversed(x), reversed(line.low), strict=True)]
        ImageDraw.Draw(band).polygon(edge, (*ImageColor.getrgb(colour)[:3], 40))
        large.alpha_composite(band)
    for line, colour in sorted(zip(lines, colours, strict=True), key=lambda one: one[0].kind != "main"):
        pen = ImageDraw.Draw(large)
        points = [at(*p) for p in zip(x, line.shares, strict=True)]
        wide = (10 if line.kind == "main" else 4) * _FINER  # the main one lies below, and is seen where another runs
        if line.kind == "faint":
            _dashed(pen, points, colour, wide)
        else:
            pen.line(points, colour, wide, joint="curve")
        for across, down in points:
            r = wide / 2 if line.kind == "main" else wide * 1.3
            pen.ellipse([across - r, down - r, across + r, down + r], colour)
    return large.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _dashed(pen: ImageDraw.ImageDraw, points: Sequence[tuple[float, float]], colour: str, wide: int) -> None:
    dash = 14 * _FINER
    for (x0, y0), (x1, y1) in pairwise(points):
        length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1e-9)
        for start in range(0, int(length), 2 * dash):
            a, b = start / length, min(start + dash, length) / length
            pen.line([(x0 + a * (x1 - x0), y0 + a * (y1 - y0)), (x0 + b * (x1 - x0), y0 + b * (y1 - y0))], colour, wide)


def _tick(pen: ImageDraw.ImageDraw, frame: _Frame, ticks: Sequence[tuple[float, str, str]], look: _Look) -> None:
    """Words under the lower axis; those that would touch the ones before are left out, and the last one stays."""
    taken = frame.x(ticks[-1][0]) if ticks else 0.0
    free = frame.left - 1e9
    for place, (value, text, smaller) in enumerate(ticks):
        x, half = frame.x(value), max(font(_SMALL).getlength(one) for one in (text, smaller)) / 2 + 8
        last = place == len(ticks) - 1
        if not last and (x - half < free or x + half > taken - half):
            continue
        free = x + half
        pen.line([(x, frame.bottom), (x, frame.bottom + 10)], look.dim, 2)
        pen.text((x, frame.bottom + 16), drawable(text), look.ink, font(_SMALL), "ma")
        pen.text((x, frame.bottom + 46), drawable(smaller), look.dim, font(_SMALL), "ma")


def _spread(places: Sequence[float], top: float, bottom: float) -> list[float]:
    """The places moved apart as little as needed so that names do not overlap; their order stays."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [places[i] for i in order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + _APART)
    over = (moved[-1] - bottom) if moved else 0.0
    if over > 0:
        moved[-1] = bottom
        for i in range(len(moved) - 2, -1, -1):
            moved[i] = min(moved[i], moved[i + 1] - _APART)
    spread = [0.0] * len(places)
    for place, i in enumerate(order):
        spread[i] = moved[place]
    return spread
