"""The app on a free port, with more models: one with known weights, two that take their time."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from seewhy.web.threads import prepare_threads

prepare_threads()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

from seewhy import load  # noqa: E402
from seewhy.classifiers.base import Classifier  # noqa: E402
from seewhy.web.app import serve  # noqa: E402
from seewhy.workbench import Workbench  # noqa: E402

LABELS = [str(digit) for digit in range(10)]


def known() -> Classifier:
    """Class 0 likes light on the left half and dislikes it on the right; class 1 the other way round."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(784, 10, bias=False))
    sides = torch.ones(28, 28)
    sides[:, 14:] = -1
    with torch.no_grad():
        module[1].weight.zero_()
        module[1].weight[0] = sides.flatten() / 10
        module[1].weight[1] = -sides.flatten() / 10
    return load(module, labels=LABELS, input_shape=(1, 28, 28), name="known")


def slow() -> Classifier:
    """A black box that needs a tenth of a second for each batch."""

    def think(pixels: np.ndarray) -> np.ndarray:
        time.sleep(0.1)
        light = pixels.mean((1, 2, 3))
        return np.stack([light, 1 - light, *[np.zeros_like(light)] * 8], 1)

    return load(think, labels=LABELS, input_shape=(1, 28, 28), name="slow")


class Sleepy(nn.Module):
    """Takes a tenth of a second for each batch, but shows its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, stride=4)
        self.relu = nn.ReLU()
        self.head = nn.Linear(144, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 10)."""
        time.sleep(0.1)
        return self.head(self.relu(self.conv(x)).flatten(1))


def sleepy() -> Classifier:
    """Layers to look into, slowly."""
    torch.manual_seed(0)
    return load(Sleepy(), labels=LABELS, input_shape=(1, 28, 28), name="sleepy")


if __name__ == "__main__":
    port, cache = int(sys.argv[1]), Path(sys.argv[2])
    models = {model.name: model for model in (load("mnist-cnn"), known(), slow(), sleepy())}  # the first is shown first
    serve(Workbench(cache=cache, models=models, paths=False), "127.0.0.1", port, open_browser=False)
