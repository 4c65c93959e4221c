"""Class activation maps whose values can be written down by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.eigen_cam import EigenCam
from seewhy.explainers.grad_cam import GradCam
from seewhy.explainers.grad_cam_plus_plus import GradCamPlusPlus
from seewhy.explainers.layer_cam import LayerCam
from seewhy.explainers.score_cam import ScoreCam
from seewhy.targets import ClassScore

IMAGE = torch.from_numpy(np.random.default_rng(5).random((1, 1, 6, 6), dtype=np.float32))


class Averaged(nn.Module):
    """Two maps with known weights: logit k is the mean of map k."""

    def __init__(self, *weights: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, len(weights), 1, bias=False)
        self.conv.weight.data = torch.tensor(weights).reshape(-1, 1, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x).mean((2, 3))


@pytest.fixture
def averaged() -> PyTorchClassifier:
    """Map 0 is the image and gives logit 0; map 1 is three times the image and gives logit 1."""
    return PyTorchClassifier(Averaged(1.0, 3.0), ["one", "three"], (1, 6, 6))


def test_grad_cam_plus_plus_of_averaged_maps_is_known(averaged):
    found = GradCamPlusPlus().attribute(averaged, IMAGE, ClassScore(1))
    g, total = 1 / 36, 3 * float(IMAGE.sum())
    weight = 36 * g / (2 + g * total)
    torch.testing.assert_close(found.arrays["weights"][0], torch.tensor([0.0, weight]))
    torch.testing.assert_close(found.values[0], weight * 3 * IMAGE[0, 0])


def test_grad_cam_plus_plus_says_when_maps_are_below_zero():
    model = PyTorchClassifier(Averaged(1.0, -9.0), ["one", "below"], (1, 6, 6))
    notes = GradCamPlusPlus().attribute(model, IMAGE, ClassScore(1)).notes[0]
    assert any("choose the ReLU behind it" in line for line in notes["warnings"])


def test_layer_cam_of_averaged_maps_is_known(averaged):
    torch.testing.assert_close(LayerCam().attribute(averaged, IMAGE, ClassScore(1)).values[0], 3 * IMAGE[0, 0] / 36)
    against = LayerCam().attribute(averaged, IMAGE, ClassScore(0, versus=1))
    torch.testing.assert_close(against.values[0], IMAGE[0, 0] / 36)  # what speaks for class 1 is dropped


@pytest.mark.parametrize("centred", [True, False])
def test_eigen_cam_of_copies_of_one_pattern_is_that_pattern(averaged, centred):
    found = EigenCam(centred=centred).attribute(averaged, IMAGE, ClassScore(1))
    pattern = IMAGE[0, 0] - centred * IMAGE.mean()
    torch.testing.assert_close(found.values[0], 10**0.5 * pattern.clamp(min=0))  # maps 1·x and 3·x
    assert float(found.arrays["share"]) == pytest.approx(1)
    assert "same for every class" in found.notes[0]["warnings"][0]


def test_score_cam_of_averaged_maps_is_known():
    model = PyTorchClassifier(Averaged(1.0, -1.0), ["one", "below"], (1, 6, 6))
    found = ScoreCam().attribute(model, IMAGE, ClassScore(0))
    x = IMAGE[0, 0]
    mask = (x - x.min()) / (x.max() - x.min())
    scores = torch.stack([(x * mask).mean(), (x * (1 - mask)).mean()])
    torch.testing.assert_close(found.arrays["scores"][0], scores)
    weights = torch.softmax(scores, 0)
    torch.testing.assert_close(found.values[0], (weights[0] - weights[1]) * x)
    assert (found.notes[0]["maps"], found.notes[0]["maps_tried"]) == (2, 2)


def test_score_cam_tries_the_maps_that_vary_most(averaged):
    found = ScoreCam(channels=1).attribute(averaged, IMAGE, ClassScore(1))
    assert found.arrays["weights"][0].tolist() == [0, 1]
    torch.testing.assert_close(found.values[0], 3 * IMAGE[0, 0])
    assert found.notes[0]["maps_tried"] == 1


def test_score_cam_of_a_map_that_does_not_vary_is_finite(averaged):
    assert torch.isfinite(ScoreCam().attribute(averaged, torch.full((1, 1, 6, 6), 0.5), ClassScore(0)).values).all()


def test_the_votes_of_averaged_maps_are_kept_loudest_first(averaged):
    found = GradCam().attribute(averaged, IMAGE, ClassScore(0, versus=1)).arrays
    assert found["loudest"][0].tolist() in ([0, 1], [1, 0])  # one for, one against, equally loud
    torch.testing.assert_close(found["summed"][0], IMAGE[0, 0] / 36 - 3 * IMAGE[0, 0] / 36)
    assert not found["small_map"].any()
    torch.testing.assert_close(found["loudest_maps"][0].sum(0), 4 * IMAGE[0, 0])
