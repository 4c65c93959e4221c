"""Scores of an image with a patch here or there, computing only what the patch changes; knows no method.

The clean image runs once and keeps every value. What a patch changes goes through the network as a difference: layers
that are linear take the difference alone, the others add the clean value at the place of each box. The result equals
that of whole passes up to rounding. Nakandala et al., SIGMOD 2019 (https://doi.org/10.1145/3299869.3319874) follow the
values instead, which takes a border of clean places around each box in every layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from seewhy.inference import ops
from seewhy.inference.boxes import Run, Window, union
from seewhy.inference.clean import FLOOR, VALUE, Clean, Kind
from seewhy.inference.convolving import Convolving, fitted
from seewhy.inference.graph import Program, Step

COVERED = 0.85  # of a map: from here on whole maps are cheaper
TOUCHED = 10.0  # operations that moving one value in memory is worth


class Boxes(NamedTuple):
    """Where the patches of a grid change a map."""

    rows: Run
    columns: Run

    @property
    def places(self) -> int:
        """Places in one box."""
        return self.rows.size * self.columns.size

    @property
    def share(self) -> float:
        """The size of a box as a part of the map."""
        return self.places / (self.rows.length * self.columns.length)

    @property
    def sticks_out(self) -> bool:
        """Whether any box has places outside the map."""
        return self.rows.sticks_out or self.columns.sticks_out

    def among(self, rows: range, columns: range) -> Boxes:
        """Only these."""
        return Boxes(self.rows.among(rows), self.columns.among(columns))


@dataclass(frozen=True)
class Plan:
    """How a program computes a grid of patches.

    boxes: where each step's output changes; None where it is computed for whole maps, or is no map. clear: whether
    the places of the boxes outside the map are zero.
    """

    program: Program
    boxes: tuple[Boxes | None, ...]
    clear: tuple[bool, ...]

    @classmethod
    def of(cls, program: Program, rows: Run, columns: Run) -> Plan:
        """Follow patches that cover these runs of the image through the program.

        Raises: ValueError where the boxes are not evenly spaced in some step; then these patches need several plans.
        """
        boxes: list[Boxes | None] = [Boxes(rows, columns)]
        clear = [True]
        for step in program.steps[1:]:
            boxes.append(_reached(program, step, boxes))
            clear.append(_is_clear(program, step, boxes, clear))
        return cls(program, tuple(boxes), tuple(clear))

    @property
    def count(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        box = self.boxes[0]
        assert box is not None
        return box.rows.count, box.columns.count

    @cached_property
    def work(self) -> float:
        """The estimated share of the work of whole passes."""
        whole = parts = 0.0
        for step, box in zip(self.program.steps, self.boxes, strict=True):
            if step.shape is None:
                continue
            shapes = [self.program.steps[i].shape or () for i in step.inputs]
            places = prod(step.shape[1:]) if step.maps else 1
            usual = step.op.work(places, shapes, step.shape) + TOUCHED * prod(step.shape)
            moved = 2 * TOUCHED * prod(step.shape)
            share = box.places / places if box is not None and step.maps else 1.0
            whole += usual
            parts += (usual + moved) * share
        return parts / whole

    @cached_property
    def values(self) -> int:
        """The most values that one patch keeps in a step: what the step reads and what it gives."""
        kept = [
            0 if step.shape is None else step.shape[0] * box.places if box is not None else prod(step.shape)
            for step, box in zip(self.program.steps, self.boxes, strict=True)
        ]
        return max(own + sum(kept[i] for i in step.inputs) for step, own in zip(self.program.steps, kept, strict=True))

    def scores(self, clean: Clean, rows: range, columns: range, convolving: Convolving) -> Tensor:
        """Scores (P, K) of the patches in these rows and columns, row by row."""
        if (rows, columns) not in self._chosen:
            self._chosen[rows, columns] = [box and box.among(rows, columns) for box in self.boxes]
        return _Pass(self, clean, self._chosen[rows, columns], (len(rows), len(columns)), convolving).scores()

    @cached_property
    def _chosen(self) -> dict[tuple[range, range], list[Boxes | None]]:
        return {}

    @cached_property
    def masked(self) -> tuple[bool, ...]:
        """Whether only activations that leave nothing outside the map read a step."""
        readers: list[list[ops.Op]] = [[] for _ in self.boxes]
        for step in self.program.steps:
            for i in step.inputs:
                readers[i].append(step.op)
        return tuple(all(isinstance(op, ops.Relu) for op in found) for found in readers)


class _Pass:
    """One batch of patches on its way: `changes` are (P, h, w, C) for maps and (P, …) for anything else."""

    def __init__(
        self, plan: Plan, clean: Clean, boxes: Sequence[Boxes | None], grid: tuple[int, int], convolving: Convolving
    ) -> None:
        self.plan, self.steps, self.clear = plan, plan.program.steps, plan.clear
        self.clean, self.boxes, self.grid, self.convolving = clean, boxes, grid, convolving
        self.count = grid[0] * grid[1]
        self.changes: dict[int, Tensor] = {}
        self.facts: dict[int, Any] = {}  # what steps give that is no tensor, such as the number of images

    def scores(self) -> Tensor:
        box = self.boxes[0]
        assert box is not None
        self.changes[0] = self.clean.change(box.rows, box.columns).flatten(0, 1)
        for index, step in enumerate(self.steps[1:], start=1):
            if not any(i in self.changes or i in self.facts for i in step.inputs):
                continue  # the same for every image
            self._compute(index, step)
            for dead in step.dies:
                self.changes.pop(dead, None)
                self.facts.pop(dead, None)
        last = len(self.steps) - 1
        return self.clean.values[last] + self.changes[last]  # type: ignore[no-any-return]

    def _compute(self, index: int, step: Step) -> None:
        box, source = self.boxes[index], step.inputs[0]
        alike = all(self.steps[i].shape == step.shape for i in step.inputs if i in self.changes)
        match step.op:
            case ops.Conv() if step.maps:
                self.changes[index] = self._conv(index, step.op, box, source)
            case ops.Relu() if step.maps:
                self.changes[index] = self._relu(step.op, box, source, step.overwrites)
            case ops.Affine() if alike and step.maps:
                self.changes[index] = self._placed(source, box) * step.op.scale.flatten()
            case ops.Add() if alike and step.maps:
                self.changes[index] = self._add(step, box)
            case ops.Concat() if step.maps and all(i in self.changes for i in step.inputs):
                self.changes[index] = self._concat(step, box)
            case ops.MaxPool() if step.maps:
                self.changes[index] = self._max_pool(index, step, box, source)
            case ops.AveragePool() if step.maps:
                self.changes[index] = self._average_pool(step.op, box, source)
            case ops.GlobalMean():
                self.changes[index] = self._mean(step, source)
            case ops.Flatten() if self.steps[source].maps:
                self.changes[index] = step.op.flat(self._placed(source, None).permute(0, 3, 1, 2))
            case ops.Linear() if source in self.changes:
                self.changes[index] = F.linear(self.changes[source], step.op.weight)
            case _ if step.shape is None:
                self.facts[index] = step.op.whole(*(self._value(i, None) for i in step.inputs))
            case _:
                self._other(index, step, box)

    # Layers that take the change alone

    def _conv(self, index: int, op: ops.Conv, box: Boxes | None, source: int) -> Tensor:
        before = self.boxes[source]
        if box is None or before is None:
            return self.convolving.whole(index, op, self._placed(source, None))
        self._cut(source, op.windows)
        edges = [_edges(run, seen.seen(w)) for run, seen, w in zip(before, box, op.windows, strict=True)]
        return self.convolving.boxed(index, op, self.changes[source], edges, (box.rows.size, box.columns.size))

    def _average_pool(self, op: ops.AveragePool, box: Boxes | None, source: int) -> Tensor:
        before = self.boxes[source]
        if box is None or before is None:
            return _channels_last(op.whole(_channels_first(self._placed(source, None))))
        self._cut(source, op.windows)
        edges = [_edges(run, seen.seen(w)) for run, seen, w in zip(before, box, op.windows, strict=True)]
        return _channels_last(op.valid(_channels_first(fitted(self.changes[source], edges))))

    def _mean(self, step: Step, source: int) -> Tensor:
        self._cut(source, None)
        _, height, width = self.steps[source].shape or (0, 1, 1)
        mean = self.changes[source].sum((1, 2)) / (height * width)
        return mean[:, None, None, :] if step.maps else mean

    def _add(self, step: Step, box: Boxes | None) -> Tensor:
        changed = [i for i in step.inputs if i in self.changes]
        if len(changed) == 1:
            return self._placed(changed[0], box).clone()
        first, second = sorted(changed, key=lambda i: self._fits(i, box), reverse=True)
        total = self._placed(first, box)
        mine = not self._fits(first, box) or (step.overwrites and first == step.inputs[0])
        if not mine:
            total = total.clone()
        self._within(total, second, box).add_(self._part(second, box))
        return total

    def _concat(self, step: Step, box: Boxes | None) -> Tensor:
        return torch.cat([self._placed(i, box) for i in step.inputs], 3)

    # Layers that need the clean value

    def _relu(self, op: ops.Relu, box: Boxes | None, source: int, overwrites: bool) -> Tensor:
        """min(max(g + d, 0), t) − h = max(min(d + (g − h), t − h), −h) with h = min(max(g, 0), t).

        Outside the map g − h stands for −∞ and h for 0, so nothing is left there.
        """
        lost, room, kept = (self._clean(source, box, (what, op.top)) for what in ("lost", "room", "kept"))
        change = self._gridded(self._placed(source, box))
        moved = change.add_(lost) if overwrites else change + lost
        if op.top is not None:
            moved = torch.minimum(moved, room)
        return torch.maximum(moved, kept).flatten(0, 1)

    def _max_pool(self, index: int, step: Step, box: Boxes | None, source: int) -> Tensor:
        op = step.op
        assert isinstance(op, ops.MaxPool)
        if box is None:
            whole = self._gridded(self._placed(source, None)) + self._clean(source, None, VALUE)
            most = _channels_last(op.valid(op.padded(_channels_first(whole.flatten(0, 1)))))
            return self._gridded(most).sub_(self._clean(index, None, VALUE)).flatten(0, 1)
        seen = Boxes(*(run.seen(window) for run, window in zip(box, op.windows, strict=True)))
        seen = Boxes(*(_as_long(run, before) for run, before in zip(seen, self._box(source), strict=True)))
        clean = self._clean(source, seen, FLOOR)
        if self._fits(source, seen):
            change = self._gridded(self.changes[source])
            region = (change.add_(clean) if step.overwrites else change + clean).flatten(0, 1)
        else:
            region = clean.clone(memory_format=torch.contiguous_format).flatten(0, 1)
            self._within(region, source, seen).add_(self._part(source, seen))
        most = _channels_last(op.valid(_channels_first(region)))
        found = self._gridded(most).sub_(self._clean(index, box, VALUE)).flatten(0, 1)
        if not self.plan.masked[index]:
            _zero_outside(self._gridded(found), box)
        return found

    def _other(self, index: int, step: Step, box: Boxes | None) -> None:
        found = step.op.whole(*(self._value(i, box) for i in step.inputs))
        if box is None:
            change = found - self.clean.values[index]
            self.changes[index] = _channels_last(change) if step.maps else change
        else:
            change = self._gridded(_channels_last(found).contiguous())
            self.changes[index] = (change - self._clean(index, box, VALUE)).flatten(0, 1)

    def _value(self, i: int, box: Boxes | None) -> Any:
        """The input as the layer's own code knows it, (P, C, h, w) for maps."""
        if i in self.facts:
            return self.facts[i]
        if i not in self.changes:
            return self.clean.values[i]
        if not self.steps[i].maps:
            return self.clean.values[i] + self.changes[i]
        change = self._gridded(self._placed(i, box))
        return _channels_first((change + self._clean(i, box, VALUE)).flatten(0, 1))

    # Where changes lie

    def _clean(self, i: int, box: Boxes | None, kind: Kind) -> Tensor:
        """The clean value of a step at the place of each box, (rows, columns, h, w, C) or (1, 1, H, W, C)."""
        if box is None:
            return self.clean.rows(i, kind, (0, 0, 0, 0))[None, None]
        return self.clean.boxes(i, kind, box.rows, box.columns)

    def _gridded(self, change: Tensor) -> Tensor:
        gridded: Tensor = change.unflatten(0, self.grid)
        return gridded

    def _box(self, i: int) -> Boxes:
        box = self.boxes[i]
        assert box is not None
        return box

    def _fits(self, i: int, box: Boxes | None) -> bool:
        return self.boxes[i] == box

    def _placed(self, i: int, box: Boxes | None) -> Tensor:
        """The change of step `i` in the boxes `box`, which hold its own, or in whole maps."""
        change, own = self.changes[i], self.boxes[i]

        if own is None or own == box:
            return change
        if box is None:
            return _in_whole_maps(self._gridded(change), own).flatten(0, 1)
        shape = (self.count, box.rows.size, box.columns.size, change.shape[3])
        larger = change.new_zeros(shape)
        self._within(larger, i, box).copy_(change)
        return larger

    def _within(self, larger: Tensor, i: int, box: Boxes | None) -> Tensor:
        """The part of `larger`, which holds the boxes `box`, where the boxes of step `i` lie."""
        own = self.boxes[i]
        if own is None or box is None:
            return larger
        for axis, (mine, theirs) in enumerate(zip(own, box, strict=True), start=1):
            larger = larger.narrow(axis, *_overlap(theirs, mine))
        return larger

    def _part(self, i: int, box: Boxes | None) -> Tensor:
        """The part of the change of step `i` that lies in the boxes `box`."""
        own = self.boxes[i]
        if box is None:
            return self._placed(i, None)
        change = self.changes[i]
        assert own is not None
        for axis, (mine, theirs) in enumerate(zip(own, box, strict=True), start=1):
            change = change.narrow(axis, *_overlap(mine, theirs))
        return change

    def _cut(self, i: int, windows: tuple[Window, Window] | None) -> None:
        """Make the change zero outside the map, for a layer that would spread it into the map."""
        box = self.boxes[i]
        spreads = windows is None or not _is_by_place(windows)
        if box is not None and spreads and not self.clear[i]:
            _zero_outside(self._gridded(self.changes[i]), box)


def _reached(program: Program, step: Step, boxes: list[Boxes | None]) -> Boxes | None:
    """Where the step's output changes; None where it must, or had better, be computed for whole maps."""
    varying = [i for i in step.inputs if program.steps[i].shape is not None]
    known = [box for box in (boxes[i] for i in varying) if box is not None]
    if not step.maps or step.shape is None or not known or len(known) < len(varying):
        return None
    alike = all(program.steps[i].maps for i in varying)
    same = alike and all(program.steps[i].shape == step.shape for i in varying)
    match step.op:
        case ops.Windowed() if alike:
            sides = zip(known[0], step.op.windows, step.shape[1:], strict=True)
            found = Boxes(*(run.through(window, length) for run, window, length in sides))
        case ops.Pointwise() if same and len(varying) == len(step.inputs):
            found = _union(known)
        case ops.Relu() | ops.Affine() | ops.Add() if same:
            found = _union(known)
        case ops.Concat() if alike and len(varying) == len(step.inputs):
            found = _union(known)
        case _:
            return None
    return None if found.share >= COVERED else found


def _is_clear(program: Program, step: Step, boxes: list[Boxes | None], clear: list[bool]) -> bool:
    box = boxes[-1]
    if box is None or not box.sticks_out:
        return True
    match step.op:
        case ops.Relu() | ops.MaxPool():
            return True
        case ops.Conv() if _is_by_place(step.op.windows):
            return clear[step.inputs[0]]
        case ops.Affine() | ops.Add() | ops.Concat():
            return all(clear[i] for i in step.inputs)
    return False


def _is_by_place(windows: tuple[Window, Window]) -> bool:
    """Whether an output sees only one place, and none outside the map."""
    return all(window.reach == 1 and not window.before for window in windows)


def _union(boxes: list[Boxes]) -> Boxes:
    return Boxes(union([box.rows for box in boxes]), union([box.columns for box in boxes]))


def _edges(have: Run, want: Run) -> tuple[int, int]:
    """How many places `want` has more than `have`, before and behind."""
    return have.first - want.first, want.first + want.size - have.first - have.size


def _overlap(run: Run, other: Run) -> tuple[int, int]:
    """Which places of a box of `run` lie in the box of `other`: the first, and how many."""
    low = max(run.first, other.first)
    count = min(run.first + run.size, other.first + other.size) - low
    return (low - run.first, count) if count > 0 else (0, 0)


def _as_long(run: Run, like: Run) -> Run:
    return Run(run.first, run.size, run.step, run.count, like.length)


def _zero_outside(change: Tensor, box: Boxes) -> None:
    """Zero in the places (rows, columns, h, w, C) of each box that lie outside the map."""
    for axis, run in enumerate(box):
        for number in range(run.count):
            low, high = run.inside(number)
            one = change.select(axis, number)
            if low:
                one.narrow(axis + 1, 0, low).zero_()
            if high < run.size:
                one.narrow(axis + 1, high, run.size - high).zero_()


def _in_whole_maps(change: Tensor, box: Boxes) -> Tensor:
    """Boxes (rows, columns, h, w, C) at their places in maps (rows, columns, H, W, C) of zeros."""
    for axis, run in enumerate(box):
        shape = list(change.shape)
        shape[axis + 2] = run.length
        whole = change.new_zeros(shape)
        for number in range(run.count):
            low, high = run.inside(number)
            if low == high:
                continue
            part = change.select(axis, number).narrow(axis + 1, low, high - low)
            whole.select(axis, number).narrow(axis + 1, run.first + number * run.step + low, high - low).copy_(part)
        change = whole
    return change


def _channels_first(change: Tensor) -> Tensor:
    return change.permute(0, 3, 1, 2)


def _channels_last(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1)
