"""Expected Gradients: a linear model by hand, Integrated Gradients as a limit, and where baselines come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import catalog, load
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.base import ImageSet
from seewhy.datasets.digits import Digits
from seewhy.datasets.named import datasets_opened_by, split_of
from seewhy.explainers.expected_gradients import ExpectedGradients
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.targets import ClassScore


class Two(ImageSet):
    """Two plain pictures, black and white."""

    name, title, about, labels, splits, shape = "digits", "Two", "", ("0", "1"), ("train", "test"), (1, 28, 28)

    def size(self, split: str) -> int:
        return 2

    def pixels(self, split: str) -> np.ndarray:
        return np.stack([np.zeros((28, 28), np.uint8), np.full((28, 28), 255, np.uint8)])

    def truth(self, split: str) -> np.ndarray:
        return np.array([0, 1])


@pytest.fixture
def big_linear() -> PyTorchClassifier:
    """A linear model of 28 × 28 pictures."""
    torch.manual_seed(3)
    return PyTorchClassifier(nn.Sequential(nn.Flatten(), nn.Linear(784, 3)), ["a", "b", "c"], (1, 28, 28))


def digit(index: int) -> torch.Tensor:
    return torch.from_numpy(Digits().sample("test", index).image)[None]


def test_a_linear_model_gives_weight_times_distance_from_the_mean_of_what_was_drawn(big_linear):
    x, digits = digit(4), Digits()
    found = ExpectedGradients(samples=40).attribute(big_linear, x, ClassScore(1))
    drawn = found.arrays["drawn"][0].tolist()
    assert len(set(drawn)) == 40
    mean = np.mean([digits.sample("train", index).image[0] for index in drawn], axis=0)
    weights = big_linear.module[1].weight[1].detach().reshape(28, 28)
    torch.testing.assert_close(found.values[0], weights * (x[0, 0] - torch.from_numpy(mean)), atol=1e-6, rtol=1e-4)
    assert abs(found.notes[0]["gap"]) < 1e-4
    spread = np.std([digits.sample("train", index).image[0] for index in drawn], axis=0, ddof=1) / 40**0.5
    np.testing.assert_allclose(found.arrays["error"][0], weights.abs().numpy() * spread, atol=1e-7)


def test_with_black_and_white_it_is_the_mean_of_both_integrated_gradients():
    model, x = load("mnist-cnn"), digit(3)
    with datasets_opened_by(lambda name: Two()):
        found = ExpectedGradients(samples=2000).attribute(model, x, ClassScore(2))
    assert sorted(set(found.arrays["drawn"][0].tolist())) == [0, 1]
    ends = [IntegratedGradients(baseline=b, steps=200).attribute(model, x, ClassScore(2)) for b in ("black", "white")]
    expected = (ends[0].values + ends[1].values) / 2
    misses = ((found.values - expected) / found.arrays["error"].clamp(min=1e-6)).abs()
    assert float(misses.mean()) < 2
    assert found.notes[0]["baseline_score"] == pytest.approx(
        np.mean([end.notes[0]["baseline_score"] for end in ends]), abs=1e-3
    )


def test_more_draws_bring_a_smaller_error():
    model = load("mnist-cnn")
    few, many = (
        ExpectedGradients(samples=n).attribute(model, digit(1), ClassScore(2)).notes[0]["standard_error"]
        for n in (50, 800)
    )
    assert many == pytest.approx(few / 4, rel=0.3)


def test_another_seed_draws_others(big_linear):
    one, other = (ExpectedGradients(seed=s).attribute(big_linear, digit(1), ClassScore(0)).values for s in (0, 1))
    assert not torch.allclose(one, other)


def test_a_set_of_other_shape_is_fitted_and_warned_of(residual, colours):
    notes = ExpectedGradients(samples=2).attribute(residual, colours[:1], ClassScore(0)).notes[0]
    assert "are (1, 28, 28), but residual takes (3, 20, 24); name a set" in notes["warnings"][0]


def test_an_unknown_split_is_refused_before_the_run():
    with pytest.raises(ValueError, match=r"setting baselines .* got 'digits/trian'"):
        catalog.recipe("expected-gradients", {"baselines": "digits/trian"})
    with pytest.raises(ValueError, match="there are digits/train, digits/test, mnist/train, mnist/test"):
        split_of("photos")
