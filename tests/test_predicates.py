"""Truths about images: what they say, how they read and that text and data say the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.predicates import Bound, Conjunction, Margin, Negation, PredictsClass, from_plain, parse

SCORES = np.array([[3.0, 1.0, 3.0], [0.0, 2.0, 1.0]])
MAPS = np.arange(2 * 2 * 3 * 4, dtype=np.float16).reshape(2, 2, 3, 4)  # (N, C, H, W)


def test_a_tie_between_classes_counts_for_both():
    assert [PredictsClass(c).holds(SCORES, {}).tolist() for c in range(3)] == [
        [True, False],
        [False, True],
        [True, False],
    ]


def test_a_margin_is_not_strict():
    assert Margin(0, 1, 2.0).holds(SCORES, {}).tolist() == [True, False]
    assert Margin(0, 1, 2.001).holds(SCORES, {}).tolist() == [False, False]


def test_units_of_maps_are_named_row_column_channel():
    bound = Bound("map", (2, 3, 1), ">=", float(MAPS[0, 1, 2, 3]) + 1)
    assert bound.holds(SCORES, {"map": MAPS}).tolist() == [False, True]


def test_a_bound_holds_at_its_threshold_even_between_half_precision_numbers():
    values = np.array([[1.0], [1.001]], np.float16)
    assert Bound("flat", (0,), ">=", 1.0001).holds(SCORES, {"flat": values}).tolist() == [False, True]
    assert Bound("flat", (0,), "<=", 1.0).holds(SCORES, {"flat": values}).tolist() == [True, False]


def test_nothing_said_is_true_and_negation_turns_it_round():
    assert Conjunction().holds(SCORES, {}).all() and str(Conjunction()) == "true"
    assert not Conjunction().negated().holds(SCORES, {}).any()
    assert PredictsClass(1).negated().negated() == PredictsClass(1)


def test_a_unit_that_a_layer_does_not_have_is_refused():
    with pytest.raises(LookupError, match="has no unit"):
        Bound("map", (3, 0, 0), ">=", 0.0).holds(SCORES, {"map": MAPS})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got the end"),
        ("v(1,2,3) >= 1", "needs its layer"),
        ("a: v(1) > 1", r"got 'v\(1\) > 1"),
        ("a: v(1) >= 1 b: v(1) >= 1", "got 'b: v"),
        ("(a: v(1) >= 1", "got the end"),
        ("a: v(1) >= nan", r"got 'v\(1\) >= nan"),
        ("class cat & ", "got the end"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text, ["cat"])


def test_a_class_that_does_not_exist_is_named():
    with pytest.raises(LookupError, match="did you mean 'cat'"):
        parse("class kat", ["cat"])


def test_labels_with_any_signs_are_read_in_quotation_marks():
    assert parse('class "crane, bird & (big)"', ["x", "crane, bird & (big)"]) == PredictsClass(1)
    assert parse("predicts sea lion & margin(sea lion, x) ≥ .5", ["x", "sea lion"]) == Conjunction(
        (PredictsClass(1), Margin(1, 0, 0.5))
    )


layers = st.sampled_from(["features.6", "layer1.0.conv", "a", "with space", 'qu"ote\\', "x:y", "v"])
numbers = st.floats(allow_nan=False, allow_infinity=False)
bounds = st.builds(
    Bound,
    layers,
    st.lists(st.integers(0, 99), min_size=1, max_size=3).map(tuple),
    st.sampled_from([">=", "<="]),
    numbers,
)
margins = st.permutations(range(5)).flatmap(lambda p: st.builds(Margin, st.just(p[0]), st.just(p[1]), numbers))
leaves = st.one_of(bounds, margins, st.builds(PredictsClass, st.integers(0, 4)))
predicates = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Negation, inner), st.lists(inner, min_size=2, max_size=4).map(lambda p: Conjunction(tuple(p)))
    ),
    max_leaves=8,
)


@given(predicates)
def test_text_and_data_say_the_same(predicate):
    assert parse(str(predicate)) == predicate
    assert parse(str(predicate), list("abcde")) == predicate
    assert from_plain(json.loads(json.dumps(predicate.describe(list("abcde"))))) == predicate
