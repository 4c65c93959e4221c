"""Integrated Gradients that refines until the map is as exact as was asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import load
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.digits import Digits
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.progress import Cancelled, reporting_to
from seewhy.targets import ClassScore

IMAGE = torch.from_numpy(np.random.default_rng(5).random((1, 1, 6, 6), dtype=np.float32))


def refined(model, x, target=None, tolerance=0.01, steps=500, **settings):
    return IntegratedGradients(tolerance=tolerance, steps=steps, **settings).attribute(
        model, x, target or ClassScore(0)
    )


class Known(nn.Module):
    """Logit 0 is a function of all pixels."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = self.function(x)
        return torch.stack([total, -total], 1)


def known(function) -> PyTorchClassifier:
    return PyTorchClassifier(Known(function), ["up", "down"], (1, 6, 6))


def test_a_linear_model_is_exact_with_the_first_gradients(linear):
    found = refined(linear, IMAGE, ClassScore(2), tolerance=1e-4)
    weights = linear.module[1].weight[2].detach().reshape(6, 6)
    torch.testing.assert_close(found.values[0], weights * IMAGE[0, 0])
    assert found.notes[0]["gradients"] == 9
    assert found.notes[0]["tolerance_reached"]
    assert not found.notes[0]["warnings"]


@pytest.mark.parametrize("tolerance", [0.05, 0.01, 0.001])
def test_a_cube_comes_within_the_tolerance(tolerance):
    found = refined(known(lambda x: (x**3).sum((1, 2, 3))), IMAGE, tolerance=tolerance)
    truth = IMAGE[0, 0] ** 3
    error = float((found.values[0] - truth).norm() / truth.norm())
    assert found.notes[0]["tolerance_reached"]
    assert error <= tolerance
    assert error / 3 <= found.notes[0]["estimated_error"] <= 3 * error


def test_a_kink_is_found():
    left, right = IMAGE[0, 0, :, :3].sum(), IMAGE[0, 0, :, 3:].sum()
    model = known(lambda x: (x[..., 3:].sum((1, 2, 3)) - 0.3721 * right).clamp(min=0) * 4 + x[..., :3].sum((1, 2, 3)))
    found = refined(model, IMAGE, tolerance=0.001)
    note, alphas = found.notes[0], found.arrays["alphas"][0]
    torch.testing.assert_close(found.values[0, :, :3], IMAGE[0, 0, :, :3])
    torch.testing.assert_close(found.values[0, :, 3:], 4 * (1 - 0.3721) * IMAGE[0, 0, :, 3:], rtol=2e-3, atol=0)
    assert note["score"] == pytest.approx(float(left + 4 * (1 - 0.3721) * right), rel=1e-4)
    assert note["tolerance_reached"]
    assert note["gradients"] < 80
    assert ((alphas - 0.3721).abs() < 0.01).sum() >= 4


def test_the_estimate_is_near_the_truth_on_digits():
    model, digits = load("mnist-cnn"), Digits()
    x = torch.from_numpy(np.stack([digits.sample("test", index).image for index in range(4)]))
    for target in (ClassScore(3), ClassScore(3, output="probability")):
        truth = IntegratedGradients(steps=600).attribute(model, x, target).channels
        found = refined(model, x, target, tolerance=0.02)
        true = ((found.channels - truth).flatten(1).norm(dim=1) / truth.flatten(1).norm(dim=1)).tolist()
        ratios = [note["estimated_error"] / error for note, error in zip(found.notes, true, strict=True)]
        assert np.mean([1 / 3 < ratio < 3 for ratio in ratios]) >= 0.9, ratios


def small_net(seed: int, activation: nn.Module) -> PyTorchClassifier:
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 12, 3, padding=1), activation, nn.MaxPool2d(2), nn.Conv2d(12, 24, 3, padding=1), activation]
    net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(24 * 6 * 6, 4))
    for parameter in net.parameters():
        parameter.data.mul_(2)
    return PyTorchClassifier(net, ["a", "b", "c", "d"], (3, 12, 12), mean=0.5, std=0.25)


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.LeakyReLU(0.2), nn.GELU(), nn.Sigmoid()], ids=repr)
@pytest.mark.parametrize("output", ["logit", "probability"])
def test_the_estimate_is_near_the_truth_on_small_nets(activation, output):
    ratios = []
    for seed in range(5):
        model = small_net(seed, activation)
        x = torch.rand(4, 3, 12, 12, generator=torch.Generator().manual_seed(seed))
        target = ClassScore(seed % 4, output=output)
        truth = IntegratedGradients(steps=600).attribute(model, x, target).channels
        found = refined(model, x, target, tolerance=0.02)
        true = ((found.channels - truth).flatten(1).norm(dim=1) / truth.flatten(1).norm(dim=1)).tolist()
        ratios += [note["estimated_error"] / error for note, error in zip(found.notes, true, strict=True)]
    assert np.mean([1 / 3 < ratio < 3 for ratio in ratios]) >= 0.9, sorted(ratios)


def test_a_batch_refines_each_image_alone(residual, colours):
    colours = colours * torch.tensor([0.1, 0.4, 1, 1]).reshape(4, 1, 1, 1)
    together = refined(residual, colours, ClassScore(2))
    assert len({note["gradients"] for note in together.notes}) > 1
    for index, image in enumerate(colours):
        alone = refined(residual, image[None], ClassScore(2))
        assert alone.notes[0]["gradients"] == together.notes[index]["gradients"]
        torch.testing.assert_close(together.values[index], alone.values[0], rtol=1e-4, atol=1e-5)
        steps = alone.arrays["alphas"].shape[1]
        for name in ("alphas", "path_scores", "partial_sums", "partial_maps"):
            row, single = together.arrays[name][index], alone.arrays[name][0]
            torch.testing.assert_close(row[:steps], single, rtol=1e-3, atol=1e-4)
            torch.testing.assert_close(row[steps:], row[steps - 1 : steps].expand_as(row[steps:]))


def test_the_path_arrays_tell_the_same_story(residual, colours):
    found = refined(residual, colours, ClassScore(3))
    arrays = found.arrays
    assert (arrays["alphas"].diff(dim=1) >= 0).all()
    torch.testing.assert_close(arrays["alphas"][:, [0, -1]], torch.tensor([0.0, 1.0]).expand(4, 2))
    torch.testing.assert_close(arrays["partial_sums"][:, -1], found.values.sum((1, 2)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(arrays["partial_maps"][:, -1], found.values, rtol=1e-4, atol=1e-6)
    for row, note in zip(arrays["path_scores"], found.notes, strict=True):
        assert float(row[0]) == pytest.approx(note["baseline_score"], abs=1e-4)
        assert float(row[-1]) == pytest.approx(note["score"], abs=1e-4)


def test_too_few_steps_are_said(residual, colours):
    found = refined(residual, colours, ClassScore(2, output="probability"), tolerance=1e-4, steps=12)
    for note in found.notes:
        assert note["gradients"] == 12
        assert not note["tolerance_reached"]
        assert "tolerance of 0.01% was not reached with 12 steps" in note["warnings"][-1]


def test_a_tolerance_needs_room():
    with pytest.raises(ValueError, match="steps must be at least 9 with a tolerance, got 8"):
        IntegratedGradients(tolerance=0.01, steps=8)


def test_an_image_that_equals_its_baseline_needs_no_refining(linear):
    note = refined(linear, torch.zeros(1, 1, 6, 6)).notes[0]
    assert note["gradients"] == 9
    assert note["tolerance_reached"]
    assert "nothing to explain" in note["warnings"][0]


def test_the_model_is_left_as_it_was(residual, colours):
    residual.module(colours).sum().backward()
    before = [p.grad.clone() for p in residual.module.parameters()]
    residual.module.train()
    refined(residual, colours, steps=20)
    assert residual.module.norm.training
    assert all(torch.equal(p.grad, b) for p, b in zip(residual.module.parameters(), before, strict=True))
    assert not colours.requires_grad


def test_it_can_be_stopped_and_shows_the_map_so_far(residual, colours):
    maps = []

    class Impatient:
        @property
        def cancelled(self):
            return len(maps) == 2

        def progress(self, *_: object) -> None: ...

        def partial(self, values: np.ndarray) -> None:
            maps.append(values)

    with reporting_to(Impatient()), pytest.raises(Cancelled):
        refined(residual, colours, tolerance=1e-4)
    assert [values.shape for values in maps] == [(20, 24)] * 2


def test_a_sketch_does_not_refine():
    sketch = IntegratedGradients(tolerance=0.01, steps=300).sketch()
    assert sketch.tolerance is None
    assert sketch.steps == 16
