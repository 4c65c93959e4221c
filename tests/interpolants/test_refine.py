"""A refined rule keeps what it promises; on small cases it is compared with trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.inference.activations import Activations, LayerUnits
from seewhy.inference.activations.ranking import ranks
from seewhy.interpolants.keys import recorded
from seewhy.interpolants.refine import Refine, lower_end
from seewhy.interpolants.search import Search
from seewhy.interpolants.telling import count
from seewhy.predicates import Bound, Conjunction, PredictsClass
from seewhy.shares import wilson


def recording(values: np.ndarray, positive: np.ndarray) -> Activations:
    """A recording of one flat layer "l" from values (N, U)."""
    stored = np.ascontiguousarray(values.T.astype(np.float16)) + np.float16(0)
    places = np.empty(stored.shape, np.uint16)
    ranks(stored, places)
    scores = np.where(positive[:, None], [1.0, 0.0], [0.0, 1.0]).astype(np.float32)
    return Activations("", "train", scores, None, {"l": LayerUnits("l", (len(stored),), stored, places)})


@st.composite
def cases(draw: st.DrawFn):
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = random.integers(-3, 4, (draw(st.integers(5, 60)), draw(st.integers(1, 5)))) / 2
    positive = values[:, 0] + random.normal(0, 1, len(values)) > 0
    bounds = [
        Bound("l", (u,), draw(st.sampled_from([">=", "<="])), draw(st.integers(-3, 3)) / 2)
        for u in draw(st.lists(st.integers(0, values.shape[1] - 1), min_size=1, max_size=4))
    ]
    return recording(values, positive), bounds


def worth(keep, counts):
    if counts.n == 0:
        return 0.0
    return counts.precision if keep == "precision" else counts.interval("precision").low


@given(cases(), st.sampled_from(["trust", "precision"]))
@settings(max_examples=200, deadline=None)
def test_nothing_that_must_not_fall_falls_and_no_image_is_lost(case, keep):
    train, bounds = case
    conclusion = PredictsClass(0)
    refined = Refine(keep=keep)(bounds, conclusion, train)
    before, after = (count(train, Conjunction(tuple(b)), conclusion) for b in (bounds, refined))
    assert worth(keep, after) >= worth(keep, before) - 1e-12
    assert len(refined) <= len(bounds)
    assert after.n - after.f >= before.n - before.f
    assert not (train.of(Conjunction(tuple(bounds))) & ~train.of(Conjunction(refined))).any(), "only ever looser"


@given(cases())
@settings(max_examples=100, deadline=None)
def test_no_single_change_would_win_more(case):
    train, bounds = case
    conclusion = PredictsClass(0)
    floor = worth("precision", count(train, Conjunction(tuple(bounds)), conclusion))
    refined = Refine(keep="precision")(bounds, conclusion, train)
    mine = count(train, Conjunction(refined), conclusion)
    for place, bound in enumerate(refined):
        rest = refined[:place] + refined[place + 1 :]
        dropped = count(train, Conjunction(rest), conclusion)
        assert dropped.n == 0 or dropped.precision < floor
        for threshold in np.unique(train.row(bound)):
            other = Conjunction((*rest, Bound("l", bound.unit, bound.op, float(threshold))))
            looser = count(train, other, conclusion)
            assert looser.n - looser.f <= mine.n - mine.f or looser.precision < floor


def test_a_superfluous_conjunct_goes_and_a_narrow_one_widens(planted):
    narrow = [
        Bound("means", (0, 0, 0), ">=", 0.9),
        Bound("means", (1, 1, 0), ">=", 0.1),
        Bound("means", (3, 3, 0), ">=", 0.75),
    ]
    conclusion = PredictsClass(0)
    refined = Refine(keep="precision")(narrow, conclusion, planted.train)
    assert [bound.unit for bound in refined] == [(0, 0, 0), (3, 3, 0)]
    assert refined[0].threshold < 0.8
    counts = count(planted.test, Conjunction(refined), conclusion)
    before = count(planted.test, Conjunction(tuple(narrow)), conclusion)
    assert counts.precision == pytest.approx(1.0, abs=0.02) and counts.recall > 1.5 * before.recall


def test_the_notes_say_what_was_changed(planted):
    conclusion = PredictsClass(0)
    place = int(np.flatnonzero(planted.train.of(conclusion))[0])
    search = Search(alpha=0.9, gamma=0.5, size=800)
    rule = search.learn(planted.train, planted.test, "means", conclusion, recorded(planted.train, place))
    refined = Refine().applied(rule, planted.train, planted.test)
    assert refined.notes["refined"]["before"]["train"]["n"] == rule.train.n
    assert refined.notes["refined"]["dropped"] == len(rule.conjuncts) - len(refined.conjuncts)
    assert refined.train.n > rule.train.n
    assert len(refined.key_values) == len(refined.fractions) == len(refined.conjuncts)
    for bound, value in zip(refined.conjuncts, refined.key_values, strict=True):
        assert bound.holds_for(np.array([value])).all()


def test_lower_ends_are_those_of_the_intervals():
    n = np.repeat(np.arange(1, 40), 40)
    hits = np.minimum(np.tile(np.arange(40), 39), n)
    expected = [wilson(int(h), int(k)).low for h, k in zip(hits, n, strict=True)]
    np.testing.assert_allclose(lower_end(hits, n), expected, atol=1e-12)
