"""The published model with its data, and one recording of it for all tests of a session."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.cifar10 import Cifar10
from seewhy.inference.activations import Activations, record

FIRST_POOL, SECOND_POOL = "6", "14"  # the layers by their place in the published list


@pytest.fixture(scope="session")
def session_data() -> Path:
    """The folder SEEWHY_DATA names, with the published model in it; what needs it is skipped where there is none."""
    folder = os.environ.get("SEEWHY_DATA")
    if not folder or not (Path(folder) / "models" / "nnitp_cifar10.h5").is_file():
        pytest.skip("needs SEEWHY_DATA, a folder with cifar10/ and models/nnitp_cifar10.h5 in it")
    return Path(folder)


@pytest.fixture(scope="session")
def cifar10(session_data: Path) -> Cifar10:
    """CIFAR-10 as it was published."""
    return Cifar10(session_data)


@pytest.fixture(scope="session")
def published(session_data: Path, cifar10: Cifar10) -> PyTorchClassifier:
    """The published network in its own order of layers, without the softmax at its end."""
    h5py = pytest.importorskip("h5py")
    times = np.bincount(cifar10.pixels("train").reshape(-1), minlength=256)  # how often each brightness occurs
    mean = float(np.average(np.arange(256), weights=times))
    std = float(np.average((np.arange(256) - mean) ** 2, weights=times)) ** 0.5
    with h5py.File(session_data / "models" / "nnitp_cifar10.h5") as file:
        weights = file["model_weights"]
        layers: list[nn.Module] = []
        for number, (channels, width) in enumerate(
            [(3, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128)], start=1
        ):
            layers += [_convolution(weights, number, channels, width), nn.ELU(), _norm(weights, number, width)]
            if number % 2 == 0:
                layers += [nn.MaxPool2d(2), nn.Dropout(0.2)]
        layers += [_Flatten(), _dense(weights)]
    return PyTorchClassifier(
        nn.Sequential(*layers), Cifar10.labels, (3, 32, 32), mean / 255, (std + 1e-7) / 255, "published"
    )


@pytest.fixture(scope="session")
def recordings(
    published: PyTorchClassifier, cifar10: Cifar10, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Activations]:
    """Both splits of 20,000 and 10,000 images at the two poolings, in full precision."""
    folder = tmp_path_factory.mktemp("activations")
    layers = [FIRST_POOL, SECOND_POOL]
    return {s: record(published, cifar10, s, layers, 20_000, folder, values="float32") for s in ("train", "test")}


class _Flatten(nn.Module):
    """Maps to rows in the order height, width, channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, U)."""
        return x.permute(0, 2, 3, 1).flatten(1)


def _array(weights, layer: str, name: str) -> torch.Tensor:
    return torch.from_numpy(weights[f"{layer}/{layer}/{name}:0"][()])


def _convolution(weights, number: int, channels: int, width: int) -> nn.Module:
    made = nn.Conv2d(channels, width, 3, padding=1)
    made.weight.data = _array(weights, f"conv2d_{number}", "kernel").permute(3, 2, 0, 1).contiguous()
    made.bias.data = _array(weights, f"conv2d_{number}", "bias")
    return made


def _norm(weights, number: int, width: int) -> nn.Module:
    made, name = nn.BatchNorm2d(width, eps=1e-3), f"batch_normalization_{number}"
    made.weight.data, made.bias.data = _array(weights, name, "gamma"), _array(weights, name, "beta")
    made.running_mean, made.running_var = (_array(weights, name, f"moving_{what}") for what in ("mean", "variance"))
    return made


def _dense(weights) -> nn.Module:
    made = nn.Linear(2048, 10)
    made.weight.data = _array(weights, "dense_1", "kernel").T.contiguous()
    made.bias.data = _array(weights, "dense_1", "bias")
    return made
