"""What a rule is worth: counts, intervals, and that a saved rule is the same rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.interpolants.base import Box, Counts, Interpolant
from seewhy.predicates import Bound, Conjunction, PredictsClass
from seewhy.shares import wilson

PUBLISHED = Counts(n=39, f=5, p=980, total=10_000)
RULE = Interpolant(
    layer="pool",
    conclusion=PredictsClass(1),
    premise=Conjunction((Bound("pool", (0, 4, 25), "<=", -0.69624305), Bound("pool", (5, 0, 44), ">=", 1.063251))),
    train=Counts(67, 1, 1954, 20_000),
    test=PUBLISHED,
    regions=(Box(0, 10, 9, 25), Box(14, 0, 29, 9)),
    fractions=((0.4, 0.41), (0.3, 0.29)),
    key_values=(-0.7, 2.0),
    settings={"alpha": 0.95},
    notes={"warnings": ["a sentence"]},
    labels=("cat", "airplane"),
    model="nets",
    data="cifar10",
    image="cifar10/train/80",
)


def test_the_published_counts_give_the_published_figures():
    assert PUBLISHED.precision == pytest.approx(0.87179, abs=1e-5)
    assert PUBLISHED.recall == pytest.approx(0.03469, abs=1e-5)
    assert PUBLISHED.base_rate == 0.098
    assert PUBLISHED.lift == pytest.approx(0.87179 / 0.098, rel=1e-4)


def test_the_interval_is_the_one_of_the_tables():
    low, high = wilson(8, 10)  # R: prop.test(8, 10, correct = FALSE)
    assert (low, high) == (pytest.approx(0.4901625, abs=1e-6), pytest.approx(0.9433178, abs=1e-6))
    assert wilson(0, 10)[0] == 0.0 and wilson(10, 10)[1] == 1.0 and wilson(0, 0) is None


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_share_and_its_ends_solve_wilsons_equation(hits, more):
    trials = hits + more
    low, high = wilson(hits, trials)
    share = hits / trials
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):  # (share − end)² = z² · end (1 − end) / trials
        assert (share - end) ** 2 == pytest.approx(1.959963984540054**2 * end * (1 - end) / trials, abs=1e-9)


def test_what_has_no_denominator_is_not_there():
    nothing = Counts(0, 0, 0, 10)
    assert nothing.precision is nothing.recall is nothing.lift is nothing.interval("recall") is None
    assert Counts(0, 0, 0, 0).base_rate is None


@pytest.mark.parametrize(
    ("n", "words"), [(0, "no image satisfies"), (1, "only 1 image satisfies"), (29, "only 29 images satisfy")]
)
def test_few_images_are_warned_about(n, words):
    assert Counts(n, 0, 50, 100).warning.startswith(words + " the rule")
    assert Counts(30, 0, 50, 100).warning is None


@pytest.mark.parametrize("counts", [(5, 6, 1, 10), (5, 0, 4, 10), (11, 0, 11, 10), (2, 1, 10, 10)])
def test_counts_that_no_sample_has_are_refused(counts):
    with pytest.raises(ValueError, match="no sample has"):
        Counts(*counts)


def test_a_saved_rule_is_the_same_rule():
    assert Interpolant.from_json(RULE.to_json()) == RULE


def test_a_rule_is_said_in_words():
    assert RULE.sentence == (
        "At pool: v(0, 4, 25) ≤ -0.6962 & v(5, 0, 44) ≥ 1.063 ⇒ predicts airplane. "
        "On test images: 87.2% precise (73.3% to 94.4%), N 39."
    )


@pytest.mark.parametrize("source", [b"", b"[]", b"{}", b'{"premise": {"kind": "class", "class": 1}}'])
def test_what_is_no_saved_rule_is_refused(source):
    with pytest.raises(ValueError, match=r"saved interpolant|premise"):
        Interpolant.from_json(source)
