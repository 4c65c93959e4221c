"""Integrals along a path from values at some of its points: a fixed rule, and one that grows; knows no model."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FIRST = 9  # points to begin with
WORST = 8  # intervals halved in one round; later a quarter of all
STEADY = 0.1  # an interval is never thought more than ten times smoother than a jump


class Interval(NamedTuple):
    """A piece of the path, and the error that its trapezoid is expected to have.

    error: the value at one end, held for all of the interval up to one jump at a place unknown, has the trapezoid
    off by length · |jump| / √12 (root mean square); so has a walk of many small steps. Where the midpoint of the
    interval above lay near the middle of its ends, the values run smoothly and the error is smaller in proportion.
    """

    start: float
    end: float
    error: float


class Refinement:
    """A trapezoid rule on [0, 1] that halves its worst intervals; every value is used again, points are never moved.

    Fit for gradients of piecewise linear networks: these jump, so that rules of high order, which count on smooth
    values, gain nothing, and points gathered where the jumps are gain much.
    """

    def __init__(self) -> None:
        self._values: dict[float, Tensor] = {}
        self._intervals: list[Interval] = []

    def wanted(self, most: int) -> list[float]:
        """The next points, at most `most`: evenly spaced ones at first, then the middles of the worst intervals."""
        if not self._values:
            return torch.linspace(0, 1, FIRST).tolist()
        count = min(most, max(WORST, len(self._intervals) // 4))
        worst = sorted(self._intervals, key=lambda interval: -interval.error)[:count]
        return [(interval.start + interval.end) / 2 for interval in worst if interval.error > 0]

    def add(self, points: list[float], values: Tensor) -> None:
        """What was found at the points that were wanted; values: (S, …)."""
        first = not self._values
        self._values.update(zip(points, values, strict=True))
        if first:
            even = points[::2]
            self._intervals = [half for start, end in pairwise(even) for half in self._halves(start, end)]
            return
        kept = [i for i in self._intervals if (i.start + i.end) / 2 not in self._values]
        split = [i for i in self._intervals if (i.start + i.end) / 2 in self._values]
        self._intervals = kept + [half for i in split for half in self._halves(i.start, i.end)]

    @property
    def points(self) -> list[float]:
        """All points so far, in order."""
        return sorted(self._values)

    def shares(self) -> list[float]:
        """The weight of each of `points` in the integral; together 1."""
        lengths = [0.0, *(end - start for start, end in pairwise(self.points)), 0.0]
        return [(before + after) / 2 for before, after in pairwise(lengths)]

    def integral(self) -> Tensor:
        """The values (…) collected over the whole path."""
        return self._weighted(dict(zip(self.points, self.shares(), strict=True)))

    def collected(self) -> Tensor:
        """The integral as it grows, point by point (S, …); ends as `integral`."""
        shares = torch.tensor(self.shares()).to(self._values[0.0])
        values = torch.stack([self._values[point] for point in self.points])
        return (values * shares.reshape(-1, *[1] * (values.ndim - 1))).cumsum(0)

    def error(self) -> float:
        """The expected Euclidean distance of `integral` from the truth.

        Errors of jumps have no common direction and add up as squares; those of a smooth bend add up in full, and
        are a third of what the last halving changed (Richardson).
        """
        scattered = math.hypot(*(interval.error for interval in self._intervals))
        bends: dict[float, float] = {}
        for start, end, _ in self._intervals:
            length = end - start
            above = start - length if round(start / length) % 2 else start
            for point, part in ((above, 0.5), (above + length, -1.0), (above + 2 * length, 0.5)):
                bends[point] = bends.get(point, 0.0) + part * length / 6
        return max(scattered, float(self._weighted(bends).norm()))

    def _halves(self, start: float, end: float) -> list[Interval]:
        middle = (start + end) / 2
        a, m, b = (self._values[point] for point in (start, middle, end))
        across, bend = float((b - a).norm()), float(((a + b) / 2 - m).norm())
        rough = 1.0 if 2 * bend >= across else max(STEADY, 2 * bend / across)
        scale = rough * (middle - start) / 12**0.5
        return [
            Interval(start, middle, scale * float((m - a).norm())),
            Interval(middle, end, scale * float((b - m).norm())),
        ]

    def _weighted(self, weights: dict[float, float]) -> Tensor:
        total = torch.zeros_like(self._values[0.0])
        for point, weight in weights.items():
            total.add_(self._values[point], alpha=weight)
        return total


@lru_cache(maxsize=8)
def gauss_legendre(steps: int) -> tuple[Tensor, Tensor]:
    """Points in (0, 1) and weights that add up to 1: exact for polynomials up to degree 2·steps − 1.

    The points are the roots of the Legendre polynomial, found by Newton's method from Tricomi's estimate: in 2,000
    steps some tenths of a second, where the eigenvalue problem that NumPy solves takes several.
    """
    x = np.cos(np.pi * (np.arange(steps, 0, -1) - 0.25) / (steps + 0.5))
    for _ in range(100):
        value, slope = _legendre(steps, x)
        x = x - value / slope
        if np.abs(value / slope).max() < 1e-15:
            break
    weights = 1 / ((1 - x**2) * _legendre(steps, x)[1] ** 2)
    return torch.from_numpy((x + 1) / 2), torch.from_numpy(weights / weights.sum())


def _legendre(degree: int, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The Legendre polynomial and its derivative at `x`, by the three-term recurrence."""
    before, value = np.ones_like(x), x
    for k in range(2, degree + 1):
        before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
    return value, degree * (x * value - before) / (x**2 - 1)
