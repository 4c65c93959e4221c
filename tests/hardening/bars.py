"""A small world: 10 × 10 pictures with a bar in one of three places, and a network that has learnt them."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from seewhy.datasets.base import ImageSet
from seewhy.hardening.recipe import Hardening

SIDE = 10
LABELS = ("top", "middle", "bottom")
QUICK = Hardening(
    epochs=3, steps=25, batch=24, rubbish=24, nudged=8, each=4, climbing=25, tested=90, attacked=20, pixels=6,
    learning_rate=1e-2, average=0.8, pace=0.1, weight=4.0,
)  # fmt: skip


class Bars(ImageSet):
    """A bright bar on dark noise: its height is the class."""

    name = "bars"
    title = "Bars"
    about = "Made for tests."
    labels = LABELS
    splits = ("train", "test")
    shape = (1, SIDE, SIDE)

    def __init__(self, channels: int = 1) -> None:
        if channels == 3:
            self.shape = (3, SIDE, SIDE)
        self._made = {split: _made(seed, count, channels) for seed, (split, count) in enumerate(_SIZES.items())}

    def size(self, split: str) -> int:
        """How many."""
        return _SIZES[split]

    def pixels(self, split: str) -> np.ndarray:
        """Bytes."""
        return self._made[split][0]

    def truth(self, split: str) -> np.ndarray:
        """The heights."""
        return self._made[split][1]


_SIZES = {"train": 300, "test": 90}


def _made(seed: int, count: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, count)
    pixels = random.integers(0, 60, (count, SIDE, SIDE))
    for image, label in zip(pixels, truth, strict=True):
        left = random.integers(0, 4)
        image[3 * label + 1 : 3 * label + 3, left : left + 6] = 220
    shown = pixels if channels == 1 else np.repeat(pixels[..., None], 3, axis=3)
    return shown.astype(np.uint8), truth


def network(channels: int = 1) -> nn.Sequential:
    """Two convolutions, one of them normalised by the batch, and a linear layer."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.Linear(16 * 25, 3),
    )  # fmt: skip
