"""Scale, histogram and the sentence for people who do not see the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from seewhy import pictures

REAL = st.floats(allow_nan=False, allow_infinity=False)
MAPS = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=REAL)


def test_one_wild_pixel_does_not_pale_the_rest() -> None:
    values = np.ones((28, 28))
    values[3, 3] = -1e6
    assert pictures.robust_scale(values) == 1.0


def test_the_scale_of_a_nearly_empty_map_is_its_largest_value() -> None:
    values = np.zeros((28, 28))
    values[3, 3] = -7
    assert pictures.robust_scale(values) == 7.0
    assert pictures.robust_scale(np.zeros((28, 28))) == 1.0


@given(values=MAPS)
def test_a_histogram_counts_every_pixel_once(values: np.ndarray) -> None:
    counts = pictures.histogram(values)
    assert len(counts) == 64
    assert sum(counts) == values.size
    assert counts[-1] > 0 or not values.any()


@given(values=arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(-99, 99)))
def test_regions_add_up_to_the_whole(values: np.ndarray) -> None:
    table = np.array(pictures.region_table(values))
    assert table.shape == (3, 3)
    assert table.sum() == values.sum()
    assert np.array_equal(np.array(pictures.region_table(values[:, ::-1])), table[:, ::-1])
    assert np.array_equal(np.array(pictures.region_table(values.T)), table.T)


def test_a_single_pixel_lies_in_the_centre() -> None:
    assert pictures.region_table(np.array([[2.0]]))[1][1] == 2.0


@pytest.mark.parametrize(
    ("spots", "signed", "sentence"),
    [
        ({}, True, "nothing stands out; the map is zero everywhere."),
        (
            {(0, 8): 3.0, (4, 4): 1.0, (8, 0): -2.0},
            True,
            "75 % of the support lies top right; strongest against: lower left.",
        ),
        ({(0, 4): 1.0}, True, "100 % of the support lies top centre; nothing speaks against."),
        ({(4, 0): -1.0}, True, "nothing speaks for it; 100 % of the objection lies middle left."),
        ({(4, 4): 1.0, (0, 0): 0.5}, False, "67 % of the strength lies in the centre."),
    ],
)
def test_a_map_in_words(spots: dict[tuple[int, int], float], signed: bool, sentence: str) -> None:
    values = np.zeros((9, 9))
    for place, value in spots.items():
        values[place] = value
    assert pictures.describe_map(values, signed) == sentence


def test_an_even_map_has_no_favourite_place() -> None:
    assert pictures.describe_map(np.ones((9, 9))) == "the support is spread evenly; nothing speaks against."


@given(values=MAPS, signed=st.booleans())
def test_every_map_has_one_sentence(values: np.ndarray, signed: bool) -> None:
    sentence = pictures.describe_map(values, signed)
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
