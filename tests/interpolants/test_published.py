"""The published explanation, replayed with the published model and data: the same conjuncts, counts and pixels."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.interpolants.keys import forwarded, recorded
from seewhy.interpolants.regions import Cones
from seewhy.interpolants.search import Search
from seewhy.predicates import Bound, PredictsClass

pytestmark = pytest.mark.slow

POOLS = ("6", "14")  # the first and the second max-pooling
AIRPLANE = PredictsClass(0)
KEY = 80  # of the training images; labelled cat, predicted airplane
CONJUNCTS = [  # (row, column, channel), side, threshold, and the pixels it sees: rows and columns, inclusive
    ((0, 4, 25), "<=", -0.69624305, (0, 9), (10, 25)),
    ((5, 0, 44), ">=", 1.063251, (14, 29), (0, 9)),
    ((6, 3, 62), ">=", 0.53659225, (18, 31), (6, 21)),
    ((4, 6, 34), ">=", 3.1080968, (10, 25), (18, 31)),
    ((4, 7, 8), ">=", -0.6518301, (10, 25), (22, 31)),
]


@pytest.fixture(scope="module")
def rule(recordings):
    train, test = recordings["train"], recordings["test"]
    return Search().learn(train, test, POOLS[1], AIRPLANE, recorded(train, KEY))


@pytest.fixture(scope="module")
def cones(published):
    return Cones(published)


def test_images_are_normalised_by_what_the_training_images_are(published, cifar10):
    times = sum(np.bincount(part.reshape(-1), minlength=256) for part in np.split(cifar10.pixels("train"), 50))
    values = np.arange(256)
    mean = np.average(values, weights=times)
    std = np.average((values - mean) ** 2, weights=times) ** 0.5
    assert published.mean.flatten()[0] * 255 == pytest.approx(mean, rel=1e-6)
    assert published.std.flatten()[0] * 255 == pytest.approx(std + 1e-7, rel=1e-6)


def test_as_many_images_are_predicted_airplanes(recordings, cifar10):
    counts = [int(recordings[split].of(AIRPLANE).sum()) for split in ("train", "test")]
    assert counts == [pytest.approx(1954, abs=1), pytest.approx(980, abs=1)]
    first = recordings["train"].of(AIRPLANE).nonzero()[0][:50]
    assert cifar10.labels[cifar10.truth("train")[first[5]]] == "cat" and first[5] == KEY


def test_the_conjuncts_are_the_published_ones(rule):
    assert [(b.unit, b.op) for b in rule.conjuncts] == [(unit, op) for unit, op, *_ in CONJUNCTS]
    assert [b.threshold for b in rule.conjuncts] == pytest.approx([t for _, _, t, *_ in CONJUNCTS], abs=1e-4)


def test_the_counts_are_the_published_ones(rule):
    for counts, (f, n, p, precision, recall) in (
        (rule.train, (1, 67, 1954, 0.98507, 0.03378)),
        (rule.test, (5, 39, 980, 0.87179, 0.03469)),
    ):
        assert [counts.f, counts.n, counts.p] == [pytest.approx(c, abs=1) for c in (f, n, p)]
        assert counts.precision == pytest.approx(precision, abs=1e-4)
        assert counts.recall == pytest.approx(recall, abs=1e-4)
    assert rule.notes["reached"] and rule.notes["warnings"] == []


def test_each_conjunct_sees_the_published_pixels(cones):
    for unit, _, _, rows, columns in CONJUNCTS:
        box = cones.box(POOLS[1], unit)
        assert ((box.top, box.bottom), (box.left, box.right)) == (rows, columns)


def test_a_unit_sees_six_by_six_places_below(cones):
    assert cones.units(POOLS[1], (4, 4, 0), POOLS[0]).sum() == 6 * 6 * 32
    box = cones.box(POOLS[0], (8, 8, 0))
    assert (box.bottom - box.top + 1, box.right - box.left + 1) == (6, 6)


@pytest.mark.parametrize(("number", "precision", "within"), [(1, 0.976, 1e-3), (3, 0.98, 6e-3)])
def test_conjuncts_are_explained_one_layer_below(rule, recordings, cones, number, precision, within):
    train, test = recordings["train"], recordings["test"]
    bound = rule.conjuncts[number]
    cone = cones.units(POOLS[1], bound.unit, POOLS[0])
    found = Search().learn(train, test, POOLS[0], bound, recorded(train, KEY), cone)
    assert found.test.precision == pytest.approx(precision, abs=within)
    assert all(cone[train.layer(POOLS[0]).index(b.unit)] for b in found.conjuncts)


def test_the_same_picture_from_a_file_gives_the_same_rule(rule, recordings, published, cifar10):
    train, test = recordings["train"], recordings["test"]
    key = forwarded(published, published.prepare(cifar10.sample("train", KEY).image), train)
    again = Search().learn(train, test, POOLS[1], AIRPLANE, key)
    assert [(b.unit, b.op) for b in again.conjuncts] == [(b.unit, b.op) for b in rule.conjuncts]
    assert [b.threshold for b in again.conjuncts] == pytest.approx([b.threshold for b in rule.conjuncts], abs=1e-4)
    assert isinstance(again.conjuncts[0], Bound)
