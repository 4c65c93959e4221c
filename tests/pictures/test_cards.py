"""A card that holds all it was given, in letters that its font has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy import pictures
from seewhy.pictures.lettering import drawable, font, wrap


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_map_with_nan_is_refused(bad: float) -> None:
    values = np.ones((4, 4))
    values[1, 2] = bad
    image = np.ones((1, 4, 4))
    calls = [
        lambda: pictures.colour(values),
        lambda: pictures.robust_scale(values),
        lambda: pictures.histogram(values),
        lambda: pictures.describe_map(values),
        lambda: pictures.region_table(values),
        lambda: pictures.overlay(values, image),
        lambda: pictures.mask(values, image),
        lambda: pictures.card(values, image),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="must be finite, got NaN or infinity in 1 pixel"):
            call()


def test_a_card_does_not_change_what_it_draws() -> None:
    values, image = np.ones((5, 5), np.float32), np.ones((3, 5, 5), np.float32)
    values.setflags(write=False)
    image.setflags(write=False)
    for view in ("map", "overlay", "mask"):
        pictures.card(values, image, view=view)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (28, 28), (97, 31), (700, 500)])
def test_a_card_holds_maps_of_any_shape(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    drawn = pictures.card(values, np.full((1, *shape), 0.5, np.float32), title="t", caption="c", footer="f")
    assert drawn.width == pictures.card(np.ones((2, 2)), np.ones((1, 2, 2))).width


def test_a_card_refuses_what_does_not_fit_together() -> None:
    with pytest.raises(ValueError, match=r"one size, got \(2, 2\) and \(3, 3\)"):
        pictures.card(np.ones((2, 2)), np.ones((1, 3, 3)))
    with pytest.raises(ValueError, match=r"one size, got \(2, 2\) and \(3, 3\)"):
        pictures.overlay(np.ones((2, 2)), np.ones((1, 3, 3)))
    with pytest.raises(ValueError, match=r"one size, got \(3, 3\) and \(2, 2\)"):
        pictures.mask(np.ones((2, 2)), np.ones((1, 3, 3)))
    with pytest.raises(ValueError, match="'map', 'overlay' or 'mask', got 'jet'"):
        pictures.card(np.ones((2, 2)), np.ones((1, 2, 2)), view="jet")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="opacity"):
        pictures.card(np.ones((2, 2)), np.ones((1, 2, 2)), opacity=2)
    with pytest.raises(ValueError, match="an image must be"):
        pictures.card(np.ones((2, 2)), np.ones((2, 2, 2)))


@given(text=st.text(max_size=200), width=st.integers(60, 600), lines=st.integers(1, 4))
def test_wrapped_lines_fit(text: str, width: int, lines: int) -> None:
    wrapped = wrap(text, 24, width, lines)
    assert len(wrapped) <= lines
    assert all(font(24).getlength(line) <= width for line in wrapped)


def test_wrapping_loses_no_word_where_there_is_room() -> None:
    text = "Integrated gradients (steps 50, baseline black), mnist-cnn on mnist/test/8, logit"
    assert " ".join(wrap(text, 24, 300, 9)) == text


def test_what_is_left_out_shows() -> None:
    assert wrap("one two three four five six", 24, 100, 2)[-1].endswith("…")


def test_letters_the_font_lacks_are_replaced() -> None:
    assert drawable("“5” – 3 × 4 − ½ · ż\n猫") == "“5” - 3 x 4 - 1/2 · z ?"
