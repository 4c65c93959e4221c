"""KernelSHAP against Shapley's own definition, Captum, a linear model, and its own spread."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch
from captum.attr import KernelShap as CaptumKernelShap
from captum.attr import ShapleyValues

from seewhy import load
from seewhy.datasets.digits import Digits
from seewhy.explainers import shapley
from seewhy.explainers.kernel_shap import KernelShap
from seewhy.inference.fills import filled
from seewhy.targets import ClassScore

IMAGE = torch.from_numpy(np.random.default_rng(5).random((1, 1, 6, 6), dtype=np.float32))
TARGETS = [ClassScore(3), ClassScore(1, versus=4), ClassScore(2, output="probability")]


def by_definition(worth, players: int) -> torch.Tensor:
    """What each player adds, averaged over every order in which they can come; worth takes a set."""
    values, orders = torch.zeros(players, dtype=torch.float64), list(permutations(range(players)))
    for order in orders:
        for place, player in enumerate(order):
            values[player] += worth(frozenset(order[: place + 1])) - worth(frozenset(order[:place]))
    return values / len(orders)


def game(players: int, seed: int = 0) -> torch.Tensor:
    """The worth of every coalition of a game without any structure."""
    return torch.randn(2**players, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("players", [1, 2, 3, 6])
def test_all_coalitions_give_the_values_of_the_definition(players):
    worth = game(players)
    expected = by_definition(lambda who: float(worth[sum(1 << player for player in who)]), players)
    torch.testing.assert_close(shapley.exact(worth, players), expected)


@pytest.mark.parametrize("players", [2, 3, 4, 7, 8])
def test_the_kernel_over_all_sizes_gives_the_values_of_the_definition(players):
    """Another derivation: the weighted line of Lundberg and Lee through all coalitions but the two ends."""
    worth = game(players, 1)
    drawn = shapley.draw(players, 2**players, True, 0)
    assert len(drawn.members) == len(drawn.listed) == 2**players - 2
    assert drawn.left == 0
    assert float(drawn.listed.sum()) == pytest.approx(1)
    place = (drawn.members * 2 ** torch.arange(players)).sum(1)
    sums = shapley.Sums.of(drawn.members, worth[place] - worth[0], drawn.listed)
    values, _ = shapley.share_out(sums, float(worth[-1] - worth[0]))
    torch.testing.assert_close(values, shapley.exact(worth, players))


def test_random_coalitions_follow_the_kernel():
    drawn = shapley.draw(9, 40_000, True, 3)
    unlisted = shapley.draw(9, 12, True, 3)
    assert len(unlisted.listed) == 0
    assert torch.equal(unlisted.members[::2], ~unlisted.members[1::2])
    assert len(drawn.listed) == 2**9 - 2  # nothing is left to chance where there is room
    many = torch.cat([shapley.draw(9, 12, False, seed).members for seed in range(3000)])
    share = many.sum(1).bincount(minlength=9)[1:].double() / len(many)
    kernel = torch.tensor([1 / (size * (9 - size)) for size in range(1, 9)], dtype=torch.float64)
    torch.testing.assert_close(share, kernel / kernel.sum(), atol=0.01, rtol=0)
    torch.testing.assert_close(many.double().mean(0), torch.full((9,), 0.5, dtype=torch.float64), atol=0.02, rtol=0)


def test_sizes_that_fit_are_listed_in_full():
    drawn = shapley.draw(20, 500, True, 0)
    size = drawn.members[: len(drawn.listed)].sum(1)
    assert sorted(size.tolist()) == [1] * 20 + [19] * 20
    assert len(torch.unique(drawn.members[:40], dim=0)) == 40
    assert drawn.left + float(drawn.listed.sum()) == pytest.approx(1)
    rest = drawn.members[40:].sum(1)
    assert len(rest) == 460
    assert rest.min() >= 2
    assert rest.max() <= 18


@pytest.mark.parametrize("target", TARGETS, ids=["class", "versus", "probability"])
@pytest.mark.parametrize("fill", ["black", "grey", "mean"])
@pytest.mark.parametrize("grey", [True, False], ids=["mnist-cnn", "residual"])
def test_few_segments_give_captums_exact_values(grey, fill, target, residual, colours):
    model = load("mnist-cnn") if grey else residual
    x = torch.from_numpy(Digits().sample("test", 5).image)[None] if grey else colours[:1]
    recipe = KernelShap(segmentation="grid", segments=4, fill=fill)
    found = recipe.attribute(model, x, target)
    ids = found.arrays["segments"]
    baseline = filled(fill, x, model) if fill != "mean" else means(x, ids[0])
    judge = ShapleyValues(lambda shown: target(model, shown))
    theirs = judge.attribute(x, baselines=baseline, feature_mask=ids[:, None], perturbations_per_eval=16)[0, 0]
    assert float((found.values[0] - theirs).abs().max()) <= 1e-4 * float(theirs.abs().max())
    assert found.notes[0]["exact"]
    assert not found.arrays["errors"].any()


def test_with_more_samples_it_comes_as_close_to_captum_as_chance_allows(residual, colours):
    """Captum's KernelShap and ours estimate the same values: both near the exact ones, ours within its own errors."""
    x, target = colours[:1], ClassScore(2)
    recipe = KernelShap(segmentation="grid", segments=12, samples=5000)
    truth = recipe.attribute(residual, x, target)
    assert truth.notes[0]["exact"]
    ids, worth = truth.arrays["segments"], truth.arrays["weights"][0]
    few = recipe.model_copy(update={"samples": 600}).attribute(residual, x, target)
    assert not few.notes[0]["exact"]
    torch.manual_seed(0)
    judge = CaptumKernelShap(lambda shown: target(residual, shown))
    theirs = judge.attribute(x, baselines=0, feature_mask=ids[:, None], n_samples=600, perturbations_per_eval=50)[0, 0]
    theirs = torch.stack([theirs[ids[0] == number].mean() for number in range(len(worth))]).double()
    ours = few.arrays["weights"][0]
    assert float((ours - worth).norm()) <= float((theirs - worth).norm()) <= 0.3 * float(worth.norm())
    off = (ours - worth).abs() / few.arrays["errors"][0]
    assert float((off**2).mean()) < 3


@pytest.mark.parametrize("samples", [40, 5000])
def test_a_linear_model_gives_its_own_weights(linear, samples):
    recipe = KernelShap(segmentation="grid", segments=9, samples=samples, fill="grey")
    found = recipe.attribute(linear, IMAGE, ClassScore(1))
    pixels = linear.module[1].weight[1].detach().reshape(6, 6) * (IMAGE[0, 0] - 0.5)
    expected = pixels.reshape(3, 2, 3, 2).sum((1, 3)).flatten().double()
    torch.testing.assert_close(found.arrays["weights"][0], expected, atol=1e-5, rtol=1e-4)
    assert found.arrays["errors"].max() < 1e-5
    assert found.notes[0]["exact"] == (samples == 5000)


@pytest.mark.parametrize("samples", [10, 11, 60, 601])
@pytest.mark.parametrize("paired", [True, False])
def test_the_values_add_up_to_the_score_however_few_the_samples(residual, colours, samples, paired):
    recipe = KernelShap(segments=24, segmentation="grid", samples=samples, paired=paired, fill="white")
    found = recipe.attribute(residual, colours[:1], ClassScore(2))
    with torch.no_grad():
        ends = ClassScore(2)(residual, torch.cat([colours[:1], torch.ones_like(colours[:1])])).double()
    assert float(found.arrays["weights"].sum()) == pytest.approx(float(ends[0] - ends[1]), abs=1e-5)
    assert found.notes[0]["score"] == pytest.approx(float(ends[0]), abs=1e-5)
    assert found.notes[0]["empty_score"] == pytest.approx(float(ends[1]), abs=1e-5)
    assert found.notes[0]["samples_used"] <= samples


def test_a_segment_that_looks_like_the_fill_is_left_out(residual, colours):
    x = colours[:1].clone()
    x[..., :10, :12] = 0  # the first of four
    found = KernelShap(segmentation="grid", segments=4).attribute(residual, x, ClassScore(2))
    assert found.arrays["weights"][0, 0] == 0
    assert found.arrays["weights"][0, 1:].all()
    assert found.notes[0]["segments_unchanged"] == 1
    assert found.notes[0]["samples_used"] == 2**3


def test_a_fill_that_looks_like_the_image_is_said(linear):
    found = KernelShap().attribute(linear, torch.zeros(1, 1, 6, 6), ClassScore(0))
    assert not found.values.any()
    assert any("another fill" in warning for warning in found.notes[0]["warnings"])


def test_one_segment_is_worth_the_whole_score(linear):
    found = KernelShap(segmentation="grid", segments=1).attribute(linear, IMAGE, ClassScore(1))
    with torch.no_grad():
        ends = ClassScore(1)(linear, torch.cat([IMAGE, IMAGE * 0]))
    assert float(found.arrays["weights"]) == pytest.approx(float(ends[0] - ends[1]), abs=1e-5)


@pytest.mark.parametrize("paired", [True, False])
def test_standard_errors_are_the_spread_over_seeds(residual, colours, paired):
    found = []
    for seed in range(24):
        recipe = KernelShap(samples=200, segmentation="grid", segments=20, paired=paired, seed=seed)
        found.append(recipe.attribute(residual, colours[:1], ClassScore(2)).arrays)
    spread = torch.cat([arrays["weights"] for arrays in found]).std(0)
    errors = torch.cat([arrays["errors"] for arrays in found]).mean(0)
    assert 0.7 < float((errors / spread).log().mean().exp()) < 1.4


def test_it_stops_when_the_ranking_has_settled(linear, residual, colours):
    recipe = KernelShap(samples=50_000, segmentation="grid", segments=36, until="settled")
    notes = recipe.attribute(linear, IMAGE, ClassScore(1)).notes[0]
    assert notes["settled"]
    assert notes["samples_used"] < 5000
    few = recipe.model_copy(update={"samples": 40}).attribute(residual, colours[:1], ClassScore(1)).notes[0]
    assert not few["settled"]
    assert few["samples_used"] == 40
    assert f"few for {few['segments']} segments" in few["warnings"][0]


def test_pairs_steady_the_values(residual, colours):
    def off(paired: bool) -> float:
        recipe = KernelShap(samples=150, segmentation="grid", segments=12, paired=paired)
        maps = [
            recipe.model_copy(update={"seed": s}).attribute(residual, colours[:1], ClassScore(2)) for s in range(12)
        ]
        return float(torch.cat([found.arrays["weights"] for found in maps]).std(0).mean())

    assert off(True) < 0.8 * off(False)


def means(x: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """Each segment's own mean colour, (1, C, H, W)."""
    found = x.clone()
    for number in ids.unique():
        found[:, :, ids == number] = x[:, :, ids == number].mean(2, keepdim=True)
    return found
