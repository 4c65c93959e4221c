"""Deletion and insertion: known answers on a linear model, the true map best, random maps at chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy import catalog
from seewhy.metrics.chance import smooth_noise
from seewhy.metrics.deletion import Deletion
from seewhy.metrics.flipping import counts, ranks
from seewhy.metrics.insertion import Insertion

WHOLE = {"steps": 144, "output": "logit", "fill": "black"}


def test_deletion_of_a_linear_model_is_what_is_left_of_the_sum(known):
    found = Deletion(**WHOLE).measure(known.model, known.x, known.target, known.values)
    falling = known.values.flatten().sort(descending=True).values.double()
    left = falling.sum() - torch.cat([torch.zeros(1), falling.cumsum(0)])
    assert found.curve is not None
    np.testing.assert_allclose(found.curve.scores, left, atol=1e-5)
    assert found.value == pytest.approx(float(torch.trapezoid(left, torch.linspace(0, 1, 145).double())), abs=1e-6)


def test_insertion_of_a_linear_model_is_what_has_come_of_the_sum(known):
    found = Insertion(**WHOLE).measure(known.model, known.x, known.target, known.values)
    falling = known.values.flatten().sort(descending=True).values.double()
    come = torch.cat([torch.zeros(1).double(), falling.cumsum(0)])
    assert found.curve is not None
    np.testing.assert_allclose(found.curve.scores, come, atol=1e-5)


@pytest.mark.parametrize("metric", [Deletion(**WHOLE), Insertion(**WHOLE)])
def test_the_true_map_beats_every_other(metric, known):
    others = torch.cat([smooth_noise((12, 12), 50, width) for width in (0, 1, 2)]).double()
    scores = metric.measure_many(known.model, known.x, known.target, torch.cat([known.values[None], others]))
    best = scores.argmin() if metric.better == "lower" else scores.argmax()
    assert best == 0
    found = metric.measure(known.model, known.x, known.target, known.values)
    assert found.verdict == "better" and found.beats == 1 and "better than chance by" in found.sentence
    assert metric.measure(known.model, known.x, known.target, -known.values).verdict == "worse"


@pytest.mark.parametrize("metric", [Deletion, Insertion])
@pytest.mark.parametrize("width", [0.0, 1.5])
def test_random_maps_score_at_chance(metric, width, known):
    maps = smooth_noise((12, 12), 200, width, seed=11).double()
    recipe = metric(steps=12, maps=19, output="logit", fill="black")
    found = [recipe.model_copy(update={"seed": seed}).measure(known.model, known.x, known.target, one)
             for seed, one in enumerate(maps)]  # fmt: skip
    beats = np.array([one.beats for one in found])
    assert abs(beats.mean() - 0.5) < 3 * np.sqrt(1 / 12 / 200)  # uniform from 0 to 1
    outside = np.mean([one.verdict != "like chance" for one in found])
    assert outside < 0.1 + 3 * np.sqrt(0.1 * 0.9 / 200)  # one of twenty on either side


@pytest.mark.parametrize(
    "metric", [Deletion(patch=3), Insertion(steps=7), Deletion(fill="blur"), Deletion(fill="mean")]
)
def test_many_maps_at_once_are_as_one_by_one(metric, known):
    maps = smooth_noise((12, 12), 6, 1.0).double()
    together = metric.measure_many(known.model, known.x, known.target, maps)
    alone = [metric.measure(known.model, known.x, known.target, one).value for one in maps]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_same_seed_gives_the_same_scores(known):
    first, second = (Deletion(seed=3).measure(known.model, known.x, known.target, known.values) for _ in range(2))
    assert first.describe() | {"seconds": 0} == second.describe() | {"seconds": 0}
    other = Deletion(seed=4).measure(known.model, known.x, known.target, known.values)
    assert (other.chances != first.chances).any()


def test_a_map_without_an_order_scores_at_chance(known):
    found = Deletion().measure(known.model, known.x, known.target, torch.zeros(12, 12))
    assert found.verdict == "like chance" and found.gain == pytest.approx(0, abs=1e-12)


def test_squares_go_by_their_mean_and_the_last_ones_are_cut():
    values = torch.zeros(1, 5, 5)
    values[0, 4, 4] = 1.0
    values[0, :2, :2] = 0.5
    places = ranks(values, 2, seed=0)
    assert places.shape == (1, 3, 3)
    assert places[0, 2, 2] == 0 and places[0, 0, 0] == 1


def test_equal_pixels_come_in_a_seeded_random_order():
    one, again, other = (ranks(torch.zeros(1, 9, 9), 1, seed) for seed in (0, 0, 1))
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert sorted(one.flatten().tolist()) == list(range(81))


def test_steps_are_equal_and_never_more_than_there_are_pixels():
    assert counts(10, 4).tolist() == [0, 2, 5, 8, 10]
    assert counts(3, 100).tolist() == [0, 1, 2, 3]


def test_bad_maps_are_refused_in_one_sentence(known):
    ask = (known.model, known.x, known.target)
    with pytest.raises(ValueError, match=r"like its picture, \(12, 12\), got \(4, 4\)"):
        Deletion().measure(*ask, torch.zeros(4, 4))
    with pytest.raises(ValueError, match="must be finite"):
        Deletion().measure(*ask, torch.full((12, 12), torch.nan))
    with pytest.raises(ValueError, match="one picture, got 2"):
        Deletion().measure(known.model, known.x.expand(2, -1, -1, -1), known.target, known.values)


def test_a_misspelt_metric_is_met_with_the_right_name():
    with pytest.raises(LookupError, match="did you mean 'deletion'"):
        catalog.metric("delition")
    with pytest.raises(ValueError, match="no setting of deletion called 'step'; did you mean 'steps'"):
        catalog.metric_recipe("deletion", {"step": 3})
