"""Noisy linear imputation: each missing pixel is the mean of its neighbours, missing ones too, plus a little noise.

A hole that is filled so hardly tells where it was, which a plain colour does. Rong et al., A Consistent and Efficient
Evaluation Strategy for Attribution Methods, 2022, https://arxiv.org/abs/2202.00449. The equations of all pictures are
solved together by conjugate gradients, which also move whole squares of 2, 4, 8, … pixels at once, so that wide holes
take few steps (J. Bramble, J. Pasciak, J. Xu, Parallel multilevel preconditioners, 1990,
https://doi.org/10.1090/S0025-5718-1990-1023042-6).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

EXACT = 1e-5  # the length of the error that is left, beside that of the right side
NOISE = 0.01  # of the paper


def impute(x: Tensor, gone: Tensor) -> Tensor:
    """Pictures (B, C, H, W): `x` (1, C, H, W) with the pixels that are `gone` (B, H, W) from their surroundings.

    Straight neighbours weigh 1/6, diagonal ones 1/12. Where no pixel is left, all are the picture's mean colour.
    """
    mean = x.mean((2, 3), keepdim=True)
    missing = gone[:, None].to(x)
    right = missing * _around((1 - missing) * (x - mean))
    return torch.where(gone[:, None].to(x.device), mean + _Equations(missing).solved(right), x)


class _Equations:
    """weight · u − around(u) = right on the `missing` pixels (B, 1, H, W) of 0 and 1; u is 0 elsewhere."""

    def __init__(self, missing: Tensor) -> None:
        self.missing = missing
        self.weight = _around(torch.ones_like(missing[:1]))  # of the neighbours that are inside the picture
        self.stiffness = []  # of squares of 2, 4, 8, … pixels that move as one: (B, 1, h, w) each
        side = 2
        while side < min(missing.shape[2:]):
            self.stiffness.append(self._stiff(side))
            side *= 2

    def solved(self, right: Tensor) -> Tensor:
        """u (B, C, H, W)."""
        found, rest = torch.zeros_like(right), right
        step = moves = self._moves(rest)
        error = (rest * moves).sum((2, 3), keepdim=True)
        enough = EXACT**2 * error
        for _ in range(right.shape[2] * right.shape[3]):
            if bool((error <= enough).all()):
                break
            pushed = self.missing * (self.weight * step - _around(step))
            length = error / (step * pushed).sum((2, 3), keepdim=True).clamp(min=1e-30)
            found = found + length * step
            rest = rest - length * pushed
            moves = self._moves(rest)
            before, error = error, (rest * moves).sum((2, 3), keepdim=True)
            step = moves + error / before.clamp(min=1e-30) * step
        return found

    def _moves(self, rest: Tensor) -> Tensor:
        """About how far each pixel has to move for `rest` to vanish: alone, and in its squares."""
        pulls = [rest]
        for _ in self.stiffness:
            pulls.append(_sums(pulls[-1], 2))
        moves = torch.zeros_like(pulls[-1])
        for pull, stiff, finer in zip(pulls[:0:-1], self.stiffness[::-1], pulls[-2::-1], strict=True):
            moves = _spread(moves + pull / stiff, 2, finer.shape[2:])
        return rest / self.weight + self.missing * moves

    def _stiff(self, side: int) -> Tensor:
        """How hard each square of `side` pixels holds: the weight of all links out of its missing pixels."""
        height, width = self.missing.shape[2:]
        down, across = -(-height // side), -(-width // side)
        padded = F.pad(self.missing, (0, across * side - width, 0, down * side - height))
        squares = padded.unflatten(2, (down, side)).unflatten(4, (across, side)).transpose(3, 4)
        inside = (squares * _around(squares.reshape(-1, 1, side, side)).view_as(squares)).sum((-2, -1))
        outward: Tensor = _sums(self.missing * self.weight, side) - inside
        return outward.clamp(min=1e-6)


def _around(u: Tensor) -> Tensor:
    """What the eight neighbours of each pixel add up to, weighted; nothing comes from outside the picture."""
    tall = F.pad(u, (0, 0, 1, 1))
    tall = tall[:, :, :-2] + 2 * u + tall[:, :, 2:]
    wide = F.pad(tall, (1, 1, 0, 0))
    return (wide[..., :-2] + 2 * tall + wide[..., 2:]) / 12 - u / 3


def _sums(u: Tensor, side: int) -> Tensor:
    return F.avg_pool2d(u, side, ceil_mode=True, divisor_override=1)


def _spread(u: Tensor, side: int, size: torch.Size) -> Tensor:
    return u.repeat_interleave(side, 2).repeat_interleave(side, 3)[:, :, : size[0], : size[1]]
