"""Other ways in which a network may have been shown its pictures while it learned."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Way = Callable[[Tensor], Tensor]
NEGATIVE = "black and white exchanged"


def ways(channels: int) -> dict[str, tuple[str, Way]]:
    """By name: what to do where it is the right one, and x (N, C, H, W) in [0, 1] as the network's input."""
    found: dict[str, tuple[str, Way]] = {
        "values from 0 to 1": ("Load it without mean and std.", lambda x: x),
        "values from 0 to 255": ("Load it with std=1/255.", lambda x: x * 255),
        "values from −1 to 1": ("Load it with mean=0.5, std=0.5.", lambda x: 2 * x - 1),
        NEGATIVE: ("Show it negative pictures: load it with mean=1, std=-1.", lambda x: 1 - x),
    }
    known = (
        {"MNIST's mean and deviation": ((0.1307,), (0.3081,))}
        if channels == 1
        else {
            "ImageNet's means and deviations": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            "CIFAR-10's means and deviations": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
        }
    )
    for name, (mean, std) in known.items():
        found[name] = (f"Load it with mean={_shown(mean)}, std={_shown(std)}.", _normalising(mean, std))
    return found


def _normalising(mean: tuple[float, ...], std: tuple[float, ...]) -> Way:
    middle, width = (torch.tensor(values).reshape(1, -1, 1, 1) for values in (mean, std))
    return lambda x: (x - middle) / width


def _shown(values: tuple[float, ...]) -> str:
    return f"{values[0]}" if len(values) == 1 else f"({', '.join(map(str, values))})"
