"""The network of the published rules (microsoft/nnitp, MIT) as a PyTorch module, for tests and measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import torch
from torch import Tensor, nn

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.cifar10 import Cifar10

FILE = Path("models", "nnitp_cifar10.h5")  # inside the folder that SEEWHY_DATA names
POOLS = ("6", "14")  # the first and the second max-pooling, by their place in the published list of layers
MEAN, STD = 120.70756512369792, 64.1500758911213  # of all 8-bit values of the training images
WIDTHS = (3, 32, 32, 64, 64, 128, 128)


def published(folder: Path, data: Cifar10) -> PyTorchClassifier:
    """The published weights in the published order of layers, without the softmax at the end.

    Images are normalised by one mean and one standard deviation, over all values of the training set.
    """
    with h5py.File(folder / FILE) as file:
        weights = file["model_weights"]
        layers: list[nn.Module] = []
        for number in range(1, len(WIDTHS)):
            layers += [_convolution(weights, number), nn.ELU(), _norm(weights, number)]
            if number % 2 == 0:
                layers += [nn.MaxPool2d(2), nn.Dropout(0.2)]
        layers += [_Flatten(), _dense(weights)]
    module = nn.Sequential(*layers)
    return PyTorchClassifier(module, data.labels, (3, 32, 32), MEAN / 255, (STD + 1e-7) / 255, "published")


class _Flatten(nn.Module):
    """Maps to rows in the order height, width, channel."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, U)."""
        return x.permute(0, 2, 3, 1).flatten(1)


def _array(weights: Any, layer: str, name: str) -> Tensor:
    return torch.from_numpy(weights[f"{layer}/{layer}/{name}:0"][()])


def _convolution(weights: Any, number: int) -> nn.Module:
    made, name = nn.Conv2d(WIDTHS[number - 1], WIDTHS[number], 3, padding=1), f"conv2d_{number}"
    made.weight.data = _array(weights, name, "kernel").permute(3, 2, 0, 1).contiguous()
    made.bias.data = _array(weights, name, "bias")  # type: ignore[union-attr]
    return made


def _norm(weights: Any, number: int) -> nn.Module:
    made, name = nn.BatchNorm2d(WIDTHS[number], eps=1e-3), f"batch_normalization_{number}"
    made.weight.data, made.bias.data = _array(weights, name, "gamma"), _array(weights, name, "beta")
    made.running_mean, made.running_var = (_array(weights, name, f"moving_{what}") for what in ("mean", "variance"))
    return made


def _dense(weights: Any) -> nn.Module:
    made = nn.Linear(2048, 10)
    made.weight.data = _array(weights, "dense_1", "kernel").T.contiguous()
    made.bias.data = _array(weights, "dense_1", "bias")
    return made
