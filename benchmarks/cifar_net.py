"""A six-convolution CIFAR-10 network to measure with: trained here from the pictures in SEEWHY_DATA, never shipped."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from seewhy.classifiers.pytorch import PyTorchClassifier

WIDTHS = (24, 48, 96)
BATCH = 128
PEAK = 4e-3  # highest learning rate of the one-cycle schedule


def classifier(weights: Path | None, epochs: int = 3) -> PyTorchClassifier:
    """The network with the weights of the file; where there is none it is trained first, and written there if named."""
    net = six_convolutions()
    if weights is not None and weights.is_file():
        net.load_state_dict(torch.load(weights, weights_only=True))
    else:
        train(net, epochs)
        if weights is not None:
            torch.save(net.state_dict(), weights)
    labels = json.loads((folder() / "class_names.json").read_text())
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
    return PyTorchClassifier(_folded(net.eval()), labels, (3, 32, 32), mean=mean, std=std, name="six-conv CIFAR net")


def six_convolutions() -> nn.Sequential:
    """Three pairs of 3 × 3 convolutions with batch norm, each pair halved by pooling, and one linear layer."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    before = 3
    for width in WIDTHS:
        for _ in range(2):
            layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * 16, 10))


def train(net: nn.Module, epochs: int) -> None:
    """One cycle of AdamW over mirrored and shifted pictures; the same seed gives the same weights on one machine."""
    x, y = pictures("train"), labels("train")
    mean = torch.tensor([0.4914, 0.4822, 0.4465]).reshape(1, 3, 1, 1)
    std = torch.tensor([0.2470, 0.2435, 0.2616]).reshape(1, 3, 1, 1)
    steps = epochs * -(-len(x) // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), PEAK, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK, total_steps=steps)
    chance, started = torch.Generator().manual_seed(0), time.perf_counter()
    net.train()
    for epoch in range(epochs):
        for step, batch in enumerate(torch.randperm(len(x), generator=chance).split(BATCH)):
            shown = (_shifted(x[batch].float() / 255, chance) - mean) / std
            loss = nn.functional.cross_entropy(net(shown), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            if step % 50 == 0:
                print(f"epoch {epoch} step {step} loss {loss:.3f} {time.perf_counter() - started:.0f} s", flush=True)


def pictures(split: str) -> Tensor:
    """All pictures of "train" or "test" in their order, (N, 3, 32, 32) bytes."""
    strips = [np.asarray(Image.open(path)) for path in sorted(folder().glob(f"{split}_??.png"))]
    return torch.from_numpy(np.concatenate(strips).reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).copy())


def labels(split: str) -> Tensor:
    """The true class of each picture."""
    truth: NDArray[np.uint8] = np.load(folder() / f"{split}_labels.npy")
    return torch.from_numpy(truth.astype(np.int64))


def folder() -> Path:
    """Where the pictures lie: cifar10/ in the folder that SEEWHY_DATA names."""
    return Path(os.environ["SEEWHY_DATA"]) / "cifar10"


def _shifted(x: Tensor, chance: torch.Generator) -> Tensor:
    """Mirrored by chance, and moved by up to two pixels."""
    if torch.rand(1, generator=chance) < 0.5:
        x = x.flip(3)
    down, right = torch.randint(-2, 3, (2,), generator=chance).tolist()
    return nn.functional.pad(x, (2, 2, 2, 2))[:, :, 2 + down : 34 + down, 2 + right : 34 + right]


def _folded(net: nn.Sequential) -> nn.Sequential:
    """The same function with the batch norms inside the convolutions, as it would be run."""
    layers: list[nn.Module] = []
    for layer in net:
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers)
