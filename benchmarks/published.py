"""The network on which interpolants were published, from its own file of weights, as a torch module.

A Keras Sequential for CIFAR-10 from microsoft/nnitp (MIT), read from models/nnitp_cifar10.h5 in SEEWHY_DATA; its
layers keep their numbers.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.cifar10 import Cifar10

FILE = Path(os.environ.get("SEEWHY_DATA", "")) / "models" / "nnitp_cifar10.h5"
POOLS = ("6", "14")  # the first and the second max-pooling
MEAN, STD = 120.70756512369792, 64.1500758911213  # of all 8-bit values of the training images


def published() -> PyTorchClassifier:
    """The published classifier; ModuleNotFoundError without h5py, FileNotFoundError without the file."""
    import h5py

    with h5py.File(FILE) as file:
        layers = json.loads(file.attrs["model_config"])["config"]
        layers = layers if isinstance(layers, list) else layers["layers"]
        module = nn.Sequential(*(_layer(each, file["model_weights"]) for each in layers))
    return PyTorchClassifier(
        module.eval(), Cifar10.labels, (3, 32, 32), MEAN / 255, (STD + 1e-7) / 255, name="published"
    )


def _layer(facts: dict[str, Any], file: Any) -> nn.Module:
    settings = facts["config"]
    group = file[settings["name"]]
    weights = [torch.from_numpy(group[name][()]) for name in group.attrs["weight_names"]]
    match facts["class_name"]:
        case "Conv2D":
            kernel = weights[0].permute(3, 2, 0, 1).contiguous()
            padding = "same" if kernel.shape[2] > 1 else 0
            conv = nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel.shape[2], padding=padding)
            return _filled(conv, weight=kernel, bias=weights[1])
        case "BatchNormalization":
            norm = nn.BatchNorm2d(len(weights[0]), settings["epsilon"])
            names = ("weight", "bias", "running_mean", "running_var")
            return _filled(norm, **dict(zip(names, weights, strict=True)))
        case "MaxPooling2D":
            return nn.MaxPool2d(settings["pool_size"][0])
        case "Activation":
            return nn.ELU()
        case "Dropout":
            return nn.Dropout(settings["rate"])
        case "Flatten":
            return nn.Flatten()
        case "Dense":
            kernel = weights[0].reshape(4, 4, 128, -1).permute(3, 2, 0, 1).flatten(1)  # it was flattened as H, W, C
            return _filled(nn.Linear(kernel.shape[1], len(kernel)), weight=kernel, bias=weights[1])
    raise ValueError(f"the published network has no layer of kind {facts['class_name']!r}; is this another file?")


def _filled(layer: nn.Module, **tensors: Tensor) -> nn.Module:
    layer.load_state_dict(tensors, strict=False)
    return layer
