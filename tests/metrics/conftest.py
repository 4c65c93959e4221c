"""A linear model whose evidence is known, with its picture, its true map and the place of its evidence."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import nn

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.targets import ClassScore

SIDE = 12


class Known(NamedTuple):
    """A model that reads one square of the picture only.

    x: (1, 1, H, W); values: the true share of each pixel in the score (H, W); mask: where they are not 0.
    """

    model: PyTorchClassifier
    x: torch.Tensor
    target: ClassScore
    values: torch.Tensor
    mask: torch.Tensor


@pytest.fixture
def known() -> Known:
    """Weights from .5 to 1.5 inside rows 2–5 and columns 5–8, 0 elsewhere; pixels from .2 to 1."""
    generator = torch.Generator().manual_seed(5)
    mask = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    mask[2:6, 5:9] = True
    weights = torch.where(mask, torch.rand(SIDE, SIDE, generator=generator) + 0.5, torch.tensor(0.0))
    layer = nn.Linear(SIDE * SIDE, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.stack([weights.flatten(), torch.zeros(SIDE * SIDE)]))
        layer.bias.zero_()
    model = PyTorchClassifier(nn.Sequential(nn.Flatten(), layer), ["something", "nothing"], (1, SIDE, SIDE))
    x = 0.2 + 0.8 * torch.rand(1, 1, SIDE, SIDE, generator=generator)
    return Known(model, x, ClassScore(0), (weights * x[0, 0]).detach(), mask)
