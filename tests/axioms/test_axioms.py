"""The axioms on networks whose answers are known, and the methods that are known to keep or to break them."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import seewhy
from seewhy import axioms, catalog
from seewhy.axioms.probes import Capped, blinded, half
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.gradients import Saliency
from seewhy.explainers.guided_backprop import GuidedBackprop
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.explainers.occlusion import Occlusion

BY_SCORES = ["occlusion", "lime", "kernel-shap", "rise"]
BY_GRADIENTS = ["integrated-gradients", "saliency", "input-x-gradient", "smoothgrad", "expected-gradients"]


@pytest.fixture(scope="module")
def mnist() -> PyTorchClassifier:
    """The network that comes with the package."""
    model = seewhy.load("mnist-cnn")
    assert isinstance(model, PyTorchClassifier)
    return model


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    """A digit."""
    return catalog.dataset("digits")().sample("test", 3).image


@pytest.mark.parametrize("method", [*BY_SCORES, *BY_GRADIENTS, "grad-cam"])
def test_what_asks_scores_or_gradients_does_not_see_how_a_network_is_written(mnist, digit, method: str) -> None:
    recipe = catalog.recipe(method, {}).sketch()
    for twin in ("wide", "norms", "maxima"):
        found = axioms.invariance(mnist, digit, recipe, twin=twin)
        assert found.holds, found.sentence
        assert found.scores_difference <= 1e-5
        assert found.maps.shape == (2, 28, 28)


@pytest.mark.parametrize("method", ["guided-backprop", "guided-grad-cam", "grad-cam-plus-plus", "layer-cam"])
def test_what_clips_inside_sees_copied_units(mnist, digit, method: str) -> None:
    found = axioms.invariance(mnist, digit, catalog.recipe(method, {}), twin="wide")
    assert not found.holds
    assert found.relative > 0.1
    assert axioms.invariance(mnist, digit, catalog.recipe(method, {}), twin="norms").holds


@pytest.mark.parametrize("method", ["captum:DeepLift", "captum:LRP"])
def test_deeplift_and_lrp_see_how_a_maximum_is_written(mnist, digit, method: str) -> None:
    pytest.importorskip("captum")
    assert not axioms.invariance(mnist, digit, catalog.recipe(method, {}), twin="maxima").holds


@pytest.mark.skipif(not find_spec("keras"), reason="needs Keras")
def test_keras_and_torch_twins_agree_on_gradients(mnist, digit) -> None:
    for recipe in (IntegratedGradients(), Saliency(), GuidedBackprop()):
        assert axioms.invariance(mnist, digit, recipe, twin="keras").holds


def test_the_papers_example() -> None:
    """f(x) = 1 − ReLU(1 − 2x) at x = 1: the gradient is 0, Integrated Gradients gives the pixel 1."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(1, 2))
    with torch.no_grad():
        module[1].weight.copy_(torch.tensor([[2.0], [0.0]]))
        module[1].bias.zero_()
    model = PyTorchClassifier(module, ["rises", "stays"], (1, 1, 1))
    white = np.ones((1, 1, 1), np.float32)
    by_gradient = axioms.sensitivity(model, white, Saliency(), 0, cap=0.5)
    by_path = axioms.sensitivity(model, white, IntegratedGradients(steps=400), 0, cap=0.5)
    assert (by_gradient.rise, by_gradient.cap) == (1, 1)
    assert not by_gradient.holds
    assert "every pixel 0" in by_gradient.sentence
    assert by_path.holds
    assert by_path.sum == pytest.approx(1, abs=0.01)


def test_rounding_is_not_noticing(mnist, digit) -> None:
    found = axioms.sensitivity(mnist, digit, Occlusion(patch=2, stride=2))
    assert found.largest < 1e-6
    assert not found.holds


def test_a_capped_score_is_the_smaller_one() -> None:
    scores = torch.tensor([[-3.0, 0.5, 2.0]])
    assert torch.equal(Capped(nn.Identity(), 1.0)(scores), scores.clamp(max=1.0))


@pytest.mark.parametrize("side", axioms.SIDES)
def test_a_blinded_network_sees_black_on_that_half(residual, colours, side) -> None:
    blind, hidden = blinded(residual, side), half(residual.input_shape, side)
    darkened = colours.masked_fill(hidden, 0)
    torch.testing.assert_close(blind.scores(colours).float(), residual.scores(darkened))
    assert hidden.float().mean() == 0.5


@pytest.mark.parametrize(
    ("recipe", "holds"), [(IntegratedGradients(), True), (Occlusion(), False), (Occlusion(patch=4, stride=4), True)]
)
def test_nothing_goes_where_nothing_is_seen_unless_a_patch_reaches_over(residual, colours, recipe, holds) -> None:
    found = axioms.dummy(residual, colours[0], recipe, side="left")
    assert found.holds == holds
    assert (found.share < 1e-5) == holds


def test_sensible_refusals(mnist, digit) -> None:
    blackbox = FunctionClassifier(lambda x: np.full((len(x), 2), 0.5), ["a", "b"], (1, 28, 28))
    with pytest.raises(TypeError, match="PyTorch or Keras"):
        axioms.dummy(blackbox, digit, Occlusion())
    with pytest.raises(ValueError, match="must rise from black"):
        axioms.sensitivity(mnist, np.zeros((1, 28, 28), np.float32), Saliency())
    with pytest.raises(TypeError, match="made of PyTorch modules"):
        axioms.invariance(blackbox, digit, Occlusion())


def test_the_example_in_the_documentation_runs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "trust.md").read_text(encoding="utf-8")
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.S) if "axioms.invariance" in block)
    made: dict[str, object] = {}
    exec(compile(code, "trust.md", "exec", dont_inherit=True), made)
    assert made["found"].relative > 0.1
