"""LIME against the lime package, a linear model, and its own spread."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from lime.lime_image import LimeImageExplainer
from torch import nn

from seewhy import load
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.digits import Digits
from seewhy.explainers.lime import Lime, _Halves, fit, random_masks
from seewhy.explainers.segmented import distinct, hide
from seewhy.explainers.settling import agreement
from seewhy.explainers.superpixels import segment
from seewhy.inference.asking import Asking
from seewhy.targets import ClassScore

IMAGE = torch.from_numpy(np.random.default_rng(5).random((1, 1, 6, 6), dtype=np.float32))
SEED = torch.Generator().manual_seed(0)
COLOURS = {"mean": None, "black": 0.0, "grey": 0.5, "white": 1.0}


class Drawn:
    """Gives the lime package our masks where it asks for random numbers."""

    def __init__(self, masks: torch.Tensor) -> None:
        self.masks = masks.numpy().astype(int)

    def randint(self, low: int, high: int, size: int) -> np.ndarray:
        assert size == self.masks.size
        return self.masks.ravel()


@pytest.mark.parametrize("target", [ClassScore(3), ClassScore(1, versus=4), ClassScore(2, output="probability")])
@pytest.mark.parametrize(("segmentation", "fill", "paired"), [("slic", "mean", True), ("grid", "grey", False)])
@pytest.mark.parametrize("grey", [True, False], ids=["mnist-cnn", "residual"])
def test_the_lime_package_finds_the_same_weights_with_the_same_masks(
    grey, target, segmentation, fill, paired, residual, colours
):
    model = load("mnist-cnn") if grey else residual
    digit = torch.from_numpy(Digits().sample("test", 5).image)[None]
    x = 0.8 * digit + 0.2 * colours[:1, :1].mean() * torch.rand(digit.shape, generator=SEED) if grey else colours[:1]
    recipe = Lime(samples=200, segmentation=segmentation, segments=30, fill=fill, paired=paired, seed=4)
    ours = recipe.attribute(model, x, target)
    ids = ours.arrays["segments"][0].numpy()

    def score(batch: np.ndarray) -> np.ndarray:
        pictures = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2)[:, : x.shape[1]].float()
        with torch.no_grad():
            return target(model, pictures)[:, None].double().numpy()

    judge = LimeImageExplainer(feature_selection="none")
    judge.random_state = Drawn(random_masks(200, ids.max() + 1, paired, 4))
    picture = np.broadcast_to(x[0].numpy(), (3, *ids.shape)).transpose(1, 2, 0).copy()
    theirs = judge.explain_instance(
        picture, score, (0,), COLOURS[fill], None, num_samples=200, segmentation_fn=lambda _: ids, random_seed=0
    )
    expected = np.array([weight for _, weight in sorted(theirs.local_exp[0])])
    found = ours.arrays["weights"][0].numpy()
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()
    assert ours.notes[0]["r2"] == pytest.approx(theirs.score, abs=1e-4)
    assert ours.notes[0]["intercept"] == pytest.approx(theirs.intercept[0], abs=1e-4)


@pytest.mark.parametrize("paired", [True, False])
def test_a_linear_model_gives_its_own_weights(linear, paired):
    recipe = Lime(samples=300, segmentation="grid", segments=9, fill="grey", ridge=0, paired=paired)
    found = recipe.attribute(linear, IMAGE, ClassScore(1))
    pixels = linear.module[1].weight[1].detach().reshape(6, 6) * (IMAGE[0, 0] - 0.5)
    expected = pixels.reshape(3, 2, 3, 2).sum((1, 3)).flatten().double()
    torch.testing.assert_close(found.arrays["weights"][0], expected, atol=1e-5, rtol=1e-4)
    assert found.notes[0]["r2"] == pytest.approx(1)
    assert found.arrays["errors"].max() < 1e-5
    torch.testing.assert_close(found.values[0], found.arrays["weights"][0][found.arrays["segments"][0]].float())


def test_a_segments_fill_is_its_own_mean(residual, colours):
    ids = torch.from_numpy(segment(colours[0].numpy(), "slic", 20).ids)
    hidden = hide(colours[0], ids, "mean", residual)
    for number in range(int(ids.max()) + 1):
        mean = colours[0][:, ids == number].mean(1, keepdim=True)
        torch.testing.assert_close(hidden[:, ids == number], mean.expand(-1, int((ids == number).sum())))


def test_no_picture_is_shown_twice(residual, colours, monkeypatch):
    shown: list[torch.Tensor] = []
    scores = Asking.scores
    monkeypatch.setattr(Asking, "scores", lambda self, x: shown.append(x.clone()) or scores(self, x))
    recipe = Lime(samples=500, segmentation="grid", segments=6)
    found = recipe.attribute(residual, colours[:1], ClassScore(1))
    pictures = torch.cat(shown).flatten(1)
    assert len(pictures) == len(torch.unique(pictures, dim=0)) <= 2 ** found.notes[0]["segments"]
    assert found.notes[0]["samples_used"] == 500


def test_a_segment_that_cannot_be_hidden_weighs_nothing(residual, colours):
    x = colours[:1].clone()
    x[..., :10, :12] = 0.5  # the first of four
    found = Lime(samples=60, segmentation="grid", segments=4).attribute(residual, x, ClassScore(2))
    assert found.arrays["weights"][0, 0] == found.arrays["errors"][0, 0] == 0
    assert found.arrays["weights"][0, 1:].all()
    assert found.notes[0]["segments_unchanged"] == 1


@pytest.mark.parametrize("paired", [True, False])
def test_halves_kept_as_sums_are_fits_of_their_own(residual, colours, paired):
    masks = random_masks(301, 9, paired, 2)
    scores = torch.randn(301, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    cluster = 2 if paired else 1
    seen = _Halves(masks, 0.25, 1.0, cluster)
    for stop in (7, 8, 150, 301):
        seen.take(scores[:stop])
    used = 300 if paired else 301
    assert seen.count == used
    half = torch.arange(used) // cluster % 2
    fits = [fit(masks[:used][half == h].double(), scores[:used][half == h], 0.25, 1.0).weights for h in (0, 1)]
    assert seen.agreement() == pytest.approx(agreement(*fits))
    whole = torch.from_numpy(fit(masks[:used].double(), scores[:used], 0.25, 1.0).weights)
    torch.testing.assert_close(seen.weights(), whole)


def test_distinct_rows_come_in_order_of_appearance():
    masks = torch.rand(200, 11, generator=torch.Generator().manual_seed(0)) < 0.2
    rows, first, place = distinct(masks)
    assert torch.equal(rows[place], masks)
    assert torch.equal(masks[first], rows)
    assert first.tolist() == sorted(first.tolist())
    assert len(rows) == len(torch.unique(masks, dim=0))


def test_pairs_are_opposites_and_the_first_shows_all():
    masks = random_masks(20, 7, True, 1)
    assert masks[0].all()
    assert torch.equal(masks[::2], ~masks[1::2])
    assert random_masks(21, 7, True, 1).shape == (21, 7)
    alone = random_masks(20, 7, False, 1)
    assert alone[0].all()
    assert not torch.equal(alone[::2], ~alone[1::2])


@pytest.mark.parametrize("paired", [True, False])
def test_standard_errors_are_the_spread_over_seeds(residual, colours, paired):
    found = []
    for seed in range(24):
        recipe = Lime(samples=200, segmentation="grid", segments=12, fill="black", paired=paired, seed=seed)
        found.append(recipe.attribute(residual, colours[:1], ClassScore(2)).arrays)
    spread = torch.cat([arrays["weights"] for arrays in found]).std(0)
    errors = torch.cat([arrays["errors"] for arrays in found]).mean(0)
    assert 0.7 < float((errors / spread).log().mean().exp()) < 1.4


def test_it_stops_when_the_ranking_has_settled(linear):
    recipe = Lime(samples=50_000, segmentation="grid", segments=36, fill="black", until="settled")
    notes = recipe.attribute(linear, IMAGE, ClassScore(1)).notes[0]
    assert notes["settled"]
    assert notes["samples_used"] < 5000
    few = recipe.model_copy(update={"samples": 40}).attribute(linear, IMAGE, ClassScore(1)).notes[0]
    assert not few["settled"]
    assert few["samples_used"] == 40
    assert "few for 36 segments" in few["warnings"][0]


def test_a_line_that_does_not_fit_is_said():
    class Parity(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            lit = torch.cos(torch.pi * (x[:, 0, ::2, ::2] > 0.5).float().sum((1, 2)))
            return torch.stack([lit, -lit], 1)

    model = PyTorchClassifier(Parity(), ["even", "odd"], (1, 6, 6))
    recipe = Lime(segmentation="grid", segments=9, fill="black")
    notes = recipe.attribute(model, torch.ones(1, 1, 6, 6), ClassScore(0)).notes[0]
    assert notes["r2"] < 0.3
    assert any("R²" in warning for warning in notes["warnings"])


def test_a_fill_that_looks_like_the_image_is_said(linear):
    found = Lime(fill="black").attribute(linear, torch.zeros(1, 1, 6, 6), ClassScore(0))
    assert not found.values.any()
    assert any("another fill" in warning for warning in found.notes[0]["warnings"])


def test_the_masks_that_are_kept_repeat_their_scores_and_a_batch_pads_them():
    model, x = load("mnist-cnn"), torch.from_numpy(Digits().sample("test", 5).image)[None]
    target = ClassScore(3)
    found = Lime(samples=60, segments=12).attribute(model, torch.cat([x, x.flip(3)]), target).arrays
    parts, ids = found["parts"][0], found["segments"][0]
    count = int(parts.max())
    masks = torch.cat([found["masks"][0, :, :count].bool(), torch.ones(60, 1, dtype=torch.bool)], 1)
    with torch.no_grad():
        scores = target(model, torch.where(masks[:, parts][:, None], x[0], hide(x[0], ids, "mean", model)))
    torch.testing.assert_close(found["mask_scores"][0], scores.double(), atol=1e-5, rtol=1e-5)
    assert found["masks"].shape[:2] == (2, 60)
    assert "masks" not in Lime(samples=6_000, segments=150, segmentation="grid").attribute(model, x, target).arrays
