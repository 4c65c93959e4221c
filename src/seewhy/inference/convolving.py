"""Convolutions of changes, each in the way that is quickest for its size on this machine; knows no graph."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import Tensor
from torch.nn import functional as F

from seewhy.inference import winograd
from seewhy.inference.ops import Conv
from seewhy.inference.timing import seconds

FEW = 24  # channels, in and out: with fewer, plain convolutions are always as quick
TRIED = 16  # boxes that each way is tried with
Edges = Sequence[tuple[int, int]]  # places more than given, before and behind, along the rows and the columns


class Convolving:
    """The ways that were found quickest, by layer and size of its input; kept with the model."""

    def __init__(self) -> None:
        self._ways: dict[tuple[int, int, int], int] = {}  # the side of the tiles; 0 for the plain way
        self._prepared: dict[tuple[int, int], winograd.Toom] = {}

    def whole(self, index: int, op: Conv, change: Tensor) -> Tensor:
        """The changes (P, h, w, K) of the output for changes (P, H, W, C) of whole maps; `index` names the layer."""
        sides = zip(op.windows, op.after, strict=True)
        edges = [(window.before, after) for window, after in sides]
        lengths = zip(op.windows, edges, change.shape[1:3], strict=True)
        height, width = ((n + sum(edge) - w.reach) // w.stride + 1 for w, edge, n in lengths)
        return self.boxed(index, op, change, edges, (height, width))

    def boxed(self, index: int, op: Conv, change: Tensor, edges: Edges, sides: tuple[int, int]) -> Tensor:
        """The changes (P, *sides, K) of the output, from the changes (P, h, w, C) with `edges` of nothing around."""
        if not _can_be_quicker(op, edges):
            return _plain(op, change, edges, sides)
        key = (index, change.shape[1], change.shape[2])
        if key not in self._ways:
            self._ways[key] = self._quickest(index, op, change[:TRIED], edges, sides)
        return self._by(self._ways[key], index, op, change, edges, sides)

    def _by(self, tile: int, index: int, op: Conv, change: Tensor, edges: Edges, sides: tuple[int, int]) -> Tensor:
        if not tile:
            return _plain(op, change, edges, sides)
        if (index, tile) not in self._prepared:
            self._prepared[index, tile] = winograd.Toom(op.weight, tile)
        found = self._prepared[index, tile](change)
        reach = op.windows[0].kernel - 1
        top, left = reach - edges[0][0], reach - edges[1][0]
        return found[:, top : top + sides[0], left : left + sides[1]]

    def _quickest(self, index: int, op: Conv, change: Tensor, edges: Edges, sides: tuple[int, int]) -> int:
        kernel, height, width = op.windows[0].kernel, *change.shape[1:3]

        def products(tile: int) -> int:
            return (-(-height // tile)) * (-(-width // tile)) * (tile + kernel - 1) ** 2

        tiles = sorted(winograd.tiles(kernel), key=products)[:2]
        ways = {tile: seconds(partial(self._by, tile, index, op, change, edges, sides)) for tile in (0, *tiles)}
        best = min(ways, key=ways.__getitem__)
        for tile in tiles:
            if tile != best and all(way != tile for (at, *_), way in self._ways.items() if at == index):
                self._prepared.pop((index, tile), None)
        return best


def _can_be_quicker(op: Conv, edges: Edges) -> bool:
    rows, columns = op.windows
    square = rows.kernel == columns.kernel and len(winograd.tiles(rows.kernel)) > 0 and rows.kernel > 1
    plain = rows[1::2] == columns[1::2] == (1, 1) and op.groups == 1
    within = all(0 <= before < rows.kernel and after < rows.kernel for before, after in edges)
    return square and plain and within and min(op.weight.shape[:2]) >= FEW


def _plain(op: Conv, change: Tensor, edges: Edges, sides: tuple[int, int]) -> Tensor:
    """By the library, which skips what lies in its own padding."""
    if all(before >= after >= 0 for before, after in edges):
        found = op.spread(change.permute(0, 3, 1, 2), (edges[0][0], edges[1][0]))
    else:
        found = op.spread(fitted(change, edges).permute(0, 3, 1, 2), (0, 0))
    return found.permute(0, 2, 3, 1)[:, : sides[0], : sides[1]]


def fitted(change: Tensor, edges: Edges) -> Tensor:
    """(P, h, w, C) with so many more places before and behind, along the rows and the columns; negative for fewer."""
    (top, bottom), (left, right) = edges
    if not any((top, bottom, left, right)):
        return change
    count, height, width, channels = change.shape
    if min(top, bottom) <= -height or min(left, right) <= -width:  # nothing of it is left
        return change.new_zeros(count, height + top + bottom, width + left + right, channels)
    return F.pad(change, (0, 0, left, right, top, bottom))
