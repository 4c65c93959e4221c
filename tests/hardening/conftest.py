"""The small world of `bars` as fixtures."""

from __future__ import annotations

import pytest
import torch
from tests.hardening.bars import LABELS, SIDE, Bars, network
from torch import nn

from seewhy.classifiers.pytorch import PyTorchClassifier


@pytest.fixture(scope="session")
def bars() -> Bars:
    return Bars()


@pytest.fixture(scope="session")
def learnt(bars: Bars) -> PyTorchClassifier:
    """A network that is right about every bar, and sure of anything else too."""
    made = network()
    optimiser = torch.optim.Adam(made.parameters(), 3e-3)
    x = torch.from_numpy(bars.pixels("train")).float()[:, None] / 255
    y = torch.from_numpy(bars.truth("train"))
    for _ in range(40):
        optimiser.zero_grad()
        nn.functional.cross_entropy(made((x - 0.2) / 0.3), y).backward()
        optimiser.step()
    optimiser.zero_grad()
    return PyTorchClassifier(made.eval(), LABELS, (1, SIDE, SIDE), 0.2, 0.3, name="bars-net")
