"""Infidelity: nothing on the true map of a linear model, everything on an empty one, and equal to Captum."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.metrics.chance import smooth_noise
from seewhy.metrics.infidelity import Infidelity
from seewhy.targets import ClassScore

captum = pytest.importorskip("captum.metrics")


def ask(metric, known, values):
    return metric.measure(known.model, known.x, known.target, values)


def test_the_true_map_foretells_every_loss(known):
    found = ask(Infidelity(), known, known.values)
    assert found.value < 1e-9 and found.verdict == "better"
    assert ask(Infidelity(scaled=False), known, known.values).value < 1e-9


def test_the_weights_foretell_every_loss_as_slopes(known):
    weights = known.values / known.x[0, 0]
    assert ask(Infidelity(means="slopes", fill="grey"), known, weights).value < 1e-9
    assert ask(Infidelity(means="contributions", fill="grey"), known, weights).value > 0.1


def test_an_empty_map_leaves_everything_unexplained(known):
    assert ask(Infidelity(), known, torch.zeros(12, 12)).value == pytest.approx(1)


def test_only_the_shape_counts_where_the_map_is_scaled(known):
    values = smooth_noise((12, 12), 1, 1.0)[0]
    assert ask(Infidelity(), known, values).value == pytest.approx(ask(Infidelity(), known, 1e4 * values).value)
    assert ask(Infidelity(), known, values).value <= ask(Infidelity(scaled=False), known, values).value


def test_the_true_map_is_best_of_many(known):
    maps = torch.cat([known.values[None], *(smooth_noise((12, 12), 50, width) for width in (0, 1, 2))])
    scores = Infidelity().measure_many(known.model, known.x, known.target, maps)
    assert scores.argmin() == 0


def test_random_maps_score_at_chance(known):
    maps = smooth_noise((12, 12), 200, 1.0, seed=51).double()
    beats = [ask(Infidelity(samples=20, maps=19, seed=seed), known, one).beats for seed, one in enumerate(maps)]
    assert abs(np.mean(beats) - 0.5) < 3 * np.sqrt(1 / 12 / 200)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("means", ["contributions", "slopes"])
def test_it_is_captum_s_on_the_same_squares(means, scaled, residual, colours):
    x, values = colours[:1], smooth_noise((20, 24), 1, 1.0)[0].double()
    metric = Infidelity(samples=24, relative=False, scaled=scaled, means=means, fill="grey")
    squares = metric.squares((20, 24))

    def perturb(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pictures = torch.where(squares[:, None], torch.tensor(0.5), x)
        changes = squares[:, None].expand(-1, 3, -1, -1).float() if means == "contributions" else x - pictures
        return changes, pictures

    spread = values.float()[None, None].expand(1, 3, -1, -1) / (3 if means == "contributions" else 1)
    theirs = captum.infidelity(
        residual.scores, perturb, x, spread, target=2, n_perturb_samples=24, normalize=scaled
    )  # fmt: skip
    ours = metric.measure_many(residual, x, ClassScore(2), values[None])
    assert ours[0] == pytest.approx(float(theirs[0]), rel=2e-3)


def test_squares_are_inside_and_of_every_side():
    found = Infidelity(samples=500, largest=0.5).squares((10, 20))
    heights = found.any(2).sum(1)
    assert torch.equal(heights, found.any(1).sum(1))
    assert sorted(set(heights.tolist())) == [1, 2, 3, 4, 5]
    assert found.any(0).all()
    assert torch.equal(found, Infidelity(samples=500, largest=0.5).squares((10, 20)))
