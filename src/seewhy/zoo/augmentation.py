"""Small, seeded changes that leave a digit the same digit, done to a whole batch of tensors; knows no network."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, conv2d, grid_sample, max_pool2d, pad

_TURN = math.radians(14)
_STRETCH = 0.16  # of the side, along each axis on its own
_SLANT = 0.18
_SHIFT = 2.0  # pixels
_THICKEN, _THIN, _SOFTEN = 0.25, 0.15, 0.15  # of the images; the others keep the pen they were written with


def vary(x: Tensor, generator: torch.Generator) -> Tensor:
    """Another hand and another pen: x (N, 1, H, W) in [0, 1], black paper, to the same shape and range."""
    return _another_pen(_moved(x, generator), generator)


def _moved(x: Tensor, generator: torch.Generator) -> Tensor:
    """Turned, stretched, slanted and shifted a little, each image in its own way."""

    def between(limit: float) -> Tensor:
        return ((torch.rand(len(x), generator=generator) * 2 - 1) * limit).to(x.device)

    turn, slant = between(_TURN), between(_SLANT)
    wide, high = 1 + between(_STRETCH), 1 + between(_STRETCH)
    right, down = between(2 * _SHIFT / x.shape[3]), between(2 * _SHIFT / x.shape[2])
    cos, sin = turn.cos(), turn.sin()
    across = torch.stack([wide * cos, wide * (slant * cos - sin), right], dim=1)
    along = torch.stack([high * sin, high * (slant * sin + cos), down], dim=1)
    grid = affine_grid(torch.stack([across, along], dim=1), list(x.shape), align_corners=False)  # (N, H, W, 2)
    return grid_sample(x, grid, align_corners=False)


def _another_pen(x: Tensor, generator: torch.Generator) -> Tensor:
    """A thicker, thinner or softer line for some images, halfway to fully."""
    choice = torch.rand(len(x), 1, 1, 1, generator=generator).to(x.device)
    amount = 0.3 + 0.7 * torch.rand(len(x), 1, 1, 1, generator=generator).to(x.device)
    thick = max_pool2d(x, 3, stride=1, padding=1)
    cross = torch.maximum(max_pool2d(-x, (1, 3), 1, (0, 1)), max_pool2d(-x, (3, 1), 1, (1, 0)))
    thin, soft = -cross, _softened(x)
    x = torch.where(choice < _THICKEN, x + amount * (thick - x) * 0.7, x)
    x = torch.where((choice >= _THICKEN) & (choice < _THICKEN + _THIN), x + amount * (thin - x) * 0.5, x)
    return torch.where(choice > 1 - _SOFTEN, x + amount * (soft - x), x)


def _softened(x: Tensor) -> Tensor:
    kernel = torch.tensor([1.0, 2.0, 1.0], device=x.device) / 4
    x = conv2d(pad(x, (1, 1, 0, 0)), kernel.view(1, 1, 1, 3))
    return conv2d(pad(x, (0, 0, 1, 1)), kernel.view(1, 1, 3, 1))
