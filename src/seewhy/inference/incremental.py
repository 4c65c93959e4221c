"""Scores of an image with a patch here or there, computing only what the patch can change; knows no method.

The clean image runs once and keeps every value. For a patch, each step computes a box: what it reads is gathered from
the clean value, the changed part of the step before pasted over it. Where the boxes cover nearly the whole map the
steps go on as usual. The result equals that of whole passes up to rounding. Nakandala et al., SIGMOD 2019
(https://doi.org/10.1145/3299869.3319874).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seewhy.inference import ops
from seewhy.inference.boxes import Span, Window, union
from seewhy.inference.graph import Program, Step, compute

COVERED = 0.85  # of a map: from here on whole maps are cheaper
TOUCHED = 10.0  # operations that moving one value in memory is worth


Edges = tuple[int, int, int, int]  # padding, as F.pad has it


class Boxes(NamedTuple):
    """Where each row and each column of patches changes a map."""

    rows: Span
    columns: Span

    @property
    def places(self) -> int:
        """Places in one box."""
        return self.rows.size * self.columns.size

    @property
    def share(self) -> float:
        """The part of the map that a box covers."""
        return self.places / (self.rows.length * self.columns.length)


@dataclass(frozen=True)
class Axis:
    """Along one axis, for every row (or column) of patches: which places a step reads, (P, L).

    outer: in the padded clean map; inner: in the box of the step before, below 0 where that has none of them.
    """

    outer: Tensor
    inner: Tensor

    @classmethod
    def reading(cls, source: Span, places: Tensor, before: int) -> Axis:
        """Read `places` (P, L), counted without padding, where `source` says what changed."""
        inner = places - source.starts[:, None]
        return cls((places + before).int(), torch.where(inner < source.size, inner, -1).clamp(min=-1).int())


@dataclass(frozen=True)
class Reading:
    """How a step gets one of its inputs: the region it reads for each patch, from the clean map and from the box."""

    rows: Axis
    columns: Axis
    edges: Edges = (0, 0, 0, 0)
    fill: float = 0.0

    @property
    def places(self) -> int:
        """Places that one patch reads."""
        return self.rows.outer.shape[1] * self.columns.outer.shape[1]

    def gather(self, clean: Tensor, width: int, box: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """The regions (P, C, h, w) for patches in these rows and columns.

        clean: the padded clean map as (places, C), `width` places wide; box: (P, C, h, w).
        """
        outer_rows, inner_rows = self.rows.outer[rows], self.rows.inner[rows]
        outer_columns, inner_columns = self.columns.outer[columns], self.columns.inner[columns]
        first = len(clean) + torch.arange(len(rows), dtype=torch.int32)[:, None] * (box.shape[2] * box.shape[3])
        from_clean = (outer_rows * width)[:, :, None] + outer_columns[:, None, :]
        from_box = (first + inner_rows * box.shape[3])[:, :, None] + inner_columns[:, None, :]
        changed = (inner_rows >= 0)[:, :, None] & (inner_columns >= 0)[:, None, :]
        index = torch.where(changed, from_box, from_clean)
        both = torch.cat([clean, _as_rows(box)])
        region = both.index_select(0, index.flatten().to(both.device))
        return region.view(*index.shape, -1).permute(0, 3, 1, 2)


class Clean:
    """Every value of the program for one image, and the same padded and as rows of channels."""

    def __init__(self, program: Program, image: Tensor) -> None:
        self.values = program.values(image[None])
        self._rows: dict[tuple[int, tuple[int, ...], float], tuple[Tensor, int]] = {}

    def rows(
        self, index: int, edges: tuple[int, int, int, int] = (0, 0, 0, 0), fill: float = 0.0
    ) -> tuple[Tensor, int]:
        """The value of step `index` as (places, C), and how many places wide it is."""
        key = (index, edges, fill)
        if key not in self._rows:
            value = torch.nn.functional.pad(self.values[index], edges, value=fill)
            self._rows[key] = (_as_rows(value), value.shape[3])
        return self._rows[key]


@dataclass(frozen=True)
class Plan:
    """How a program computes a grid of patches.

    boxes: what each step computes; None where it computes whole maps. readings: how each step gets each input; None
    where it takes it as it is. work: the estimated share of the work of whole passes.
    """

    program: Program
    tops: Span
    lefts: Span
    boxes: tuple[Boxes | None, ...]
    readings: tuple[tuple[Reading | None, ...], ...]

    @classmethod
    def of(cls, program: Program, tops: Span, lefts: Span) -> Plan:
        """Follow patches that cover these spans of the image through the program."""
        boxes: list[Boxes | None] = []
        readings = []
        for step in program.steps:
            sources = [boxes[i] for i in step.inputs]
            found = Boxes(tops, lefts) if isinstance(step.op, ops.Input) else _reached(program, step, boxes)
            boxes.append(found)
            readings.append(tuple(_reading(step, found, source) for source in sources))
        return cls(program, tops, lefts, tuple(boxes), tuple(readings))

    def split(self) -> list[tuple[Plan, Tensor, Tensor]]:
        """Plans for patches near the border, whose boxes are smaller, and for the others.

        Each with the number, in its own grid, of every row and every column of this grid; −1 where it is not in it.
        """
        axes = []
        for axis in (0, 1):
            spans = [box[axis] for box in self.boxes if box is not None]
            reach = torch.stack([span.last - span.first for span in spans]).sum(0)
            axes.append(_two_groups(reach))
        parts = []
        for rows in axes[0]:
            for columns in axes[1]:
                plan = Plan.of(self.program, self.tops.among(rows), self.lefts.among(columns))
                parts.append((plan, _numbers(rows, len(self.tops.first)), _numbers(columns, len(self.lefts.first))))
        return parts

    @cached_property
    def work(self) -> float:
        """The estimated share of the work of whole passes."""
        whole = parts = 0.0
        for step, box, readings in zip(self.program.steps, self.boxes, self.readings, strict=True):
            if step.shape is None:
                continue
            shapes = [self.program.steps[i].shape or () for i in step.inputs]
            places = prod(step.shape[1:]) if step.maps else 1
            usual = step.op.work(places, shapes, step.shape) + TOUCHED * prod(step.shape)
            whole += usual
            parts += usual * box.places / places if box is not None and step.maps else usual
            parts += 2 * TOUCHED * self._moved(step, readings)
        return parts / whole

    @cached_property
    def values(self) -> int:
        """The most values that one patch keeps in a step: what the step reads and what it gives."""
        most = 1
        for step, box, readings in zip(self.program.steps, self.boxes, self.readings, strict=True):
            if step.shape is not None:
                own = step.shape[0] * box.places if box is not None and step.maps else prod(step.shape)
                most = max(most, own + self._moved(step, readings))
        return most

    def _moved(self, step: Step, readings: tuple[Reading | None, ...]) -> int:
        """How many values are gathered for one patch."""
        moved = 0
        for i, reading in zip(step.inputs, readings, strict=True):
            box = self.boxes[i]
            if reading is not None and box is not None:
                area = box.rows.length * box.columns.length
                moved += reading.places * prod(self.program.steps[i].shape or ()) // area
        return moved

    def scores(self, clean: Clean, changed: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Scores (P, K) of the patches in these rows and columns of the grid.

        changed: (P, C, h, w), the image inside each patch's box.
        """
        steps = self.program.steps
        values: dict[int, Any] = {0: self.program.read(changed)}
        for index, step in enumerate(steps[1:], start=1):
            if not any(i in values for i in step.inputs):
                continue  # the same for every image
            values[index] = self._value(index, clean, values, rows, columns)
            for dead in step.dies:
                values.pop(dead, None)
        return values[len(steps) - 1]  # type: ignore[no-any-return]

    def _value(self, index: int, clean: Clean, values: dict[int, Any], rows: Tensor, columns: Tensor) -> Any:
        step = self.program.steps[index]
        source = step.inputs[0]
        box = self.boxes[source]
        if box is not None and self.boxes[index] is None and isinstance(step.op, ops.GlobalMean):
            before = clean.rows(source)[0]
            width = box.columns.length
            places = (box.rows.places[rows] * width)[:, :, None] + box.columns.places[columns][:, None, :]
            old = before.index_select(0, places.flatten().to(before.device)).view(*places.shape, -1)
            change = (values[source] - old.permute(0, 3, 1, 2)).sum((2, 3)) / (box.rows.length * width)
            mean = clean.values[index]
            return mean + change.reshape(len(rows), *mean.shape[1:])
        inputs = [
            self._input(i, reading, clean, values, rows, columns)
            for i, reading in zip(step.inputs, self.readings[index], strict=True)
        ]
        if self.boxes[index] is not None and isinstance(step.op, ops.Windowed):
            return step.op.valid(inputs[0])
        if self.boxes[index] is not None and isinstance(step.op, ops.Flatten):
            return inputs[0]  # still a box; whoever needs the vector asks for the whole of it
        return compute(step, inputs)

    def _input(
        self, i: int, reading: Reading | None, clean: Clean, values: dict[int, Any], rows: Tensor, columns: Tensor
    ) -> Any:
        if i not in values:
            return clean.values[i]
        if reading is None:
            return values[i]
        if not self.program.steps[i].maps:  # a vector that is still a box: its maps are further up
            return self._input_flat(i, reading, clean, values[i], rows, columns)
        known, width = clean.rows(i, reading.edges, reading.fill)
        return reading.gather(known, width, values[i], rows, columns)

    def _input_flat(self, i: int, reading: Reading, clean: Clean, box: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        spans = self.boxes[i]
        assert spans is not None
        value = clean.values[i].view(1, -1, spans.rows.length, spans.columns.length)
        return reading.gather(_as_rows(value), spans.columns.length, box, rows, columns).flatten(1)


def _two_groups(reach: Tensor) -> list[Tensor]:
    """Changes of small reach and the others, so that the sum over groups of (members × largest reach) is least."""
    order = reach.argsort(stable=True)
    largest = int(reach.max())
    costs = [(at * int(reach[order[at - 1]]) if at else 0) + (len(reach) - at) * largest for at in range(len(reach))]
    at = costs.index(min(costs))
    return [group for group in (order[:at].sort().values, order[at:].sort().values) if len(group)]


def _numbers(members: Tensor, count: int) -> Tensor:
    numbers = torch.full((count,), -1)
    numbers[members] = torch.arange(len(members))
    return numbers


def _reached(program: Program, step: Step, boxes: list[Boxes | None]) -> Boxes | None:
    """What the step computes; None where it must, or had better, compute whole maps."""
    varying = [i for i in step.inputs if program.steps[i].shape is not None or boxes[i] is not None]
    sources = [boxes[i] for i in varying]
    known = [source for source in sources if source is not None]
    if step.shape is None or not known or len(known) < len(sources):
        return None
    constants = [i for i in step.inputs if i not in varying]
    match step.op:
        case ops.Windowed() if step.maps:
            rows, columns = step.op.windows
            found = Boxes(known[0].rows.through(rows, step.shape[1]), known[0].columns.through(columns, step.shape[2]))
        case ops.Pointwise() | ops.Concat() if step.maps and all(
            program.steps[i].shape is not None and program.steps[i].maps for i in varying
        ):
            if isinstance(step.op, ops.Concat) and constants:
                return None
            if any((s.rows.length, s.columns.length) != step.shape[1:] for s in known):
                return None
            found = Boxes(union([s.rows for s in known]), union([s.columns for s in known]))
        case ops.Flatten() if program.steps[varying[0]].maps:
            return known[0]
        case ops.Pointwise() if len(varying) == 1 and not constants:
            return known[0]
        case _:
            return None
    return None if found.share >= COVERED else found


def _reading(step: Step, box: Boxes | None, source: Boxes | None) -> Reading | None:
    """How the step gets an input whose box is `source`; None where it takes it as it is."""
    if source is None or isinstance(step.op, ops.GlobalMean):
        return None
    if box is None:
        rows, columns = (
            Axis.reading(s, torch.arange(s.length).expand(len(s.first), -1), 0) for s in (source.rows, source.columns)
        )
        return Reading(rows, columns)
    if isinstance(step.op, ops.Windowed):
        (up, across), (below, beyond) = step.op.windows, step.op.after
        rows = Axis.reading(source.rows, _seen(box.rows, up), up.before)
        columns = Axis.reading(source.columns, _seen(box.columns, across), across.before)
        return Reading(rows, columns, (across.before, beyond, up.before, below), step.op.fill)
    if box.rows.same_boxes(source.rows) and box.columns.same_boxes(source.columns):
        return None
    rows = Axis.reading(source.rows, box.rows.places, 0)
    return Reading(rows, Axis.reading(source.columns, box.columns.places, 0))


def _seen(box: Span, window: Window) -> Tensor:
    """(P, L): the places of the input, counted without padding, that the windows of a box see."""
    first = box.starts * window.stride - window.before
    return first[:, None] + torch.arange((box.size - 1) * window.stride + window.reach)


def _as_rows(maps: Tensor) -> Tensor:
    """(N, C, H, W) as (N · H · W, C)."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])
