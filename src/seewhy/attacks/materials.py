"""What rubbish is made of, many pictures at a time: numbers, the pictures they draw, and how these climb.

The forms are those of `rubbish_forms`; here each takes steps that suit a batch, so that thousands can be made while a
network is trained against them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

COARSE = 7  # side of the grid that smooth spots are enlarged from
SOFT = 0.5  # width of a stroke's edge in pixels; without one no gradient would reach the stroke
Shape = tuple[int, int, int]


class Material(ABC):
    """One form of rubbish. `parts` (N, …) are what changes, `slope` is the gradient of the goal by them."""

    name: ClassVar[str]

    @abstractmethod
    def thrown(self, count: int, shape: Shape, generator: torch.Generator) -> Tensor:
        """Random parts of `count` pictures."""

    @abstractmethod
    def shown(self, parts: Tensor, shape: Shape) -> Tensor:
        """The pictures (N, C, H, W) in [0, 1]."""

    @abstractmethod
    def moved(self, parts: Tensor, slope: Tensor, pace: float, generator: torch.Generator) -> Tensor:
        """The parts after a step uphill; `pace` is the share of the whole way that one step may go."""


class Noise(Material):
    """Even grey noise; every value moves by the same small amount."""

    name: ClassVar[str] = "noise"
    reach: ClassVar[float] = 120 / 255

    def thrown(self, count: int, shape: Shape, generator: torch.Generator) -> Tensor:
        """Uniform."""
        return torch.rand(count, *shape, generator=generator)

    def shown(self, parts: Tensor, shape: Shape) -> Tensor:
        """As they are."""
        return parts

    def moved(self, parts: Tensor, slope: Tensor, pace: float, generator: torch.Generator) -> Tensor:
        """Along the sign."""
        return (parts + pace * self.reach * slope.sign()).clamp(0, 1)


class Smooth(Material):
    """A coarse grid of greys, enlarged smoothly; the grid holds logits of the greys."""

    name: ClassVar[str] = "smooth"
    reach: ClassVar[float] = 12.0

    def thrown(self, count: int, shape: Shape, generator: torch.Generator) -> Tensor:
        """Normal."""
        return torch.randn(count, shape[0], COARSE, COARSE, generator=generator)

    def shown(self, parts: Tensor, shape: Shape) -> Tensor:
        """Enlarged, then squeezed into [0, 1]."""
        return torch.sigmoid(functional.interpolate(parts, shape[1:], mode="bicubic", align_corners=False))

    def moved(self, parts: Tensor, slope: Tensor, pace: float, generator: torch.Generator) -> Tensor:
        """By the gradient in units of its own mean size."""
        size = slope.abs().mean((1, 2, 3), keepdim=True).clamp_min(1e-12)
        return parts + pace * self.reach * (slope / size).clamp(-2, 2)


class Strokes(Material):
    """White straight strokes with soft edges on black: both ends and the width, from 0 to 1, (N, S, 5)."""

    name: ClassVar[str] = "strokes"
    reach: ClassVar[float] = 2.0

    def __init__(self, amount: int) -> None:
        self.amount = amount

    def thrown(self, count: int, shape: Shape, generator: torch.Generator) -> Tensor:
        """Uniform."""
        return torch.rand(count, self.amount, 5, generator=generator)

    def shown(self, parts: Tensor, shape: Shape) -> Tensor:
        """Each pixel as bright as the stroke that covers it most."""
        channels, height, width = shape
        side = min(height, width)
        rows, columns = torch.arange(height) + 0.5, torch.arange(width) + 0.5
        grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1).reshape(1, 1, -1, 2)
        size = torch.tensor([width, height], dtype=parts.dtype)
        start, end = (parts[..., None, at : at + 2] * size for at in (0, 2))  # (N, S, 1, 2), in pixels
        along = end - start
        place = ((grid - start) * along).sum(-1) / (along**2).sum(-1).clamp_min(1e-6)  # 0 at the start, 1 at the end
        nearest = start + place.clamp(0, 1)[..., None] * along
        distance = ((grid - nearest) ** 2).sum(-1).clamp_min(1e-9).sqrt()  # (N, S, H·W)
        thick = (0.03 + 0.09 * parts[..., 4:]) * side
        light = torch.sigmoid((thick / 2 - distance) / SOFT).amax(1)
        return light.reshape(-1, 1, height, width).expand(-1, channels, -1, -1)

    def moved(self, parts: Tensor, slope: Tensor, pace: float, generator: torch.Generator) -> Tensor:
        """Along the sign, each number by another random length, for the signs alone would run in circles."""
        length = torch.rand(parts.shape, generator=generator) * pace * self.reach
        return (parts + length * slope.sign()).clamp(0, 1)


class Pixels(Material):
    """Few lit pixels on black, (N, C, H, W): a step lights the one that promises most, or lets two change places."""

    name: ClassVar[str] = "pixels"

    def __init__(self, amount: int) -> None:
        self.amount = amount

    def thrown(self, count: int, shape: Shape, generator: torch.Generator) -> Tensor:
        """One white pixel each."""
        black = torch.zeros(count, shape[0], shape[1] * shape[2])
        places = torch.randint(shape[1] * shape[2], (count, 1, 1), generator=generator)
        return black.scatter_(2, places.expand(-1, shape[0], 1), 1.0).reshape(count, *shape)

    def shown(self, parts: Tensor, shape: Shape) -> Tensor:
        """As they are."""
        return parts

    def moved(self, parts: Tensor, slope: Tensor, pace: float, generator: torch.Generator) -> Tensor:
        """The most promising by the gradient, or one of the next best, so that two attempts differ."""
        flat, slope = parts.flatten(2), slope.flatten(2)
        wanted = (slope > 0).to(flat)  # in colour, a pixel is lit in the channels that help
        wanted = torch.where(wanted.any(1, keepdim=True), wanted, torch.ones_like(wanted))
        lit = (flat > 0).any(1)  # (N, H·W)
        tired = 0.5 + torch.rand(lit.shape, generator=generator)
        gain = ((slope * wanted).sum(1) * tired).masked_fill(lit, -torch.inf)
        loss = ((slope * flat).sum(1) * tired).masked_fill(~lit, torch.inf)
        full = lit.sum(1) >= self.amount
        rows = torch.arange(len(flat))
        new, old = gain.argmax(1), loss.argmin(1)
        worth = gain[rows, new] > torch.where(full, loss[rows, old], 0.0)
        changed = flat.clone()
        changed[rows[full & worth], :, old[full & worth]] = 0.0
        changed[rows[worth], :, new[worth]] = wanted[rows[worth], :, new[worth]]
        return changed.reshape(parts.shape)


def materials(pixels: int, strokes: int) -> dict[str, Material]:
    """Every form by name, of so many pixels and strokes."""
    made: tuple[Material, ...] = (Pixels(pixels), Strokes(strokes), Smooth(), Noise())
    return {material.name: material for material in made}
