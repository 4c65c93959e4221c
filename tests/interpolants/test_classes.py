"""The rules of a class cover it, one after the other, and are counted together."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.interpolants.classes import Cover
from seewhy.interpolants.refine import Refine
from seewhy.interpolants.search import Search
from seewhy.predicates import Bound, PredictsClass

COVER = Cover(search=Search(alpha=0.9, gamma=0.7, size=800), rules=6, coverage=0.95, tries=3)


@pytest.fixture(scope="module")
def found(planted):
    return COVER(planted.train, planted.test, "means", PredictsClass(0))


def test_each_rule_covers_more_and_all_name_the_planted_squares(found):
    covered = [joint.train.recall for joint in found.curve]
    assert covered == sorted(set(covered)), "a rule that covers nothing new is not taken"
    assert covered[-1] > 0.8
    for rule in found.rules:
        assert {bound.unit[:2] for bound in rule.conjuncts} == {(0, 0), (3, 3)}
        assert rule.train.precision >= 0.9


def test_the_curve_counts_images_that_satisfy_any_rule(found, planted):
    for number, joint in enumerate(found.curve, start=1):
        for counts, split in zip(joint, (planted.train, planted.test), strict=True):
            truth = split.of(found.conclusion)
            holds = np.logical_or.reduce([split.of(rule.premise) for rule in found.rules[:number]])
            assert (counts.n, counts.f) == (holds.sum(), (holds & ~truth).sum())
            assert (counts.p, counts.total) == (truth.sum(), split.count)
    assert found.curve[0].test == found.rules[0].test


def test_keys_belong_to_the_class_and_satisfy_their_rules(found, planted):
    for key, rule in zip(found.keys, found.rules, strict=True):
        assert planted.train.of(found.conclusion)[key]
        assert planted.train.of(rule.premise)[key]
        assert rule.image == f"train/{key}"


def test_the_same_seed_gives_the_same_rules_and_refining_covers_faster(found, planted):
    again = COVER(planted.train, planted.test, "means", PredictsClass(0))
    assert [str(rule.premise) for rule in again.rules] == [str(rule.premise) for rule in found.rules]
    refined = COVER.model_copy(update={"refine": Refine()})(planted.train, planted.test, "means", PredictsClass(0))
    assert refined.curve[0].train.recall >= found.curve[0].train.recall
    assert refined.describe()["settings"]["refine"] == {"keep": "trust", "drop": True, "widen": True}


def test_imprecise_rules_are_refused_and_counted(planted):
    strict = Cover(search=Search(alpha=1.0, gamma=0.99, mu=1.0, size=800), rules=2, tries=2)
    blind = strict(planted.train, planted.test, "light", Bound("means", (1, 1, 0), ">=", 0.99))
    assert blind.notes["searches"] >= blind.notes["too_imprecise"]
    for rule in blind.rules:
        assert rule.train.precision == 1.0


def test_nothing_to_cover_is_an_error(planted):
    with pytest.raises(ValueError, match="true for none of 800 images"):
        COVER(planted.train, planted.test, "means", Bound("means", (0, 0, 0), ">=", 99.0))
