"""What may mislead in any map stands beside it: one test a mistake, and none where all is well."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import seewhy
from seewhy import catalog
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.cautions import share_hidden, standing_out
from seewhy.explainers.gradients import Saliency


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    """A digit, white on black."""
    return catalog.dataset("digits")().sample("test", 3).image


def said(*asked, **settings) -> str:
    return " ".join(seewhy.explain(*asked, **settings).notes["warnings"])


def test_a_sound_map_has_no_warning(digit) -> None:
    assert said("mnist-cnn", digit) == ""


def test_training_mode_is_said(residual: PyTorchClassifier, colours: torch.Tensor) -> None:
    residual.module.norm.train()
    assert "in training mode (norm" in said(residual, colours[0], "saliency")
    residual.module.eval()
    assert "training" not in said(residual, colours[0], "saliency")


def test_a_flat_softmax_is_said(digit) -> None:
    assert "softmax is flat" in said("mnist-cnn", digit, "saliency", target={"class": 3, "output": "probability"})
    assert "softmax" not in said("mnist-cnn", digit, "saliency", target=3)


def test_a_picture_divided_twice_is_said(digit) -> None:
    assert "twice" in said("mnist-cnn", digit / 255, "saliency")


@pytest.mark.parametrize(("method", "setting"), [("integrated-gradients", "baseline"), ("occlusion", "fill")])
def test_content_in_the_colour_of_the_baseline_is_said(digit, method: str, setting: str) -> None:
    ink_on_paper = 1.0 - (digit > 0.5)
    assert "100% of what stands out in the picture is of the baseline's colour (black)" in said(
        "mnist-cnn", ink_on_paper, method
    )
    assert "baseline" not in said("mnist-cnn", ink_on_paper, method, **{setting: "white"})


def test_a_layer_with_one_place_is_said(residual: PyTorchClassifier, colours: torch.Tensor) -> None:
    found = seewhy.explain(residual, colours[0], "grad-cam", layer="pool")
    assert "one place" in " ".join(found.notes["warnings"])
    assert np.ptp(found.values) < 1e-6


def test_a_batch_is_warned_image_by_image(digit) -> None:
    model = seewhy.load("mnist-cnn")
    (bright,), (dark,) = Saliency().many(model, [digit, digit / 255])
    assert not bright.notes["warnings"]
    assert len(dark.notes["warnings"]) == 1


def test_what_stands_out_is_what_differs_from_the_border() -> None:
    x = torch.ones(1, 6, 6)
    x[0, 2:4, 2:4] = torch.tensor([[0.0, 0.0], [0.0, 0.5]])
    assert standing_out(x).sum() == 3.5
    assert share_hidden(x, torch.zeros_like(x)) == pytest.approx(3 / 3.5)
    assert share_hidden(x, torch.ones_like(x)) == 0
    assert share_hidden(torch.ones(1, 6, 6), torch.ones(1, 6, 6)) == 0
