"""A grid of patches, in parts that lie evenly in every layer of a program; knows no model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from seewhy.inference.boxes import Run, even
from seewhy.inference.graph import Program
from seewhy.inference.incremental import Plan

ALONE = 2**30  # a period that no two patches share: each is a part of its own


@dataclass(frozen=True)
class Grid:
    """Patches at every crossing of `tops` and `lefts`, `height` × `width`, cut at the border of an image of `shape`."""

    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    height: int
    width: int
    shape: tuple[int, int]

    def parts(self, program: Program) -> list[Part]:
        """Plans for all patches, as few as can be."""
        for period in _periods(program):
            try:
                return self._parts(program, period)
            except ValueError:  # boxes of one part would not be evenly spaced in some layer
                continue
        return self._parts(program, ALONE)

    def _parts(self, program: Program, period: int) -> list[Part]:
        rows = [(self._run(self.tops, group, 0), group) for group in even(self.tops, period)]
        columns = [(self._run(self.lefts, group, 1), group) for group in even(self.lefts, period)]
        sides = len(self.tops), len(self.lefts)
        return [Part(Plan.of(program, down, across), r, c, sides) for down, r in rows for across, c in columns]

    def _run(self, starts: tuple[int, ...], group: list[int], axis: int) -> Run:
        step = starts[group[1]] - starts[group[0]] if len(group) > 1 else 0
        size = (self.height, self.width)[axis]
        return Run(starts[group[0]], size, step, len(group), self.shape[axis]).cropped()


@dataclass(frozen=True, eq=False)
class Part:
    """A plan for some rows and columns of a grid: their numbers in the grid, in the order of the plan."""

    plan: Plan
    rows: list[int]
    columns: list[int]
    grid: tuple[int, int]  # rows and columns of the whole grid

    @cached_property
    def places(self) -> Tensor:
        """(P, 2): row and column, in the grid, of every patch of the plan."""
        return torch.cartesian_prod(torch.tensor(self.rows), torch.tensor(self.columns))

    def mine(self, places: Tensor) -> Tensor:
        """Which of `places` (P, 2) are in the plan."""
        return (self._numbers[0][places[:, 0]] >= 0) & (self._numbers[1][places[:, 1]] >= 0)

    def around(self, places: Tensor) -> tuple[range, range, Tensor]:
        """The rows and columns of the plan that hold all `places` (P, 2), and the number of each among these."""
        down, across = (numbers[at] for numbers, at in zip(self._numbers, places.T, strict=True))
        rows, columns = (range(int(n.min()), int(n.max()) + 1) for n in (down, across))
        return rows, columns, (down - rows.start) * len(columns) + across - columns.start

    @cached_property
    def _numbers(self) -> tuple[Tensor, Tensor]:
        """The number in the plan of each row and each column of the grid; −1 where it is not in it."""
        down, across = (torch.full((count,), -1) for count in self.grid)
        down[self.rows], across[self.columns] = torch.arange(len(self.rows)), torch.arange(len(self.columns))
        return down, across

    def batches(self, wanted: Tensor, size: int) -> list[Tensor]:
        """The patches (P, 2) that are `wanted` (rows, columns of the grid), in rectangles of at most `size`."""
        mine = wanted[self.rows][:, self.columns]
        if not mine.any():
            return []
        rows, columns = (_extent(mine.any(axis)) for axis in (1, 0))
        across = min(len(columns), size)
        down = max(1, size // across)
        found = []
        for top in rows[::down]:
            for left in columns[::across]:
                block = mine[top : min(top + down, rows.stop), left : min(left + across, columns.stop)].nonzero()
                if len(block):
                    found.append(torch.stack([
                        torch.tensor(self.rows)[block[:, 0] + top], torch.tensor(self.columns)[block[:, 1] + left]
                    ], 1))  # fmt: skip
        return found


def _periods(program: Program) -> list[int]:
    """The products of strides in the program, from 1 on: patches that far apart lie alike in some layers."""
    strides = [1]
    found = {1}
    for step in program.steps[1:]:
        mine = max((strides[i] for i in step.inputs), default=1)
        strides.append(mine * step.op.stride)
        found.add(strides[-1])
    return sorted(found)


def _extent(any_there: Tensor) -> range:
    at = any_there.nonzero()[:, 0].tolist()
    return range(at[0], at[-1] + 1)
