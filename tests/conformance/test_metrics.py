"""What every metric must keep, whatever it asks; a new metric is tested here without a line more."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from seewhy import catalog
from seewhy.explainers.input_x_gradient import InputXGradient
from seewhy.metrics.base import Metric
from seewhy.metrics.chance import smooth_noise
from seewhy.metrics.results import Measurement
from seewhy.targets import ClassScore

SIZE = (20, 24)
MAPS = smooth_noise(SIZE, 4, 1.0, seed=2).double()


@pytest.fixture(params=sorted(catalog.metrics()))
def metric(request: pytest.FixtureRequest) -> Metric:
    """Every metric with its defaults, and few random maps."""
    return catalog.metric(request.param)(maps=5)


def known(metric: Metric) -> dict[str, Any]:
    """What the metric may ask to know."""
    mask = torch.zeros(SIZE)
    mask[4:10, 5:12] = 1
    return {"mask": mask, "recipe": InputXGradient(), "others": [MAPS[3]]}


def ask(metric: Metric, model: Any, x: torch.Tensor, values: Any = MAPS[0]) -> Measurement:
    return metric.measure(model, x, ClassScore(2), values, **known(metric))


def test_scores_are_finite_and_come_beside_chance(metric, residual, colours):
    found = ask(metric, residual, colours[:1])
    assert np.isfinite([found.value, *found.chances, found.margin]).all()
    assert len(found.chances) == 5
    assert found.metric == metric.name and found.sentence.startswith(metric.title)
    assert json.loads(json.dumps(found.describe(), allow_nan=False))["value"] == found.value


def test_the_same_seed_gives_the_same_measurement(metric, residual, colours):
    one, two = (ask(metric, residual, colours[:1]).describe() | {"seconds": 0} for _ in range(2))
    assert one == two
    other = ask(metric.model_copy(update={"seed": 7}), residual, colours[:1])
    assert other.chances.tolist() != ask(metric, residual, colours[:1]).chances.tolist() or metric.needs_mask


def test_many_maps_are_judged_as_one_by_one(metric, residual, colours):
    more = known(metric)
    together = metric.score(metric.case(residual, colours[:1], ClassScore(2), **more), MAPS).values
    alone = [ask(metric, residual, colours[:1], one).value for one in MAPS]
    np.testing.assert_allclose(together.numpy(), alone, rtol=1e-4, atol=1e-5)


def test_a_map_of_zeros_has_a_score(metric, residual, colours):
    assert np.isfinite(ask(metric, residual, colours[:1], torch.zeros(SIZE)).value)


def test_channels_are_added_up(metric, residual, colours):
    parts = torch.stack([MAPS[0] - MAPS[1], MAPS[1], torch.zeros(SIZE).double()])
    whole, sums = (ask(metric, residual, colours[:1], values).value for values in (MAPS[0], parts))
    assert sums == pytest.approx(whole, rel=1e-6)


def test_the_picture_and_the_model_are_not_changed(metric, residual, colours):
    before, print_before = colours.clone(), residual.fingerprint
    residual.module.train()
    ask(metric, residual, colours[:1])
    assert torch.equal(colours, before) and residual.module.training and residual.fingerprint == print_before
    assert all(parameter.grad is None for parameter in residual.module.parameters())
    assert not any(module._forward_hooks for module in residual.module.modules())


def test_it_says_what_it_is(metric):
    facts = catalog.describe_metric(type(metric))
    assert facts["better"] in ("higher", "lower", "chance")
    assert facts["formula_mathml"].startswith("<math") and facts["formula_mathml"].endswith("</math>")
    assert facts["limits"] and facts["unit"] and facts["link"].startswith("https://")
    assert all(field["description"] for field in facts["settings"]["properties"].values())


def test_another_package_adds_a_metric_by_its_entry_point(monkeypatch):
    class Mean(catalog.metric("sparseness")):
        """Another."""

        name = "mean"

    class Entry:
        def load(self):
            return Mean

    monkeypatch.setattr(catalog, "entry_points", lambda group: [Entry()] if group == "seewhy.metrics" else [])
    catalog.metrics.cache_clear()
    try:
        assert catalog.metric("mean") is Mean
    finally:
        monkeypatch.undo()
        catalog.metrics.cache_clear()
