"""The search against a judge: the definition, written down in plain Python, on thousands of small random cases."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from seewhy.inference.activations import Activations, LayerUnits
from seewhy.inference.activations.ranking import ranks
from seewhy.interpolants import greedy, rows
from seewhy.interpolants.keys import Key, recorded
from seewhy.interpolants.search import Search
from seewhy.predicates import Bound, Conjunction, Negation, PredictsClass


def judge(values, positive, inputs, units, alpha, gamma, mu):
    """The conjuncts (unit, op, threshold), image by image and unit by unit; values (N, U) lists of numbers."""
    pos = [v for v, p in zip(values, positive, strict=True) if p]
    neg = [v for v, p in zip(values, positive, strict=True) if not p]
    found, g = [], gamma
    while len(neg) > (1.0 - alpha) * (len(neg) + len(pos)) and g > 0.001:
        k, a = math.ceil(g * len(pos)), math.ceil(g * len(inputs))
        best = None
        for op in (">=", "<="):
            for u in units:
                if op == ">=":
                    q = sorted((v[u] for v in pos), reverse=True)[k - 1]
                    threshold = min(q, sorted((v[u] for v in inputs), reverse=True)[a - 1])
                    t, f = (sum(v[u] >= threshold for v in side) for side in (neg, pos))
                else:
                    q = sorted(v[u] for v in pos)[k - 1]
                    threshold = max(q, sorted(v[u] for v in inputs)[a - 1])
                    t, f = (sum(v[u] <= threshold for v in side) for side in (neg, pos))
                if best is None or Fraction(t, t + f) < best[0]:
                    best = (Fraction(t, t + f), u, op, threshold, t)
        _, u, op, threshold, t = best
        if t < len(neg):
            found.append((u, op, threshold))

            def keeps(v, u=u, op=op, threshold=threshold):
                return v[u] >= threshold if op == ">=" else v[u] <= threshold

            pos, neg, inputs = ([v for v in side if keeps(v)] for side in (pos, neg, inputs))
            g *= mu
        elif gamma == 1:  # the definition would go on for ever
            break
        else:
            g *= gamma
    return found, len(neg) <= (1.0 - alpha) * (len(neg) + len(pos))


def made(values, kind=np.float16):
    """A recording of one flat layer "l" from (N, U) numbers; class 0 or 1 by the scores added later."""
    stored = np.ascontiguousarray(np.array(values, kind).T) + kind(0)
    places = np.empty(stored.shape, np.uint16)
    ranks(stored, places)
    return LayerUnits("l", (len(stored),), stored, places)


def recording(values, positive, kind=np.float16):
    scores = np.where(np.array(positive, bool)[:, None], [1.0, 0.0], [0.0, 1.0]).astype(np.float32)
    return Activations("", "train", scores, None, {"l": made(values, kind)})


def key_of(inputs, kind=np.float16):
    values = np.array(inputs, kind) + kind(0)
    scores = np.tile(np.float32([1, 0]), (len(values), 1))
    return Key(scores, {"l": values}, {"l": values.shape[1:]})


few = st.sampled_from([-2.0, -0.5, 0.0, 0.25, 1.0, 3.0])  # many ties
many = st.integers(-2000, 2000).map(lambda n: n / 16)


@st.composite
def cases(draw):
    """Samples, inputs (from the sample or not, repeated or not) and settings."""
    numbers = draw(st.sampled_from([few, many]))
    units, images = draw(st.integers(1, 5)), draw(st.integers(1, 40))
    row = st.lists(numbers, min_size=units, max_size=units)
    values = draw(st.lists(row, min_size=images, max_size=images))
    positive = draw(st.lists(st.booleans(), min_size=images, max_size=images))
    assume(any(positive))
    inside = draw(st.booleans())
    places = draw(st.lists(st.integers(0, images - 1), min_size=1, max_size=4)) if inside else None
    inputs = [values[i] for i in places] if inside else draw(st.lists(row, min_size=1, max_size=4))
    chosen = draw(st.lists(st.booleans(), min_size=units, max_size=units))
    cone = np.array(chosen) if any(chosen) else None
    shares = st.sampled_from([0.05, 0.3, 0.5, 0.6, 0.9, 1.0])
    asked = Search(alpha=draw(st.sampled_from([0.0, 0.5, 0.9, 0.95, 1.0])), gamma=draw(shares), mu=draw(shares))
    return values, positive, places, inputs, cone, asked


@pytest.mark.parametrize(("first", "block", "held"), [(1, 8, 0), (3, 2**19, 20), (512, 8, 60), (512, 2**19, 2**28)])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_the_search_gives_the_conjuncts_of_the_definition(case, first, block, held, monkeypatch):
    values, positive, places, inputs, cone, asked = case
    monkeypatch.setattr(greedy, "FIRST", first)
    monkeypatch.setattr(greedy, "LIKELY", 1 if first < 512 else 4)
    monkeypatch.setattr(rows, "BLOCK", block)
    monkeypatch.setattr(rows, "HELD", held)
    sample = recording(values, positive)
    key = key_of(inputs) if places is None else recorded(sample, *places)
    key = Key(key_of(inputs).scores, key.units, key.shapes, key.places)  # the conclusion is true for each of them
    units = range(len(values[0])) if cone is None else np.flatnonzero(cone).tolist()
    expected, reached = judge(values, positive, inputs, units, asked.alpha, asked.gamma, asked.mu)
    premise, notes = asked.find(sample, "l", PredictsClass(0), key, cone)
    assert [(b.unit[0], b.op, b.threshold) for b in premise.parts] == expected
    assert notes["reached"] == reached
    assert [(s["t"], s["f"]) for s in notes["steps"]] == [
        tuple(
            int(sample.of(Conjunction(premise.parts[: i + 1]))[np.array(positive) == truth].sum()) for truth in (0, 1)
        )
        for i in range(len(expected))
    ]
    assert all(Conjunction((b,)).holds(key.scores, key.units).any() for b in premise.parts)


def correlated(images=3000, units=90, kind=np.float32, seed=0):
    """Values with something to find, ties at zero as behind a ReLU."""
    random = np.random.default_rng(seed)
    values = random.standard_normal((images, units)).astype(kind)
    positive = values[:, :6].sum(1) + random.standard_normal(images) > 2
    return np.maximum(values, 0), positive


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("held", [0, 90 * 500 * 2, 2**28])
@pytest.mark.parametrize("threads", [1, 2])
def test_larger_samples_agree_too(kind, threads, held, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", 20_000)
    monkeypatch.setattr(rows, "HELD", held)
    monkeypatch.setattr(greedy, "FIRST", 100)
    values, positive = correlated(kind=kind)
    sample, place = recording(values, positive, kind), int(np.flatnonzero(positive)[3])
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        premise, notes = Search().find(sample, "l", PredictsClass(0), recorded(sample, place))
    finally:
        torch.set_num_threads(before)
    lists = values.astype(np.float64).tolist()
    expected, reached = judge(lists, positive, [lists[place]], range(values.shape[1]), 0.95, 0.6, 0.9)
    assert [(b.unit[0], b.op, b.threshold) for b in premise.parts] == expected
    assert len(expected) >= 3 and notes["reached"] == reached


def test_on_equal_cost_the_lowest_unit_and_at_least_come_first():
    values = [[0, 0, 1], [0, 0, 1], [1, 1, 0], [1, 1, 0]]  # 0 and 1 are equal, 2 is their mirror
    sample = recording(values, [True, True, False, False])
    (bound,) = Search().find(sample, "l", PredictsClass(0), recorded(sample, 0))[0].parts
    assert bound == Bound("l", (2,), ">=", 1.0)


def test_no_positives_is_said_in_a_sentence():
    sample = recording([[0.0], [1.0]], [False, False])
    with pytest.raises(ValueError, match="true for none of 2 images"):
        Search().find(sample, "l", PredictsClass(0), key_of([[0.0]]))


def test_a_conclusion_that_is_false_for_the_image_is_refused():
    sample = recording([[0.0], [1.0]], [True, False])
    with pytest.raises(ValueError, match="false for the image itself"):
        Search().find(sample, "l", Negation(PredictsClass(0)), key_of([[0.0]]))


def test_without_negatives_everything_satisfies_the_rule():
    sample = recording([[0.0], [1.0]], [True, True])
    found = Search().learn(sample, sample, "l", PredictsClass(0), recorded(sample, 0))
    assert found.premise == Conjunction() and found.train.precision == 1.0 and found.notes["reached"]


def test_a_precision_that_cannot_be_reached_is_said():
    sample = recording([[0.0]] * 40, [True, False] * 20)
    found = Search().learn(sample, sample, "l", PredictsClass(0), recorded(sample, 0))
    assert found.premise == Conjunction()
    assert found.notes["warnings"] == [
        "alpha not reached: 95% precision was wanted on the training images, the best was 50.0%"
    ]


def test_a_rule_comes_with_its_worth_on_both_splits():
    values, positive = correlated(kind=np.float16)
    train, test = recording(values[:2000], positive[:2000]), recording(values[2000:], positive[2000:])
    place = int(np.flatnonzero(positive)[3])
    found = Search().learn(train, test, "l", PredictsClass(0), recorded(train, place))
    for split, counts in ((train, found.train), (test, found.test)):
        holds, true = split.of(found.premise), split.of(found.conclusion)
        assert (counts.n, counts.p, counts.total) == (holds.sum(), true.sum(), len(true))
        assert counts.f == (holds & ~true).sum()
    for bound, (a, b), value in zip(found.conjuncts, found.fractions, found.key_values, strict=True):
        assert value == values[place, bound.unit[0]] and bound.holds_for(np.array([value])).all()
        assert (a, b) == (train.of(bound).mean(), test.of(bound).mean())
    steps = found.notes["steps"]
    assert found.train.recall >= math.prod(step["gamma"] for step in steps)
    assert (steps[-1]["t"], steps[-1]["t"] + steps[-1]["f"]) == (found.train.f, found.train.n)


def test_an_ensemble_joins_seeded_runs_on_random_parts():
    values, positive = correlated(kind=np.float16)
    sample = recording(values, positive)
    key = recorded(sample, int(np.flatnonzero(positive)[3]))

    def units(**settings):
        premise, notes = Search(**settings).find(sample, "l", PredictsClass(0), key)
        return [b.unit[0] for b in premise.parts], premise, notes

    first, premise, notes = units(ensemble=3, seed=1)
    assert premise == units(ensemble=3, seed=1)[1] != units(ensemble=3, seed=2)[1]
    random = np.random.default_rng(1)
    parts = [np.sort(random.choice(90, 30, replace=False)) for _ in range(3)]
    lists, inputs = values.astype(np.float64).tolist(), [key.units["l"][0].astype(float).tolist()]
    expected = [c for p in parts for c in judge(lists, positive, inputs, p.tolist(), 0.95, 0.6, 0.9)[0]]
    assert first == [unit for unit, _, _ in dict.fromkeys(expected)]
    assert notes["candidates"] == 90


def test_only_units_of_the_cone_are_used():
    values, positive = correlated(kind=np.float16)
    sample, cone = recording(values, positive), np.arange(90) % 3 == 1
    premise, notes = Search().find(
        sample, "l", PredictsClass(0), recorded(sample, int(np.flatnonzero(positive)[3])), cone
    )
    assert premise.parts and all(b.unit[0] % 3 == 1 for b in premise.parts) and notes["candidates"] == 30
    for wrong, message in ((cone[:5], "each of 90 units"), (~np.ones(90, bool), "no unit of 'l'")):
        with pytest.raises(ValueError, match=message):
            Search().find(sample, "l", PredictsClass(0), recorded(sample, 0), wrong)


def test_a_larger_sample_than_asked_for_is_refused():
    sample = recording([[0.0], [1.0]], [True, False])
    with pytest.raises(ValueError, match="record that many"):
        Search(size=1).find(sample, "l", PredictsClass(0), recorded(sample, 0))
