"""Small, seeded changes that leave a photograph what it shows, done to a whole batch of tensors; knows no network.

The chance is drawn on the processor, so that it is the same wherever the images are; the images are changed where
they are.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

_SHIFT = 4  # pixels
_HIDDEN = 8  # side of the square that is hidden, in pixels
_GREY = 0.47  # what is there instead: the mean of CIFAR-10, so that it says nothing


def vary_photograph(x: Tensor, generator: torch.Generator) -> Tensor:
    """Shifted, mirrored or not, and with a square hidden: x (N, C, H, W) in [0, 1] to the same shape and range.

    Shift and mirror: K. He et al., 2016, https://arxiv.org/abs/1512.03385; hidden square: T. DeVries, G. Taylor, 2017,
    https://arxiv.org/abs/1708.04552.
    """
    count, _, height, width = x.shape

    def drawn(high: int) -> Tensor:
        return torch.randint(high, (count, 1), generator=generator).to(x.device)

    rows = drawn(2 * _SHIFT + 1) + torch.arange(height, device=x.device)  # (N, H)
    columns = drawn(2 * _SHIFT + 1) + torch.arange(width, device=x.device)  # (N, W)
    columns = torch.where(drawn(2) == 1, columns.flip(1), columns)
    numbers = torch.arange(count, device=x.device)[:, None, None]
    wider = pad(x, [_SHIFT] * 4, mode="reflect").permute(0, 2, 3, 1)
    moved = wider[numbers, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    hidden = _within(drawn(height), height)[:, :, None] & _within(drawn(width), width)[:, None, :]
    return torch.where(hidden[:, None], _GREY, moved)


def as_they_are(x: Tensor, generator: torch.Generator) -> Tensor:
    """No change, where every image is made to be what it is."""
    return x


def _within(middle: Tensor, length: int) -> Tensor:
    """(N, length): whether a place is in the square around `middle`; at the edge a part of it is outside."""
    return ((torch.arange(length, device=middle.device) - middle + _HIDDEN // 2) // _HIDDEN) == 0
