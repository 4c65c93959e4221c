"""A chain explains every bound it finds, inside that bound's cone, and is measured as a whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.datasets.base import ImageSet
from seewhy.inference.activations import record
from seewhy.interpolants.base import Box
from seewhy.interpolants.chains import Chain, chain
from seewhy.interpolants.keys import forwarded, recorded
from seewhy.interpolants.regions import Cones
from seewhy.interpolants.search import Search
from seewhy.predicates import Bound, PredictsClass

SEARCH = Search(alpha=0.95, gamma=0.7, size=800)


class Noise(ImageSet):
    """Random colours, the same for every run."""

    name = title = "noise"
    about = "made up"
    labels = ("?",)
    splits = ("train", "test")
    shape = (3, 20, 24)

    def size(self, split):
        return {"train": 600, "test": 300}[split]

    def pixels(self, split):
        random = np.random.default_rng(self.splits.index(split))
        base = random.integers(0, 256, (self.size(split), 5, 6, 3))
        return base.repeat(4, 1).repeat(4, 2).astype(np.uint8)

    def truth(self, split):
        return np.zeros(self.size(split), np.int64)


@pytest.fixture
def found(planted) -> Chain:
    place = int(np.flatnonzero(planted.train.of(PredictsClass(0)))[0])
    key = recorded(planted.train, place)
    cones = Cones(planted.model)
    return chain(SEARCH, planted.train, planted.test, ["corners", "means", "light"], PredictsClass(0), key, cones)


def test_the_reasons_are_the_planted_ones(found):
    assert [bound.unit for bound in found.root.rule.conjuncts] == [(0,)]
    (means,) = found.root.below
    assert {bound.unit[:2] for bound in means.rule.conjuncts} == {(0, 0), (3, 3)}
    assert set(means.rule.regions) == {Box(0, 0, 1, 1), Box(6, 6, 7, 7)}
    for bound, link in zip(means.rule.conjuncts, means.below, strict=True):
        top, left = 2 * bound.unit[0], 2 * bound.unit[1]
        assert link.rule.conclusion == bound
        for pixel in link.rule.conjuncts:
            assert pixel.unit[0] in (top, top + 1) and pixel.unit[1] in (left, left + 1), "outside of the cone"


def test_the_whole_is_measured_against_the_first_conclusion(found, planted):
    lowest = found.root.lowest
    assert {bound.layer for bound in lowest} == {"light"}
    for level, split in ((found.train, planted.train), (found.test, planted.test)):
        holds = np.logical_and.reduce([split.of(bound) for bound in lowest])
        truth = split.of(PredictsClass(0))
        assert (level.n, level.f, level.p) == (holds.sum(), (holds & ~truth).sum(), truth.sum())
    assert [level.layer for level in found.levels] == ["corners", "means", "light"]
    product = 1.0
    for link in found.root:
        product *= link.rule.test.precision
    assert found.test.precision >= product, "errors overlap"
    assert found.levels[0].test == found.root.rule.test


def test_the_key_satisfies_every_rule(planted, found):
    place = int(np.flatnonzero(planted.train.of(PredictsClass(0)))[0])
    for link in found.root:
        assert planted.train.of(link.rule.premise)[place]
        for bound, value in zip(link.rule.conjuncts, link.rule.key_values, strict=True):
            assert value == pytest.approx(float(planted.train.row(bound)[place]))


def test_a_chain_survives_json(found):
    again = Chain.from_json(found.to_json())
    assert again.describe() == found.describe()
    assert again.root.lowest == found.root.lowest
    assert found.describe()["rules"] == len(list(found.root))
    with pytest.raises(ValueError, match="not a saved chain"):
        Chain.from_json(b"[]")


def test_what_cannot_be_explained_stays_and_says_why(planted):
    key = recorded(planted.train, int(np.flatnonzero(planted.train.of(PredictsClass(0)))[0]))
    cones = Cones(planted.model)
    beside = Bound("light", (0, 0, 0), ">=", -5.0)
    with pytest.raises(ValueError, match="highest to the lowest"):
        chain(SEARCH, planted.train, planted.test, ["light", "means"], beside, key, cones)
    with pytest.raises(ValueError, match="at least one layer"):
        chain(SEARCH, planted.train, planted.test, [], beside, key, cones)
    with pytest.raises(LookupError, match="no layer 'top'"):
        chain(SEARCH, planted.train, planted.test, ["top"], beside, key, cones)
    with pytest.raises(LookupError, match="was not recorded"):
        chain(SEARCH, planted.train, planted.test, ["corners", "flat"], PredictsClass(0), key, cones)


def test_a_residual_net_is_explained_down_to_its_stem(residual, tmp_path):
    """The conjuncts of a rule are explained in its cone below, through the way around too."""
    data = Noise()
    layers = ["down", "norm", "stem"]
    train, test = (record(residual, data, split, layers, folder=tmp_path) for split in data.splits)
    x = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(7))
    conclusion = PredictsClass(int(residual.scores(x).argmax()))
    key, cones = forwarded(residual, x, train), Cones(residual)
    found = chain(Search(alpha=0.9, gamma=0.7, size=600), train, test, layers, conclusion, key, cones)
    assert cones.notes == {"cones": "traced"}
    kept = residual.activations(x, layers)[1]
    for link in found.root:
        for bound in link.rule.conjuncts:
            value = float(kept[bound.layer][0, bound.unit[2], bound.unit[0], bound.unit[1]])
            assert bound.holds_for(np.array([value + (0.01 if bound.op == ">=" else -0.01)])).all()
        for below in link.below:
            if below is not None:
                upper = below.rule.conclusion
                seen = cones.units(upper.layer, upper.unit, below.rule.layer)
                layer = train.layer(below.rule.layer)
                assert all(seen[layer.index(bound.unit)] for bound in below.rule.conjuncts)
