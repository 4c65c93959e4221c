"""The beam against trying everything, on small cases; and the laws of a front."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.inference.activations import Activations, LayerUnits
from seewhy.inference.activations.ranking import ranks
from seewhy.interpolants.beam import Beam, Candidate, front
from seewhy.interpolants.keys import Key, recorded
from seewhy.interpolants.search import Search
from seewhy.interpolants.telling import count
from seewhy.predicates import Bound, Conjunction, PredictsClass
from seewhy.shares import wilson

BOTH = PredictsClass(0)


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
    values = random.integers(-4, 5, (draw(st.integers(6, 60)), draw(st.integers(1, 5)))) / 2
    positive = values[:, 0] + random.normal(0, 1, len(values)) > 0
    positive[0] = True
    key = values[:1] if draw(st.booleans()) else random.normal(0, 1, (1, values.shape[1]))
    units = {"l": key.astype(np.float16) + np.float16(0)}
    return recording(values, positive), Key(np.float32([[1, 0]]), units, {"l": (values.shape[1],)})


def best_of_all(train, key, shares):
    """The trust of the best single bound, tried one by one."""
    positive, own = train.of(BOTH), key.units["l"][0].astype(float)
    best = 0.0
    for unit in range(train.layer("l").count):
        row = train.layer("l").values[unit].astype(float)
        for share in shares:
            k = math.ceil(share * positive.sum())
            ordered = np.sort(row[positive])
            for holds in (row >= min(ordered[::-1][k - 1], own[unit]), row <= max(ordered[k - 1], own[unit])):
                if not holds.all():
                    best = max(best, wilson(int((holds & positive).sum()), int(holds.sum())).low)
    return best


@given(cases())
@settings(max_examples=150, deadline=None)
def test_the_first_step_is_the_best_of_all(case):
    train, key = case
    beam = Beam(width=2, longest=1, confidence=0.95)
    found = beam.find(train, "l", BOTH, key)
    assert max((c.trust for c in found), default=0.0) == pytest.approx(best_of_all(train, key, beam.shares))


@given(cases(), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_every_rule_is_true_of_the_image_and_counted_right(case, width):
    train, key = case
    found = Beam(width=width, longest=3, trust=0.99, confidence=0.95).find(train, "l", BOTH, key)
    by_size = [len(c.bounds) for c in found]
    assert by_size == sorted(by_size) and max(map(by_size.count, by_size), default=0) <= width
    for candidate in found:
        premise = Conjunction(candidate.bounds)
        counts = count(train, premise, BOTH)
        assert (counts.n, counts.n - counts.f) == (candidate.n, candidate.hits)
        assert key.of(premise).all()
        assert candidate.trust == pytest.approx(counts.interval("precision").low)
        assert candidate.hits > 0


def test_it_finds_the_planted_corners_with_fewer_bounds_or_more_trust_than_the_greedy_search(planted):
    shorter = 0
    for place in np.flatnonzero(planted.train.of(BOTH))[:10]:
        key = recorded(planted.train, int(place))
        rule = Beam().learn(planted.train, planted.test, "means", BOTH, key)
        greedy = Search(size=800).learn(planted.train, planted.test, "means", BOTH, key)
        assert {bound.unit[:2] for bound in rule.conjuncts} == {(0, 0), (3, 3)}
        assert rule.notes["reached"] and rule.train.interval("precision").low >= 0.9
        shorter += len(rule.conjuncts) <= len(greedy.conjuncts) and rule.train.recall >= greedy.train.recall
        for bound, value in zip(rule.conjuncts, rule.key_values, strict=True):
            assert bound.holds_for(np.array([value])).all()
    assert shorter >= 8


def test_only_units_of_the_cone_are_used_and_nothing_else(planted):
    key = recorded(planted.train, int(np.flatnonzero(planted.train.of(BOTH))[0]))
    cone = np.zeros(32, bool)
    cone[planted.train.layer("means").index((1, 1, 0))] = True
    rule = Beam(longest=2).learn(planted.train, planted.test, "means", BOTH, key, cone)
    assert {bound.unit for bound in rule.conjuncts} <= {(1, 1, 0)}
    assert not rule.notes["reached"] and rule.notes["warnings"][0].startswith("trust not reached: 90% was wanted")


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30), st.integers(0, 30)), max_size=30))
def test_a_front_holds_exactly_what_nothing_beats(triples):
    bound = Bound("l", (0,), ">=", 0.0)
    all_of_them = [Candidate((bound,) * size, hits, hits + wrong, 0.5) for size, hits, wrong in triples]

    def at_least(a, b):
        return len(a.bounds) <= len(b.bounds) and a.hits * b.n >= b.hits * a.n and a.hits >= b.hits

    kept = front(all_of_them)
    for one in all_of_them:
        assert any(at_least(other, one) for other in kept)
    for one in kept:
        assert not any(at_least(other, one) for other in kept if other is not one)


def test_a_front_offers_short_rules_and_precise_ones(planted):
    key = recorded(planted.train, int(np.flatnonzero(planted.train.of(BOTH))[0]))
    offered = Beam(trust=0.98).front(planted.train, planted.test, "means", BOTH, key)
    sizes = [len(rule.conjuncts) for rule in offered]
    assert sizes == sorted(sizes) and sizes[0] == 1 and sizes[-1] > 1
    assert offered[-1].train.precision > offered[0].train.precision
    assert offered[0].train.recall > offered[-1].train.recall


def test_errors_are_those_of_the_search(planted):
    key = recorded(planted.train, int(np.flatnonzero(planted.train.of(BOTH))[0]))
    with pytest.raises(ValueError, match="false for the image itself"):
        Beam().find(planted.train, "means", PredictsClass(1), key)
