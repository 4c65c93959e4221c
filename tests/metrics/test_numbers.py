"""Sparseness and the completeness gap: known answers, laws, and random maps at chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.metrics.chance import smooth_noise, with_random_means
from seewhy.metrics.completeness import CompletenessGap
from seewhy.metrics.sparseness import Sparseness


def ask(metric, known, values, **settings):
    return metric.model_copy(update=settings).measure(known.model, known.x, known.target, values)


def test_sparseness_is_zero_for_a_flat_map_and_nearly_one_for_a_single_pixel(known):
    single = torch.zeros(12, 12)
    single[3, 4] = -2.0
    assert ask(Sparseness(), known, torch.full((12, 12), 0.3)).value == pytest.approx(0, abs=1e-12)
    assert ask(Sparseness(), known, single).value == pytest.approx(1 - 1 / 144)
    assert ask(Sparseness(), known, torch.zeros(12, 12)).value == 0


def test_sparseness_is_half_the_relative_mean_difference(known):
    values = smooth_noise((12, 12), 1, 1.0)[0].double()
    sizes = values.abs().flatten()
    expected = (sizes[:, None] - sizes).abs().mean() / (2 * sizes.mean())
    assert ask(Sparseness(), known, values).value == pytest.approx(float(expected))
    assert ask(Sparseness(), known, values * -7).value == pytest.approx(float(expected))


def test_the_gap_of_the_true_map_is_nothing_and_better_than_chance(known):
    found = ask(CompletenessGap(), known, known.values)
    assert found.value < 1e-6
    assert found.verdict == "better"
    assert found.notes["sum"] == pytest.approx(found.notes["brought"], rel=1e-5)


def test_half_the_map_leaves_half_the_score_open(known):
    assert ask(CompletenessGap(), known, known.values / 2).value == pytest.approx(0.5, abs=1e-6)
    assert ask(CompletenessGap(), known, torch.zeros(12, 12)).value == pytest.approx(1)
    assert ask(CompletenessGap(), known, -known.values).value == pytest.approx(2, abs=1e-6)


def test_the_gap_asks_about_its_own_baseline(known):
    white = known.values - known.values / known.x[0, 0]  # w · (x − 1)
    assert ask(CompletenessGap(baseline="white"), known, white).value < 1e-5
    assert ask(CompletenessGap(), known, white).value > 0.5


def test_random_sums_are_spread_about_zero():
    values = smooth_noise((16, 16), 1, 2.0)[0].double() + 5
    sums = with_random_means(values, 500).sum((1, 2))
    waves = torch.fft.fft2(values).abs()
    assert abs(sums.mean()) < 4 * sums.std() / np.sqrt(500)
    assert sums.std() == pytest.approx(float(torch.stack([waves[0, 1], waves[1, 0]]).square().mean().sqrt()), rel=0.1)


@pytest.mark.parametrize("width", [0.0, 1.5])
@pytest.mark.parametrize("metric", [Sparseness(), CompletenessGap()])
def test_random_maps_score_at_chance(metric, width, known):
    maps = with_random_means(smooth_noise((12, 12), 1, width, seed=31)[0].double(), 200, seed=1000)
    beats = np.array([ask(metric, known, one, maps=19, seed=seed).beats for seed, one in enumerate(maps)])
    assert abs(beats.mean() - 0.5) < 3 * np.sqrt(1 / 12 / 200)
