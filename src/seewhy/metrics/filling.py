"""What stands where pixels were taken away: a plain colour, the picture's mean or its blur, or its surroundings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from seewhy import images
from seewhy.metrics.imputing import NOISE, impute

Plain = Literal["black", "white", "grey", "mean", "blur"]
Fill = Literal["black", "white", "grey", "mean", "blur", "noisy-linear"]
Filler = Callable[[Tensor], Tensor]  # where pixels are gone, (B, H, W), to pictures (B, C, H, W)

_LEVELS = {"black": 0.0, "grey": 0.5, "white": 1.0}


def filler(fill: Fill, x: Tensor, seed: int = 0) -> Filler:
    """What takes pixels of `x` (1, C, H, W) away and lays `fill` in their place; `seed` is of the noise, if any."""
    if fill == "noisy-linear":
        return noisy_linear(x, NOISE, seed)
    under = _plain(fill, x)

    def take(gone: Tensor) -> Tensor:
        return torch.where(gone[:, None].to(x.device), under, x)

    return take


def noisy_linear(x: Tensor, noise: float, seed: int) -> Filler:
    """What takes pixels away and imputes them (see `imputing`), with the same `noise` at a pixel each time."""
    draws = noise * torch.randn(x.shape, generator=torch.Generator().manual_seed(seed)).to(x)

    def take(gone: Tensor) -> Tensor:
        imputed = impute(x, gone).to(x) + draws
        return torch.where(gone[:, None].to(x.device), imputed.clamp(0, 1), x)

    return take


def _plain(fill: Plain, x: Tensor) -> Tensor:
    if fill in _LEVELS:
        return torch.full_like(x, _LEVELS[fill])
    if fill == "mean":
        return x.mean((2, 3), keepdim=True).expand_as(x)
    return torch.from_numpy(images.blur(x[0].cpu().numpy()))[None].to(x)
