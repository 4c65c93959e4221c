"""Tiny models whose explanations can be written down by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seewhy import images
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.grad_cam import GradCam
from seewhy.explainers.gradients import Saliency
from seewhy.explainers.input_x_gradient import InputXGradient
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.explainers.layers import default_layer
from seewhy.explainers.occlusion import Occlusion
from seewhy.explainers.paths import gauss_legendre
from seewhy.progress import reporting_to
from seewhy.targets import ClassScore

RNG = np.random.default_rng(5)
IMAGE = torch.from_numpy(RNG.random((1, 1, 6, 6), dtype=np.float32))


def weights(linear: PyTorchClassifier, index: int) -> torch.Tensor:
    return linear.module[1].weight[index].detach().reshape(6, 6)


def test_a_linear_models_saliency_is_the_size_of_its_weights(linear):
    values = Saliency().attribute(linear, IMAGE, ClassScore(1)).values[0]
    torch.testing.assert_close(values, weights(linear, 1).abs())
    signed = Saliency(absolute=False).attribute(linear, IMAGE, ClassScore(1)).values[0]
    torch.testing.assert_close(signed, weights(linear, 1))


def test_a_linear_models_input_x_gradient_is_weight_times_pixel(linear):
    found = InputXGradient().attribute(linear, IMAGE, ClassScore(1))
    torch.testing.assert_close(found.values[0], weights(linear, 1) * IMAGE[0, 0])
    bias = float(linear.module[1].bias[1].detach())
    assert found.notes[0]["sum"] == pytest.approx(found.notes[0]["score"] - bias, abs=1e-5)


@pytest.mark.parametrize("steps", [1, 2, 50])
@pytest.mark.parametrize(("baseline", "start"), [("black", 0.0), ("grey", 0.5), ("white", 1.0)])
def test_a_linear_models_integrated_gradients_are_weight_times_change(linear, steps, baseline, start):
    found = IntegratedGradients(steps=steps, baseline=baseline).attribute(linear, IMAGE, ClassScore(2))
    torch.testing.assert_close(found.values[0], weights(linear, 2) * (IMAGE[0, 0] - start))
    assert abs(found.notes[0]["gap"]) < 1e-5


def test_class_against_class_is_the_difference_of_the_maps(linear):
    found = IntegratedGradients().attribute(linear, IMAGE, ClassScore(2, versus=0)).values[0]
    torch.testing.assert_close(found, (weights(linear, 2) - weights(linear, 0)) * IMAGE[0, 0])


def test_the_mean_and_a_picture_are_baselines_too(linear):
    mean = IntegratedGradients(baseline="mean").attribute(linear, IMAGE, ClassScore(0)).values[0]
    torch.testing.assert_close(mean, weights(linear, 0) * (IMAGE[0, 0] - IMAGE.mean()))
    other = RNG.random((1, 6, 6), dtype=np.float32)
    with images.addresses_read_by({"somewhere": other}.__getitem__):
        recipe = IntegratedGradients(baseline="somewhere")
        values = recipe.attribute(linear, IMAGE, ClassScore(0)).values[0]
    assert recipe.addresses() == ("somewhere",)
    torch.testing.assert_close(values, weights(linear, 0) * (IMAGE[0, 0] - torch.from_numpy(other[0])))


class Cube(nn.Module):
    """Logit 0 is the sum of the cubes of all pixels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = (x**3).sum((1, 2, 3))
        return torch.stack([total, -total], 1)


def test_gauss_legendre_is_exact_on_a_cube_with_two_steps():
    model = PyTorchClassifier(Cube(), ["up", "down"], (1, 6, 6))
    found = IntegratedGradients(steps=2).attribute(model, IMAGE, ClassScore(0))
    torch.testing.assert_close(found.values[0], IMAGE[0, 0] ** 3)
    assert found.notes[0]["relative_gap"] < 1e-6
    coarse = IntegratedGradients(steps=1).attribute(model, IMAGE, ClassScore(0)).notes[0]
    assert coarse["relative_gap"] == pytest.approx(0.25, abs=1e-4)  # 3 (½)² = ¾ instead of 1
    assert "use more steps" in coarse["warnings"][0]


def test_points_lie_inside_and_weights_add_up_to_one():
    for steps in (1, 5, 50, 333):
        points, shares = gauss_legendre(steps)
        assert points.min() > 0
        assert points.max() < 1
        assert float(shares.sum()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 51, 300])
def test_points_and_weights_are_those_of_another_derivation(steps):
    points, shares = gauss_legendre(steps)
    expected_points, expected_shares = np.polynomial.legendre.leggauss(steps)
    np.testing.assert_allclose(points, (expected_points + 1) / 2, atol=1e-14)
    np.testing.assert_allclose(shares, expected_shares / 2, rtol=1e-9)


def test_the_path_arrays_tell_the_same_story(residual, colours):
    found = IntegratedGradients(steps=30).attribute(residual, colours, ClassScore(3))
    torch.testing.assert_close(found.arrays["partial_sums"][:, -1], found.values.sum((1, 2)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.arrays["partial_maps"][:, -1], found.values)
    torch.testing.assert_close(
        found.arrays["partial_maps"].sum((2, 3)), found.arrays["partial_sums"], rtol=1e-3, atol=1e-4
    )
    assert found.arrays["alphas"].shape == (4, 30)


def test_an_image_that_equals_its_baseline_is_nothing_to_explain(linear):
    notes = IntegratedGradients().attribute(linear, torch.zeros(1, 1, 6, 6), ClassScore(0)).notes[0]
    assert notes["share_equal_to_baseline"] == 1
    assert "nothing to explain" in notes["warnings"][0]


def test_a_linear_models_occlusion_by_single_pixels_is_weight_times_pixel(linear):
    found = Occlusion(patch=1, stride=1).attribute(linear, IMAGE, ClassScore(1))
    torch.testing.assert_close(found.values[0], weights(linear, 1) * IMAGE[0, 0], atol=1e-6, rtol=1e-4)


def test_the_border_is_cut_or_the_last_patch_pushed_inside(linear):
    cut = Occlusion(patch=4, stride=4).attribute(linear, IMAGE, ClassScore(0))
    assert cut.arrays["tops"][0].tolist() == [0, 4]
    drop = (weights(linear, 0) * IMAGE[0, 0])[4:, 4:].sum()
    torch.testing.assert_close(cut.values[0, 5, 5], drop, atol=1e-5, rtol=1e-4)
    inside = Occlusion(patch=4, stride=4, border="inside").attribute(linear, IMAGE, ClassScore(0))
    assert inside.arrays["lefts"][0].tolist() == [0, 2]
    drop = (weights(linear, 0) * IMAGE[0, 0])[2:, 2:].sum()
    torch.testing.assert_close(inside.values[0, 5, 5], drop, atol=1e-5, rtol=1e-4)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.sampled_from(["cut", "inside"]))
@settings(max_examples=60, deadline=None)
def test_inside_the_border_no_pixel_is_missed_when_patches_overlap(patch, width, stride, border):
    recipe = Occlusion(patch=patch, width=width, stride=stride, border=border)
    torch.manual_seed(1)
    model = PyTorchClassifier(nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), ["a", "b", "c"], (1, 6, 6))
    found = recipe.attribute(model, IMAGE, ClassScore(1))
    tops, lefts = found.arrays["tops"][0].tolist(), found.arrays["lefts"][0].tolist()
    total, times = np.zeros((6, 6)), np.zeros((6, 6))
    for r, top in enumerate(tops):
        for c, left in enumerate(lefts):
            total[top : top + patch, left : left + width] += float(found.arrays["windows"][0, r, c])
            times[top : top + patch, left : left + width] += 1
    np.testing.assert_allclose(found.values[0], total / np.maximum(times, 1), atol=1e-6)
    if stride <= min(patch, width):
        assert times.min() >= 1
    if border == "inside":
        assert max(tops) + patch <= 6
        assert max(lefts) + width <= 6


def test_a_patch_larger_than_the_image_is_said(linear):
    with pytest.raises(ValueError, match="patch must fit into the image, which is 6 pixels high, got 9"):
        Occlusion(patch=9).attribute(linear, IMAGE, ClassScore(0))


def test_occlusion_offers_a_growing_map_while_it_runs(residual, colours):
    maps: list[np.ndarray] = []

    class Listener:
        cancelled = False

        def progress(self, *_: object) -> None: ...

        def partial(self, values: np.ndarray) -> None:
            maps.append(values)

    with reporting_to(Listener()):
        final = Occlusion(patch=3, stride=1).attribute(residual, colours[:1], ClassScore(0)).values[0].numpy()
    assert len(maps) > 3
    np.testing.assert_allclose(maps[-1], final, atol=1e-6)
    filled = [int((m != 0).sum()) for m in maps]
    assert filled == sorted(filled)


class Averaged(nn.Module):
    """Two maps with known weights: logit k is the mean of map k."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1, bias=False)
        self.conv.weight.data = torch.tensor([1.0, -2.0]).reshape(2, 1, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x).mean((2, 3))


def test_grad_cam_of_averaged_maps_is_known():
    model = PyTorchClassifier(Averaged(), ["for", "against"], (1, 6, 6))
    found = GradCam().attribute(model, IMAGE, ClassScore(0))
    torch.testing.assert_close(found.arrays["weights"][0], torch.tensor([1 / 36, 0.0]))
    torch.testing.assert_close(found.values[0], IMAGE[0, 0] / 36)
    nothing = GradCam().attribute(model, IMAGE, ClassScore(1))
    assert not nothing.values.any()
    assert "'conv'" in nothing.notes[0]["warnings"][0]


def test_grad_cam_enlarges_a_small_map(residual, colours):
    found = GradCam(layer="down").attribute(residual, colours, ClassScore(1))
    assert found.arrays["small_map"].shape == (4, 10, 12)
    assert found.values.shape == (4, 20, 24)
    assert found.values.min() >= 0
    assert found.values.max() <= found.arrays["small_map"].max() + 1e-6


def test_grad_cam_defaults_to_the_end_of_the_convolutional_part(residual):
    assert default_layer(residual) == "relu"  # runs last after the strided convolution


def test_grad_cam_refuses_what_has_no_maps(linear):
    assert "needs convolution layers; linear has none" in (GradCam.refusal(linear) or "")
    with pytest.raises(TypeError, match="needs convolution layers"):
        GradCam()(linear, IMAGE[0].numpy())


def test_grad_cam_refuses_a_layer_without_maps(residual, colours):
    with pytest.raises(ValueError, match=r"gives \(4, 5\)"):
        GradCam(layer="head").attribute(residual, colours, ClassScore(0))
