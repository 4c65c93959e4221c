"""Images for and against a bound: who is shown, in which order, and how a unit is spread."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.inference.activations import Activations, LayerUnits
from seewhy.inference.activations.ranking import ranks
from seewhy.interpolants.examples import at_percentile, examples, matching, spread
from seewhy.predicates import Bound, PredictsClass

VALUES = np.array([3, 1, 2, 2, 0, 5, -1, 4], np.float32)
PREDICTED = np.array([0, 1, 0, 1, 0, 1, 0, 1])


def recording(values=VALUES, predicted=PREDICTED, classes=2):
    stored = np.array(values, np.float32)[None]
    places = np.empty(stored.shape, np.uint16)
    ranks(stored, places)
    scores = np.eye(classes, dtype=np.float32)[predicted]
    return Activations("", "train", scores, None, {"l": LayerUnits("l", (1,), stored, places)})


AT_LEAST_2 = Bound("l", (0,), ">=", 2.0)
AT_MOST_2 = Bound("l", (0,), "<=", 2.0)


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({}, [0, 2, 3, 5, 7]),
        ({"satisfy": False}, [1, 4, 6]),
        ({"predicted": 0}, [0, 2]),
        ({"order": "strongest"}, [5, 7, 0, 2, 3]),
        ({"order": "strongest", "satisfy": False}, [6, 4, 1]),
        ({"percentile": 75}, [5, 7]),
        ({"percentile": 75, "satisfy": False}, [0, 1, 2, 3, 4, 6]),
        ({"percentile": 50}, [0, 2, 3, 5, 7]),
        ({"count": 2, "start": 1}, [2, 3]),
    ],
)
def test_who_is_shown(asked, places):
    found = examples(recording(), AT_LEAST_2, **asked)
    assert found.places.tolist() == places
    assert found.values.tolist() == VALUES[places].tolist() and found.predicted.tolist() == PREDICTED[places].tolist()


def test_the_direction_is_the_bounds():
    assert examples(recording(), AT_MOST_2, order="strongest").places.tolist() == [6, 4, 1, 2, 3]
    assert examples(recording(), AT_MOST_2, order="strongest", satisfy=False).places.tolist() == [5, 7, 0]
    assert examples(recording(), AT_MOST_2, percentile=75).places.tolist() == [4, 6]


def test_how_many_there_are_is_said_beside_those_shown():
    found = examples(recording(), AT_LEAST_2, predicted=1, count=1)
    assert (found.total, found.among, len(found.places)) == (3, 4, 1)
    assert json.loads(json.dumps(found.describe()))["total"] == 3


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=50), st.floats(0, 100), st.sampled_from([">=", "<="]))
def test_a_percentile_keeps_its_share_and_equals_only(values, percentile, op):
    split = recording(values, np.zeros(len(values), int), 1)
    bound = at_percentile(split, Bound("l", (0,), op, 0.0), percentile)
    holds, wanted = split.of(bound), max(1, round(len(values) * (100 - percentile) / 100))
    stricter = np.array(values) > bound.threshold if op == ">=" else np.array(values) < bound.threshold
    assert stricter.sum() < wanted <= holds.sum()


def test_false_positives_are_those_without_the_conclusion():
    places, total = matching(recording(), AT_LEAST_2, but_not=PredictsClass(0))
    assert places.tolist() == [3, 5, 7] and total == 3
    assert matching(recording(), AT_LEAST_2, predicted=0, count=1)[0].tolist() == [0]


def test_every_image_is_in_one_bin_under_its_class():
    found = spread(recording(), AT_LEAST_2, key=6.0, bins=7)
    assert found.counts.sum(1).tolist() == [4, 4] and found.edges[[0, -1]].tolist() == [-1.0, 6.0]
    assert found.counts.sum(0).tolist() == [1, 1, 1, 2, 1, 1, 1]
    assert (found.share, found.percentile) == (5 / 8, 100.0)
    assert json.loads(json.dumps(found.describe()))["key"] == 6.0


def test_a_unit_that_is_always_the_same_has_a_histogram_too():
    split = recording(np.full(8, 2.0))
    assert spread(split, AT_LEAST_2, key=2.0).counts.sum() == 8
    assert spread(split, AT_LEAST_2).percentile is None


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=30), st.integers(1, 60))
def test_bins_lose_no_image(values, bins):
    split = recording(values, np.zeros(len(values), int), 1)
    assert spread(split, Bound("l", (0,), ">=", 0.0), bins=bins).counts.sum() == len(values)


@pytest.mark.parametrize("wrong", [-1, 101])
def test_a_percentile_beyond_is_refused(wrong):
    with pytest.raises(ValueError, match="from 0 to 100"):
        examples(recording(), AT_LEAST_2, percentile=wrong)
