"""Captum as the judge: the same settings must give the same values."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient as CaptumInputXGradient
from captum.attr import IntegratedGradients as CaptumIntegratedGradients
from captum.attr import LayerGradCam
from captum.attr import Occlusion as CaptumOcclusion
from captum.attr import Saliency as CaptumSaliency

from seewhy import load
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.digits import Digits
from seewhy.explainers.grad_cam import GradCam
from seewhy.explainers.gradients import Saliency
from seewhy.explainers.input_x_gradient import InputXGradient
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.explainers.layers import default_layer
from seewhy.explainers.occlusion import Occlusion
from seewhy.inference.fills import filled
from seewhy.targets import ClassScore

TARGETS = [ClassScore(3), ClassScore(1, versus=4), ClassScore(2, output="probability")]


@pytest.fixture(params=["mnist-cnn", "residual"])
def case(request: pytest.FixtureRequest, residual: PyTorchClassifier, colours: torch.Tensor):
    """A model with a batch of its images."""
    if request.param == "residual":
        return residual, colours
    digits = Digits()
    images = [digits.sample("test", index).image for index in (1, 5, 9)]
    return load("mnist-cnn"), torch.from_numpy(np.stack(images))


@pytest.fixture(params=TARGETS, ids=["class", "versus", "probability"])
def target(request: pytest.FixtureRequest) -> ClassScore:
    """A class, a class against a class, a probability."""
    return request.param


def assert_equal_maps(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """The largest difference is at most 1e-4 of each map's largest value."""
    assert ours.shape == theirs.shape
    largest = theirs.abs().flatten(1).amax(1)
    assert (largest > 0).all()
    difference = (ours - theirs).abs().flatten(1).amax(1)
    assert (difference <= 1e-4 * largest).all(), (difference / largest).tolist()


def score(model, target):
    """What Captum explains: one number an image."""
    return lambda x: target(model, x)


def test_saliency(case, target):
    model, x = case
    theirs = CaptumSaliency(score(model, target)).attribute(x.clone().requires_grad_())
    assert_equal_maps(Saliency().attribute(model, x, target).channels, theirs)


def test_input_x_gradient(case, target):
    model, x = case
    theirs = CaptumInputXGradient(score(model, target)).attribute(x.clone().requires_grad_())
    assert_equal_maps(InputXGradient().attribute(model, x, target).channels, theirs.detach())


@pytest.mark.parametrize(("steps", "baseline"), [(50, "black"), (7, "white"), (20, "grey"), (20, "blur")])
def test_integrated_gradients(case, target, steps, baseline):
    model, x = case
    judge = CaptumIntegratedGradients(score(model, target))
    theirs = judge.attribute(
        x, baselines=filled(baseline, x, model), n_steps=steps, method="gausslegendre", internal_batch_size=64
    )
    ours = IntegratedGradients(steps=steps, baseline=baseline).attribute(model, x, target)
    assert_equal_maps(ours.channels, theirs)
    torch.testing.assert_close(ours.values, ours.channels.sum(1))


@pytest.mark.parametrize(
    ("patch", "width", "stride", "fill"),
    [(4, None, 2, "black"), (5, None, 5, "grey"), (3, 6, 2, "white"), (7, None, 3, "blur"), (2, None, 2, "mean")],
)
def test_occlusion_map_and_windows(case, target, patch, width, stride, fill):
    model, x = case
    recipe = Occlusion(patch=patch, width=width, stride=stride, fill=fill)
    ours = recipe.attribute(model, x, target)
    baselines = filled(fill, x, model)
    channels = x.shape[1]
    theirs = CaptumOcclusion(score(model, target)).attribute(
        x,
        sliding_window_shapes=(channels, patch, width or patch),
        strides=(channels, stride, stride),
        baselines=baselines,
        perturbations_per_eval=16,
    )
    assert_equal_maps(ours.values, theirs[:, 0])
    falls = torch.zeros_like(ours.arrays["windows"][0])
    for r, top in enumerate(ours.arrays["tops"][0].tolist()):
        for c, left in enumerate(ours.arrays["lefts"][0].tolist()):
            covered = x.clone()
            window = (slice(None), slice(None), slice(top, top + patch), slice(left, left + (width or patch)))
            covered[window] = baselines[window]
            with torch.no_grad():
                falls[r, c] = (target(model, x) - target(model, covered))[0]
    difference = (ours.arrays["windows"][0] - falls).abs().max()
    assert difference <= 1e-4 * falls.abs().max() + 1e-6


def test_grad_cam_on_every_convolution(case, target):
    model, x = case
    convolutions = [info.name for info in model.layers().values() if info.kind == "Conv2d"]
    assert len(convolutions) >= 2
    for layer in convolutions:
        module = model.module.get_submodule(layer)
        theirs = LayerGradCam(score(model, target), module).attribute(x, relu_attributions=True)
        ours = GradCam(layer=layer).attribute(model, x, target).arrays["small_map"]
        positive = theirs.detach().flatten(1).amax(1) > 0
        assert_equal_maps(ours[positive], theirs.detach()[:, 0][positive])
        assert not ours[~positive].any()


def test_grad_cam_default_is_the_end_of_the_convolutional_part(case):
    model, _ = case
    layers = list(model.layers().values())
    last = [info for info in layers if info.kind == "Conv2d"][-1]
    chosen = model.layers()[default_layer(model)]
    assert chosen.shape[1:] == last.shape[1:]
    assert layers.index(chosen) >= layers.index(last)
