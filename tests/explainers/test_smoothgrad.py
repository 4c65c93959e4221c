"""SmoothGrad: known answers, laws, and Captum on the same noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import NoiseTunnel
from captum.attr import Saliency as CaptumSaliency
from torch import nn

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.gradients import Saliency
from seewhy.explainers.smoothgrad import SmoothGrad
from seewhy.progress import reporting_to
from seewhy.targets import ClassScore

IMAGE = torch.from_numpy(np.random.default_rng(5).random((1, 1, 6, 6), dtype=np.float32))


class Square(nn.Module):
    """Logit 0 is half the sum of the squares: its gradient is the image itself."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = (x**2).sum((1, 2, 3)) / 2
        return torch.stack([total, -total], 1)


def test_a_linear_models_smoothgrad_is_its_weights_without_error(linear):
    found = SmoothGrad(samples=5).attribute(linear, IMAGE, ClassScore(1))
    plain = Saliency(absolute=False).attribute(linear, IMAGE, ClassScore(1))
    torch.testing.assert_close(found.values, plain.values)
    assert found.notes[0]["standard_error"] < 1e-6
    assert not SmoothGrad(samples=5, form="variance").attribute(linear, IMAGE, ClassScore(1)).values.gt(1e-9).any()


def test_the_gradients_of_squares_have_the_noise_for_variance():
    model = PyTorchClassifier(Square(), ["up", "down"], (1, 6, 6))
    recipe = SmoothGrad(samples=400, noise=0.2)
    sigma = 0.2 * float(IMAGE.max() - IMAGE.min())
    found = recipe.attribute(model, IMAGE, ClassScore(0))
    assert found.notes[0]["noise"] == pytest.approx(sigma)
    assert found.notes[0]["standard_error"] == pytest.approx(sigma / 20, rel=0.05)
    assert float(((found.values - IMAGE[:, 0]) / found.arrays["error"]).abs().mean()) == pytest.approx(0.8, abs=0.3)
    variance = recipe.model_copy(update={"form": "variance"}).attribute(model, IMAGE, ClassScore(0))
    assert float(variance.values.mean()) == pytest.approx(sigma**2, rel=0.05)
    squared = recipe.model_copy(update={"form": "squared"}).attribute(model, IMAGE, ClassScore(0))
    torch.testing.assert_close(squared.values, variance.values + found.values**2)


@pytest.mark.parametrize(
    ("form", "theirs"), [("mean", "smoothgrad"), ("squared", "smoothgrad_sq"), ("variance", "vargrad")]
)
def test_captum_on_the_same_noise_gives_the_same(residual, colours, monkeypatch, form, theirs):
    recipe = SmoothGrad(samples=12, noise=0.1, form=form, seed=7)
    target = ClassScore(1, versus=4)
    x = colours[:1]
    sigma = 0.1 * float(x.max() - x.min())
    noise = torch.randn(12, 3, 20, 24, generator=torch.Generator().manual_seed(7))
    monkeypatch.setattr(torch, "normal", lambda mean, deviation: mean + deviation * noise)
    judge = NoiseTunnel(CaptumSaliency(lambda images: target(residual, images)))
    expected = judge.attribute(x.clone(), nt_type=theirs, nt_samples=12, stdevs=sigma, abs=False)
    ours = recipe.attribute(residual, x, target)
    torch.testing.assert_close(ours.channels, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))
    torch.testing.assert_close(ours.values, ours.channels.sum(1))


def test_more_samples_bring_a_smaller_error(residual, colours):
    few, many = (
        SmoothGrad(samples=n).attribute(residual, colours, ClassScore(1)).notes[0]["standard_error"] for n in (20, 320)
    )
    assert many == pytest.approx(few / 4, rel=0.3)


def test_another_seed_is_another_map(residual, colours):
    one, other = (SmoothGrad(samples=4, seed=s).attribute(residual, colours, ClassScore(1)).values for s in (0, 1))
    assert not torch.allclose(one, other)


def test_a_plain_image_gets_the_plain_gradient_and_says_so(residual):
    plain = torch.full((1, 3, 20, 24), 0.5)
    found = SmoothGrad(samples=4).attribute(residual, plain, ClassScore(1))
    torch.testing.assert_close(
        found.values, Saliency(absolute=False).attribute(residual, plain, ClassScore(1)).values, rtol=1e-4, atol=1e-5
    )
    assert "no noise was added" in found.notes[0]["warnings"][0]


def test_the_growing_map_ends_as_the_map(residual, colours):
    maps: list[np.ndarray] = []

    class Listener:
        cancelled = False

        def progress(self, *_: object) -> None: ...

        def partial(self, values: np.ndarray) -> None:
            maps.append(values)

    with reporting_to(Listener()):
        final = SmoothGrad(samples=130).attribute(residual, colours[:2], ClassScore(0)).values[0].numpy()
    assert len(maps) == 3
    np.testing.assert_allclose(maps[-1], final, atol=1e-6)


def test_it_stops_when_the_ranking_has_settled(residual, colours):
    recipe = SmoothGrad(samples=500, noise=0.02, until="settled")
    found = recipe.attribute(residual, colours[:1], ClassScore(1))
    notes = found.notes[0]
    assert notes["settled"]
    assert 16 <= notes["samples_used"] < 500
    assert notes["samples_used"] % 16 == 0
    same = recipe.model_copy(update={"samples": notes["samples_used"], "until": "count"})
    torch.testing.assert_close(same.attribute(residual, colours[:1], ClassScore(1)).values, found.values)
    rough = recipe.model_copy(update={"samples": 4, "noise": 1.0}).attribute(residual, colours[:1], ClassScore(1))
    assert not rough.notes[0]["settled"]
    assert rough.notes[0]["samples_used"] == 4
