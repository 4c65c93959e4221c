"""Every value of a program for one image, ready to be read at the places of many boxes; knows no patches."""

from __future__ import annotations

import copy

import torch
from torch import Tensor
from torch.nn import functional as F

from seewhy.inference.boxes import Run
from seewhy.inference.graph import Program

Edges = tuple[int, int, int, int]  # left, right, top, bottom
MARGIN = 8  # margins are rounded up to this, so that boxes of other sizes find them ready

Kind = tuple[str, float | None]  # what is read, for an activation with its top
VALUE: Kind = ("value", None)
FLOOR: Kind = ("floor", None)
OUTSIDE = {"value": 0.0, "floor": float("-inf"), "lost": float("-inf"), "room": 0.0, "kept": 0.0}


class Clean:
    """The values for `image` (C, H, W)."""

    def __init__(self, program: Program, image: Tensor) -> None:
        self.image, self._program = image, program
        self.values = program.values(image[None])
        self.scores: Tensor = self.values[-1]
        self._change: Tensor = torch.zeros_like(self.values[0])
        self._rows: dict[tuple[int, Kind, Edges], Tensor] = {}

    def covered(self, fill: Tensor) -> Clean:
        """The same, and what covering it with `fill` (C, H, W) would change in the image."""
        other = copy.copy(self)
        other._rows = {key: value for key, value in self._rows.items() if key[0] >= 0}
        other._change = self._program.read((fill - self.image)[None])
        return other

    def change(self, rows: Run, columns: Run) -> Tensor:
        """What covering each box changes in the image, (rows, columns, h, w, C); zero outside it."""
        return self.boxes(-1, VALUE, rows, columns).clone(memory_format=torch.contiguous_format)

    def boxes(self, index: int, kind: Kind, rows: Run, columns: Run) -> Tensor:
        """The value of step `index` at the place of each box, (rows, columns, h, w, C), as a view."""
        (top, bottom), (left, right) = rows.margins, columns.margins
        edges = (_rounded(left), _rounded(right), _rounded(top), _rounded(bottom))
        value = self.rows(index, kind, edges)
        down, across, one = value.stride()
        start = (rows.first + edges[2]) * down + (columns.first + edges[0]) * across
        return value.as_strided(
            (rows.count, columns.count, rows.size, columns.size, value.shape[2]),
            (rows.step * down, columns.step * across, down, across, one),
            value.storage_offset() + start,
        )

    def rows(self, index: int, kind: Kind, edges: Edges) -> Tensor:
        """The value of step `index` (−1 for the change of the image) as (H, W, C), with so many places around it."""
        key = (index, kind, edges)
        if key not in self._rows:
            value = self._change if index < 0 else self.values[index]
            known = _read(value[0].permute(1, 2, 0), *kind).contiguous()
            outside = OUTSIDE[kind[0]]
            self._rows[key] = F.pad(known, (0, 0, *edges), value=outside) if any(edges) else known
        return self._rows[key]


def _rounded(margin: int) -> int:
    return -(-margin // MARGIN) * MARGIN


def _read(value: Tensor, what: str, top: float | None) -> Tensor:
    """The value; or what an activation up to `top` takes away, its room to the top, or minus its output."""
    if what in ("value", "floor"):
        return value
    kept = value.clamp(0, top)
    return {"lost": value - kept, "room": (top or 0.0) - kept, "kept": -kept}[what]
