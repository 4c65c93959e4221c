"""Lines on a chart end where their numbers say, names do not overlap, and dark paper is dark."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageColor

from seewhy.pictures.charts import Line, _spread, chart

X = [0.0, 0.1, 0.3]
WORDS = {"title": "t", "across": "a", "up": "u"}


def drawn(*lines: Line, dark: bool = False, ticks=()) -> np.ndarray:
    return np.asarray(chart(X, lines, ticks=ticks, dark=dark, **WORDS)).astype(int)


def flat(share: float, kind: str = "plain") -> Line:
    return Line("line", [share] * 3, [share] * 3, [share] * 3, kind)


def rows_of(pixels: np.ndarray, colour: str, column: int) -> np.ndarray:
    """The rows in which `column` shows just this colour."""
    return np.flatnonzero((np.abs(pixels[:, column] - ImageColor.getrgb(colour)).max(1)) < 40)


def test_a_share_of_half_lies_halfway_between_all_and_nothing():
    middle = {share: rows_of(drawn(flat(share)), "#0f55b3", 400).mean() for share in (0.0, 0.5, 1.0)}
    assert middle[0.5] == pytest.approx((middle[0.0] + middle[1.0]) / 2, abs=1)
    assert middle[0.0] - middle[1.0] == pytest.approx(620, abs=2)


def test_a_band_reaches_from_low_to_high():
    wide = Line("line", [0.5] * 3, [0.25] * 3, [0.75] * 3)
    with_band, without = drawn(wide)[:, 401], drawn(flat(0.5))[:, 401]
    changed = np.flatnonzero(np.abs(with_band - without).max(1) > 4)
    assert changed.max() - changed.min() == pytest.approx(310, abs=3)


def test_the_worst_case_is_seen_below_the_attack_that_is_it():
    both = drawn(flat(0.5), flat(0.5, "main"))
    assert len(rows_of(both, "#0f55b3", 400)) >= 3
    assert len(rows_of(both, "#15181c", 400)) >= 4


def test_dark_paper_is_dark_and_its_words_are_light():
    pixels = drawn(flat(0.5), dark=True)
    assert pixels[0, 0].tolist() == list(ImageColor.getrgb("#121417"))
    assert pixels.max() > 220
    assert np.median(pixels) < 40


def test_names_at_the_ends_keep_their_order_and_their_distance():
    moved = np.array(_spread([100.0, 101.0, 99.0, 400.0, 401.0], 0, 410))
    assert np.argsort(moved).tolist() == [2, 0, 1, 3, 4]
    assert np.diff(np.sort(moved)).min() >= 34
    assert moved.max() <= 410
    assert _spread([50.0, 300.0], 0, 410) == [50.0, 300.0]


def test_ticks_that_would_touch_are_left_out_and_the_last_one_stays():
    crowded = [(value / 100, f"{value / 100:g}", "") for value in range(0, 31)]
    pixels = drawn(flat(0.5), ticks=crowded)
    sparse = drawn(flat(0.5), ticks=[crowded[-1]])
    bottom = rows_of(drawn(flat(0.0)), "#0f55b3", 400).mean()
    marks = np.flatnonzero(np.abs(pixels[int(bottom) + 8] - ImageColor.getrgb("#565d66")).max(1) < 8)
    last = np.flatnonzero(np.abs(sparse[int(bottom) + 8] - ImageColor.getrgb("#565d66")).max(1) < 8)
    assert set(last) <= set(marks)
    assert 5 <= len(marks) / 2 < 31


@pytest.mark.parametrize("x", [[0.0], [0.0, 0.0, 0.1], [0.2, 0.1, 0.3]])
def test_places_must_grow(x):
    with pytest.raises(ValueError, match="places that grow"):
        chart(x, [], ticks=(), **WORDS)


def test_a_line_needs_a_point_for_each_place():
    with pytest.raises(ValueError, match="must have 3 points, got 2"):
        drawn(Line("short", [0.1, 0.2], [0, 0], [1, 1]))
