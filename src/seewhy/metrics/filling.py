"""What stands where pixels were taken away: a plain colour, the picture's mean or its blur, or its surroundings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from seewhy import images

Fill = Literal["black", "white", "grey", "mean", "blur"]
Filler = Callable[[Tensor], Tensor]  # where pixels are gone, (B, H, W), to pictures (B, C, H, W)

_LEVELS = {"black": 0.0, "grey": 0.5, "white": 1.0}


def filler(fill: Fill, x: Tensor) -> Filler:
    """What takes pixels of `x` (1, C, H, W) away and lays `fill` in their place."""
    under = _plain(fill, x)

    def take(gone: Tensor) -> Tensor:
        return torch.where(gone[:, None].to(x.device), under, x)

    return take


def _plain(fill: Fill, x: Tensor) -> Tensor:
    if fill in _LEVELS:
        return torch.full_like(x, _LEVELS[fill])
    if fill == "mean":
        return x.mean((2, 3), keepdim=True).expand_as(x)
    return torch.from_numpy(images.blur(x[0].cpu().numpy()))[None].to(x)
