"""The room an attack has: at most epsilon away from the image, and inside [0, 1]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Norm = Literal["linf", "l2"]


def length(change: Tensor, norm: Norm) -> Tensor:
    """The length (N,) of each change (N, C, H, W)."""
    flat = change.flatten(1)
    return flat.abs().amax(1) if norm == "linf" else flat.norm(dim=1)


def inside(x: Tensor, origin: Tensor, epsilon: float, norm: Norm) -> Tensor:
    """`x` pulled back to at most `epsilon` from `origin`, and into [0, 1]."""
    return way_back(origin, epsilon, norm)(x)


def way_back(origin: Tensor, epsilon: float, norm: Norm) -> Callable[[Tensor], Tensor]:
    """What pulls an x back into the ball around `origin` and into [0, 1]; its bounds are worked out once."""
    if norm == "linf":
        low, high = (origin - epsilon).clamp_(min=0), (origin + epsilon).clamp_(max=1)
        return lambda x: torch.clamp(x, low, high)

    def shrunk(x: Tensor) -> Tensor:
        change = x - origin
        shrink = (epsilon / length(change, norm).clamp(min=1e-12)).clamp(max=1)
        return (origin + _wide(shrink) * change).clamp(0, 1)

    return shrunk


def steepest(gradient: Tensor, norm: Norm) -> Tensor:
    """The step of length 1 that climbs fastest: the sign of the gradient, or the gradient over its length."""
    if norm == "linf":
        return gradient.sign()
    return gradient / _wide(length(gradient, norm).clamp(min=1e-12))


def anywhere(x: Tensor, epsilon: float, norm: Norm, generator: torch.Generator) -> Tensor:
    """A random point of the ball around each image, even over its volume, inside [0, 1].

    Every image gets the same draw, so that none depends on its neighbours in the batch.
    """
    if norm == "linf":
        change = (2 * torch.rand(x.shape[1:], generator=generator) - 1) * epsilon
    else:
        direction = torch.randn(x.shape[1:], generator=generator)
        radius = epsilon * torch.rand((), generator=generator) ** (1 / direction.numel())
        change = direction / direction.norm() * radius
    return (x + change.to(x)).clamp(0, 1)


def _wide(numbers: Tensor) -> Tensor:
    return numbers.reshape(-1, 1, 1, 1)
