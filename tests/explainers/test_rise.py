"""RISE against the paper's formula written out, a linear model, all masks of a tiny grid, and its own spread."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from seewhy import progress
from seewhy.explainers.rise import Grids, Rise, _enlarging
from seewhy.targets import ClassScore

IMAGE = torch.from_numpy(np.random.default_rng(5).random((1, 1, 6, 6), dtype=np.float32))


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("samples", [60, 61])
@pytest.mark.parametrize("target", [ClassScore(2), ClassScore(1, versus=4), ClassScore(2, output="probability")])
def test_it_is_the_papers_formula_less_the_mean_score(residual, colours, paired, samples, target):
    recipe = Rise(samples=samples, cells=4, chance=0.3, fill="grey", paired=paired, seed=2)
    found = recipe.attribute(residual, colours[:1], target)
    masks = recipe.grids(20, 24).masks(range(samples))
    assert len(masks) == samples
    weighted, weights, scores = torch.zeros(20, 24), torch.zeros(20, 24), []
    with torch.no_grad():
        for mask in masks:
            scores.append(float(target(residual, mask * colours[:1] + (1 - mask) * 0.5)))
            weighted, weights = weighted + scores[-1] * mask, weights + mask
    expected = weighted / weights - np.mean(scores)
    torch.testing.assert_close(found.values[0], expected, atol=1e-5 * float(expected.abs().max()) + 1e-6, rtol=1e-3)
    assert found.notes[0]["mean_score"] == pytest.approx(np.mean(scores), abs=1e-5)
    assert found.notes[0]["samples_used"] == samples


def test_masks_are_enlarged_and_cropped_as_in_the_paper():
    recipe = Rise(samples=30, cells=3, seed=1)
    grids = recipe.grids(20, 25)
    masks = grids.masks(range(30))
    for cells, (down, right), mask in zip(grids.cells, grids.shifts.tolist(), masks, strict=True):
        whole = F.interpolate(cells[None, None], (4 * 7, 4 * 9), mode="bilinear", align_corners=False)[0, 0]
        torch.testing.assert_close(mask, whole[down : down + 20, right : right + 25])
    assert grids.shifts.amax(0).tolist() == [6, 8]
    assert grids.shifts.amin(0).tolist() == [0, 0]


def test_masks_let_through_what_they_should():
    for paired in (True, False):
        masks = Rise(samples=6000, cells=5, chance=0.3, paired=paired).grids(12, 12).masks(range(6000))
        torch.testing.assert_close(masks.mean(0), torch.full((12, 12), 0.3), atol=0.03, rtol=0)
        assert masks.min() >= 0
        assert masks.max() <= 1
    half = Rise(samples=10, chance=0.5, paired=True).grids(12, 12).masks(range(10))
    torch.testing.assert_close(half[::2] + half[1::2], torch.ones(5, 12, 12))


def covariance(recipe: Rise, size: int) -> torch.Tensor:
    """How two pixels' masks vary together, over all shifts: (size², size²)."""
    step = -(-size // recipe.cells)
    total = torch.zeros(size**2, size**2)
    for down, right in product(range(step), repeat=2):
        rows = _enlarging(recipe.cells, size, torch.tensor([down]))[0]
        columns = _enlarging(recipe.cells, size, torch.tensor([right]))[0]
        both = torch.einsum("ya,xb->yxab", rows, columns).flatten(2).flatten(0, 1)  # (pixels, cells²)
        total += both @ both.T
    return recipe.chance * (1 - recipe.chance) * total / step**2


@pytest.mark.parametrize("chance", [0.5, 0.25])
def test_a_linear_model_gives_its_weights_seen_through_the_masks(linear, chance):
    recipe = Rise(samples=40_000, cells=3, chance=chance, fill="grey")
    found = recipe.attribute(linear, IMAGE, ClassScore(1))
    pixels = linear.module[1].weight[1].detach() * (IMAGE[0, 0].flatten() - 0.5)
    expected = (covariance(recipe, 6) @ pixels / chance).reshape(6, 6)
    off = (found.values[0] - expected) / found.arrays["error"][0]
    assert off.abs().max() < 4
    assert found.arrays["error"].max() < 0.03 * expected.abs().max()


def test_all_grids_and_shifts_of_a_tiny_case_give_what_chance_comes_close_to(linear):
    """A probability is not linear: the whole sum over 16 grids and 9 shifts is the judge."""
    target = ClassScore(1, output="probability")
    grids = torch.tensor(list(product([0.0, 1.0], repeat=4))).reshape(-1, 2, 2)
    shifts = torch.tensor(list(product(range(3), repeat=2)))
    everything = Grids(grids.repeat_interleave(9, 0), shifts.repeat(16, 1), (6, 6)).masks(range(144))
    with torch.no_grad():
        scores = target(linear, everything[:, None] * IMAGE)
    expected = (scores @ everything.flatten(1) / everything.flatten(1).sum(0) - scores.mean()).reshape(6, 6)
    found = Rise(samples=20_000, cells=2).attribute(linear, IMAGE, target)
    off = (found.values[0] - expected) / found.arrays["error"][0]
    assert off.abs().max() < 4
    assert found.arrays["error"].max() < 0.1 * expected.abs().max()


@pytest.mark.parametrize("paired", [True, False])
def test_standard_errors_are_the_spread_over_seeds(residual, colours, paired):
    found = [
        Rise(samples=200, cells=4, paired=paired, seed=seed).attribute(residual, colours[:1], ClassScore(2))
        for seed in range(24)
    ]
    spread = torch.cat([one.values for one in found]).std(0)
    errors = torch.cat([one.arrays["error"] for one in found]).mean(0)
    assert 0.75 < float((errors / spread).log().mean().exp()) < 1.33


def test_it_stops_when_the_ranking_has_settled(residual, colours):
    recipe = Rise(samples=20_000, cells=4, until="settled")
    notes = recipe.attribute(residual, colours[:1], ClassScore(2)).notes[0]
    assert notes["settled"]
    assert notes["samples_used"] < 10_000
    few = recipe.model_copy(update={"samples": 20}).attribute(residual, colours[:1], ClassScore(2)).notes[0]
    assert not few["settled"]
    assert few["samples_used"] == 20


def test_first_maps_are_offered_and_grow_into_the_last(residual, colours):
    class Listener:
        cancelled = False

        def __init__(self) -> None:
            self.maps: list[np.ndarray] = []

        def progress(self, done: int, total: int | None, stage: str) -> None:
            assert stage == "masking"

        def partial(self, values: np.ndarray) -> None:
            self.maps.append(values)

    listener = Listener()
    with progress.reporting_to(listener):
        found = Rise(samples=400).attribute(residual, colours[:1], ClassScore(2))
    off = [float(np.abs(one - found.values[0].numpy()).mean()) for one in listener.maps]
    assert len(off) > 2  # how many depends on the batches that are quickest here
    assert off[-1] == 0
    assert off[0] > off[-2] > 0


def test_a_map_drowned_in_chance_is_said(residual, colours):
    found = Rise(samples=10, seed=1).attribute(residual, colours[:1], ClassScore(2))
    assert found.notes[0]["relative_error"] > 0.3
    steady = Rise(samples=4000).attribute(residual, colours[:1], ClassScore(2))
    assert steady.notes[0]["relative_error"] < 0.2
    assert not steady.notes[0]["warnings"]
