"""A score among those of random maps, as a picture to keep: a line, and curves where there are some. Knows numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from seewhy.pictures.lettering import drawable, font, wrap

# Everything is drawn at twice its size on the page, as on cards.
_WIDTH, _EDGE, _PLOT, _LINE = 1120, 48, 520, 150
_TITLE, _TEXT, _SMALL = 40, 28, 24
_PAPER, _PANEL, _RULE, _INK, _DIM = "#f6f6f4", "#ffffff", "#dcdedb", "#15181c", "#565d66"
_BAND, _LUCK = "#e4e6e2", "#9aa1a8"
MAP = (179, 38, 30)

Curves = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]  # shares (P,), scores (P,), chances (M, P)


def beside_chance(
    value: float,
    chances: NDArray[Any],
    *,
    title: str = "",
    caption: str = "",
    unit: str = "",
    curves: Curves | None = None,
    over: str = "",
) -> Image.Image:
    """The score `value` on a line with those of random maps, `chances` (M,); with `curves`, how both came about.

    over: what the shares of the curves are of.
    """
    words = [(text, _TEXT) for text in wrap(caption, _TEXT, _WIDTH - 2 * _EDGE, 4)]
    words += [(text, _SMALL) for text in wrap(f"Unit: {unit}.", _SMALL, _WIDTH - 2 * _EDGE, 2)]
    top = _EDGE + 64
    line = top + (0 if curves is None else _PLOT + 96)
    paper = Image.new("RGB", (_WIDTH, line + _LINE + 40 * len(words) + _EDGE), _PAPER)
    pen = ImageDraw.Draw(paper)
    pen.text((_EDGE, _EDGE - 8), drawable(title), _INK, font(_TITLE), stroke_width=1, stroke_fill=_INK)
    if curves is not None:
        _draw_curves(pen, (_EDGE + 70, top, _WIDTH - _EDGE, top + _PLOT), curves, over)
    _draw_line(pen, (_EDGE + 70, line, _WIDTH - _EDGE), value, chances)
    for place, (text, size) in enumerate(words):
        pen.text((_EDGE, line + _LINE + 40 * place), text, _DIM, font(size))
    return paper


def _draw_line(pen: ImageDraw.ImageDraw, box: tuple[int, int, int], value: float, chances: NDArray[Any]) -> None:
    """Each random map as a grey stroke, the map as a red disc, numbers at the ends."""
    left, top, right = box
    low, high = _range([value, *chances])
    level = top + 56
    pen.line([(left, level), (right, level)], _RULE, 3)

    def across(score: float) -> float:
        return left + (right - left) * (score - low) / (high - low)

    for score in chances:
        pen.line([(across(score), level - 22), (across(score), level + 22)], _LUCK, 4)
    pen.ellipse([across(value) - 13, level - 13, across(value) + 13, level + 13], MAP)
    middle = float(np.mean(chances))
    _name(pen, (across(value), level - 30), f"this map {value:.3g}", MAP, (left, right), "s")
    _name(pen, (across(middle), level + 34), f"random maps {middle:.3g}", _DIM, (left, right), "a")


def _draw_curves(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], curves: Curves, over: str) -> None:
    """Shares across, what the model says upwards; the random maps as a band with their mean, the map in red."""
    left, top, right, bottom = box
    shares, scores, chances = curves
    ends = np.quantile(chances, (0.025, 0.975), axis=0)
    low, high = _range([*scores, *ends.ravel()])

    def points(row: Sequence[float] | NDArray[Any]) -> list[tuple[float, float]]:
        heights = bottom - (bottom - top) * (np.asarray(row) - low) / (high - low)
        return list(zip((left + (right - left) * shares).tolist(), heights.tolist(), strict=True))

    pen.rectangle([left, top, right, bottom], _PANEL, _RULE, 2)
    pen.polygon(points(ends[0]) + points(ends[1])[::-1], _BAND)
    for row, colour, width in ((chances.mean(0), _LUCK, 4), (scores, MAP, 6)):
        for pair in pairwise(points(row)):
            pen.line(list(pair), colour, width)
    for score in (low, high):
        height = bottom - (bottom - top) * (score - low) / (high - low)
        pen.text((left - 14, height), drawable(f"{score:.2g}"), _DIM, font(_SMALL), "rm")
    for share, text, anchor in ((0.0, "0%", "la"), (0.5, drawable(over), "ma"), (1.0, "100%", "ra")):
        pen.text((left + (right - left) * share, bottom + 12), text, _DIM, font(_SMALL), anchor)


def _name(
    pen: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    colour: str | tuple[int, int, int],
    ends: tuple[int, int],
    anchor: str,
) -> None:
    """A word at a place on the line, pushed inwards where it would leave the paper."""
    half = font(_SMALL).getlength(drawable(text)) / 2
    across = min(max(place[0], ends[0] + half), ends[1] - half)
    pen.text((across, place[1]), drawable(text), colour, font(_SMALL), f"m{anchor}")


def _range(numbers: Sequence[float]) -> tuple[float, float]:
    low, high = float(min(numbers)), float(max(numbers))
    return (low, high) if high > low else (low - 0.5, high + 0.5)
