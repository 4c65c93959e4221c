"""Mass in region and the pointing game: known answers, the true mask best, random maps at chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.metrics.chance import smooth_noise
from seewhy.metrics.mass import MassInRegion
from seewhy.metrics.pointing import PointingGame

METRICS = [MassInRegion(), MassInRegion(counts="size"), PointingGame()]


def ask(metric, known, values, **settings):
    return metric.model_copy(update=settings).measure(known.model, known.x, known.target, values, mask=known.mask)


def test_mass_is_the_share_inside(known):
    values = torch.zeros(12, 12)
    values[3, 6], values[0, 0], values[11, 11] = 3.0, 1.0, -4.0
    assert ask(MassInRegion(), known, values).value == pytest.approx(0.75)
    assert ask(MassInRegion(counts="size"), known, values).value == pytest.approx(3 / 8)


def test_a_map_without_strength_has_the_share_of_the_region(known):
    assert ask(MassInRegion(), known, torch.zeros(12, 12)).value == pytest.approx(16 / 144)
    assert ask(MassInRegion(), known, torch.ones(12, 12)).value == pytest.approx(16 / 144)


def test_pointing_asks_the_strongest_pixel_only(known):
    values = torch.zeros(12, 12)
    values[1, 6] = 1.0
    assert ask(PointingGame(), known, values).value == 0
    assert ask(PointingGame(tolerance=1), known, values).value == 1
    values[2, 6] = 1.5
    assert ask(PointingGame(), known, values).value == 1


def test_equal_maxima_share_the_hit(known):
    assert ask(PointingGame(), known, torch.zeros(12, 12)).value == pytest.approx(16 / 144)


@pytest.mark.parametrize("metric", METRICS)
def test_the_true_mask_scores_best(metric, known):
    others = torch.cat([smooth_noise((12, 12), 100, width) for width in (0, 1, 3)]).double()
    maps = torch.cat([known.mask.double()[None], others])
    scores = metric.measure_many(known.model, known.x, known.target, maps, mask=known.mask)
    assert scores[0] == 1 and scores[0] >= scores.max()
    assert ask(metric, known, known.mask.double()).beats > 0.9


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("width", [0.0, 1.5])
def test_random_maps_score_at_chance(metric, width, known):
    maps = smooth_noise((12, 12), 200, width, seed=21).double()
    beats = np.array([ask(metric, known, one, maps=19, seed=seed).beats for seed, one in enumerate(maps)])
    assert abs(beats.mean() - 0.5) < 3 * np.sqrt(1 / 12 / 200)


def test_without_a_mask_it_says_what_to_pass(known):
    with pytest.raises(ValueError, match="pass mask="):
        MassInRegion().measure(known.model, known.x, known.target, known.values)
    with pytest.raises(ValueError, match="got none or all of it"):
        MassInRegion().measure(known.model, known.x, known.target, known.values, mask=torch.ones(12, 12))
