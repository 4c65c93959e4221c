"""Where the reasons are known, keeping, moving and forcing them does what it must, and random rules do not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.causal import Causal, pushed, reader, violated
from seewhy.interpolants.controls import control
from seewhy.interpolants.keys import forwarded
from seewhy.interpolants.telling import count
from seewhy.predicates import Bound, Conjunction, PredictsClass

BOTH = (Bound("means", (0, 0, 0), ">=", 0.75), Bound("means", (3, 3, 0), ">=", 0.75))


def rule_of(planted, bounds=BOTH, conclusion=None):
    conclusion = conclusion or PredictsClass(0)
    premise = Conjunction(bounds)
    counts = (count(split, premise, conclusion) for split in (planted.train, planted.test))
    return Interpolant("means", conclusion, premise, *counts, labels=planted.model.labels)


@pytest.fixture(scope="module")
def key(planted):
    places = np.flatnonzero(planted.test.of(Conjunction(BOTH)) & planted.test.of(PredictsClass(0)))
    return planted.images(places[:1])


@pytest.fixture(scope="module")
def found(planted, key):
    causal = Causal(images=60, draws=8)
    return causal(rule_of(planted), planted.model, key, planted.train, planted.test, planted.images)


def test_the_planted_corners_are_enough_and_needed(found):
    for name in ("keep on grey", "keep on other", "transplant", "push"):
        trial = found[name]
        assert trial.rule.share == 1.0, name
        assert trial.rule.trials > 20, name
        assert trial.control.share < 0.6, name
        assert trial.rule.interval.low > trial.control.interval.high, name
        assert trial.without.share < 0.2, name
    blurred = found["keep on blur"]
    assert blurred.rule.share == 1.0
    assert blurred.without.share > 0.5, "a blurred corner stays bright: what is kept explains little there"
    assert found["violate"].rule.share == 0.0 and found["violate"].control.share > 0.5
    assert found["violate"].without.share == 1.0
    assert found["push"].without.hits == found["transplant"].without.hits == 0


def test_controls_look_like_the_rule(planted, key, found):
    rule, held = rule_of(planted), forwarded(planted.model, key, planted.train)
    random = np.random.default_rng(3)
    for _ in range(10):
        bounds = control(planted.train, "means", 2, rule.train.n, held, random)
        n = int(planted.train.of(Conjunction(bounds)).sum())
        assert rule.train.n / 1.5 <= n <= rule.train.n * 1.5
        assert held.of(Conjunction(bounds)).all(), "true of the image itself"
        assert len({bound.unit for bound in bounds}) == 2
    assert len(found.controls) == len(set(found.controls)) == 8
    assert found.covered[0] == pytest.approx(8 / 64)
    assert len(found.covered[1]) == 8


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_pushing_is_the_smallest_edit_that_makes_all_bounds_true(dtype):
    output = torch.rand(50, 2, 4, 4, dtype=dtype, generator=torch.Generator().manual_seed(0))
    bounds = (Bound("means", (1, 2, 0), ">=", 0.6000001), Bound("means", (0, 3, 1), "<=", 0.3))
    after = pushed(bounds)(output.clone())
    for bound in bounds:
        assert bound.holds_for(bound.value(after.numpy())).all()
    changed = after != output
    already = np.logical_or(*(bound.holds_for(bound.value(output.numpy())) for bound in bounds))
    assert changed.sum() == sum(int((~b.holds_for(b.value(output.numpy()))).sum()) for b in bounds)
    assert already.any(), "some needed no edit"
    torch.testing.assert_close(after[:, 0, 1, 2], output[:, 0, 1, 2].clamp(min=0.6), atol=1e-6, rtol=0)


def test_violating_makes_every_bound_false_by_the_smallest_edit():
    output = torch.rand(50, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    bounds = (Bound("means", (1, 2, 0), ">=", 0.6), Bound("means", (0, 3, 1), "<=", 0.3))
    after = violated(bounds)(output.clone())
    for bound in bounds:
        assert not bound.holds_for(bound.value(after.numpy())).any()
        assert (bound.value(after.numpy()) - bound.threshold).max() < 0.71
    assert float((after - output).abs()[:, 0, 1, 2].max()) <= 0.4 + 1e-6


def test_conclusions_about_units_and_reproducible_draws(planted, key, found):
    bound = Bound("corners", (0,), ">=", -0.01)
    rule = rule_of(planted, conclusion=bound)
    causal = Causal(fills=("grey",), images=20, draws=3)
    one, two = (
        causal(rule, planted.model, key, planted.train, planted.test, planted.images).describe() for _ in range(2)
    )
    assert one == two
    assert [trial["name"] for trial in one["trials"]] == ["keep on grey", "transplant", "push", "violate"]
    assert one["trials"][2]["rule"]["share"] == 1.0
    assert 0 < one["trials"][2]["chance"] <= 1


def test_the_model_is_as_before(planted, key, found):
    with torch.no_grad():
        before = planted.model.scores(key)
        planted.model.edited(key, "means", pushed(BOTH))
        with pytest.raises(ZeroDivisionError):
            planted.model.edited(key, "means", lambda y: 1 / 0)
        assert torch.equal(planted.model.scores(key), before)
    assert not any(m._forward_hooks for m in planted.model.module.modules())


def test_a_trial_without_images_has_no_share(planted, key):
    always = rule_of(planted, conclusion=Bound("corners", (0,), ">=", -9.0))
    read = reader(planted.model, planted.data, "test")
    torch.testing.assert_close(read(np.array([3, 1])), planted.images(np.array([3, 1])))
    found = Causal(images=10, draws=2)(always, planted.model, key, planted.train, planted.test, read)
    assert found["keep on other"].rule.trials == found["transplant"].rule.trials == found["push"].rule.trials == 0
    assert found["transplant"].rule.share is None and found["transplant"].describe()["rule"]["interval"] is None
    assert found["keep on grey"].rule.share == 1.0


def test_errors_say_what_to_do(planted, key):
    with pytest.raises(ValueError, match="the rule 'true' names nothing"):
        Causal()(rule_of(planted, ()), planted.model, key, planted.train, planted.test, planted.images)
    causal = Causal(fills=("grey",), images=5, draws=1)
    found = causal(rule_of(planted), planted.model, key, planted.train, planted.test, planted.images)
    with pytest.raises(LookupError, match="no trial 'burn'; there are keep on grey"):
        found["burn"]
