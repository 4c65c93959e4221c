"""pytorch-grad-cam as the judge, asked for its maps before it stretches each from 0 to 1."""

from __future__ import annotations

import copy
import sys
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import load
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.digits import Digits
from seewhy.explainers.eigen_cam import EigenCam
from seewhy.explainers.grad_cam import GradCam
from seewhy.explainers.grad_cam_plus_plus import GradCamPlusPlus
from seewhy.explainers.layer_cam import LayerCam
from seewhy.explainers.layers import as_maps, default_layer
from seewhy.explainers.score_cam import ScoreCam
from seewhy.targets import ClassScore

with pytest.MonkeyPatch.context() as patch:
    # The judge imports torchvision for helpers not used here; where its build does not fit torch's, that would fail.
    for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
        patch.setitem(sys.modules, name, MagicMock())
    from pytorch_grad_cam import EigenCAM, GradCAM, GradCAMPlusPlus, LayerCAM, ScoreCAM

TARGETS = [ClassScore(3), ClassScore(1, versus=4), ClassScore(2, output="probability")]


class Whole(nn.Module):
    """A classifier as a module that takes images in [0, 1]."""

    def __init__(self, model: PyTorchClassifier) -> None:
        super().__init__()
        self.model, self.module = model, model.module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.module((x - self.model.mean) / self.model.std)


def raw(judge_class, model, x, target, layer, **more):
    """What the judge computes before its ReLU and before its min–max normalisation."""
    found: list[np.ndarray] = []
    with judge_class(Whole(model), [model.module.get_submodule(layer)], **more) as judge:
        formula = judge.get_cam_image

        def listening(*given, **named):
            found.append(formula(*given, **named))
            return found[-1]

        judge.get_cam_image = listening
        judge(x, [lambda scores: target.of(scores[None])[0]] * len(x))
    return torch.from_numpy(np.asarray(found[0])).float()


def assert_equal_maps(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """The largest difference is at most 1e-4 of the largest value, and something is shown."""
    assert ours.shape == theirs.shape
    assert theirs.max() > 0
    assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()


def digits_case():
    """The model of digits, three of them, and its default layer."""
    digits, model = Digits(), load("mnist-cnn")
    x = torch.from_numpy(np.stack([digits.sample("test", index).image for index in (1, 5, 9)]))
    return model, x, default_layer(model)


@pytest.fixture(params=["mnist-cnn", "residual", "transformer"])
def case(request, residual, transformer, colours):
    """A model, a batch of its images, and layers that the judge can read: run once, no in-place layer behind."""
    if request.param == "residual":
        return residual, colours, ["stem", "norm"]
    if request.param == "transformer":
        return transformer, colours, ["blocks.0", "blocks.1.before"]
    model, x, last = digits_case()
    activations = [name for name, info in model.layers().items() if info.kind == "ReLU" and info.spatial]
    assert last in activations
    return model, x, activations


@pytest.fixture(params=TARGETS, ids=["class", "versus", "probability"])
def target(request: pytest.FixtureRequest) -> ClassScore:
    """A class, a class against a class, a probability."""
    return request.param


def test_grad_cam(case, target):
    model, x, layers = case
    for layer in layers:
        ours = GradCam(layer=layer).attribute(model, x, target).arrays["small_map"]
        assert_equal_maps(ours, raw(GradCAM, model, x, target, layer, reshape_transform=as_maps).clamp(min=0))


def louder(model: PyTorchClassifier) -> PyTorchClassifier:
    """The same model with logits 10,000 times as large, beside which the judge's 1e-6 under the fraction is nothing."""
    module = copy.deepcopy(model.module)
    head = [part for part in module.modules() if isinstance(part, nn.Linear)][-1]
    with torch.no_grad():
        head.weight *= 10_000
    return PyTorchClassifier(module, model.labels, model.input_shape, model.mean, model.std)


@pytest.mark.parametrize("name", ["mnist-cnn", "residual"])
def test_grad_cam_plus_plus(name, residual, colours):
    model, x, layer = (residual, colours, "stem") if name == "residual" else digits_case()
    for target in (ClassScore(3), ClassScore(1, versus=4)):
        ours = GradCamPlusPlus(layer=layer).attribute(louder(model), x, target)
        theirs = raw(GradCAMPlusPlus, louder(model), x, target, layer)
        assert_equal_maps(ours.arrays["small_map"], theirs.clamp(min=0))
        assert not ours.notes[0]["warnings"]


def test_layer_cam(case, target):
    model, x, layers = case
    for layer in layers:
        ours = LayerCam(layer=layer).attribute(model, x, target).arrays["small_map"]
        assert_equal_maps(ours, raw(LayerCAM, model, x, target, layer, reshape_transform=as_maps).clamp(min=0))


def test_eigen_cam_up_to_the_judges_arbitrary_sign(case):
    model, x, layers = case
    for layer in layers:
        ours = EigenCam(layer=layer).attribute(model, x, ClassScore(0)).arrays["small_map"]
        theirs = raw(EigenCAM, model, x, ClassScore(0), layer, reshape_transform=as_maps)
        for one, other in zip(ours, theirs, strict=True):
            signed = min((other, -other), key=lambda component: float((component.clamp(min=0) - one).abs().max()))
            assert_equal_maps(one, signed.clamp(min=0))


def test_score_cam(case, target, monkeypatch):
    model, x, layers = case
    # the judge enlarges its masks from corner to corner; ours are enlarged like every map
    monkeypatch.setattr(nn, "UpsamplingBilinear2d", lambda size: nn.Upsample(size, mode="bilinear"))
    layer = layers[0]  # not a norm, whose maps nearly cancel when their weights are nearly equal
    ours = ScoreCam(layer=layer).attribute(model, x, target).arrays["small_map"]
    assert_equal_maps(ours, raw(ScoreCAM, model, x, target, layer, reshape_transform=as_maps).clamp(min=0))
