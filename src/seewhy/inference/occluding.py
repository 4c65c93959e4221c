"""Scores of an image with each patch of a grid covered, in the cheapest way that is exact; knows no method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size
from seewhy.inference.boxes import Span
from seewhy.inference.dense import Dense, dense, halving
from seewhy.inference.incremental import Clean, Plan

WORTH = 0.85
SPLIT = 0.95  # of the work of one plan: several plans must stay below
PLANS = 16  # kept for one model
MEMORY = 1.5  # what the boxes of a batch may take, as a share of what whole passes take


@dataclass(frozen=True)
class Grid:
    """Patches at every crossing of `tops` and `lefts`, `height` × `width`, cut at the border of an image of `shape`."""

    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    height: int
    width: int
    shape: tuple[int, int]

    @property
    def spans(self) -> tuple[Span, Span]:
        """The rows and the columns of the image under each row and each column of patches; never empty."""
        sides = ((self.tops, self.height), (self.lefts, self.width))
        starts = [(torch.tensor(first), size, length) for (first, size), length in zip(sides, self.shape, strict=True)]
        rows, columns = (Span(a.clamp(max=n - 1), (a + size - 1).clamp(max=n - 1), n) for a, size, n in starts)
        return rows, columns


class Part(NamedTuple):
    """A plan for some rows and columns of a grid, with their numbers in the plan, −1 for the others."""

    plan: Plan
    rows: Tensor
    columns: Tensor

    @property
    def places(self) -> Tensor:
        """(P, 2): row and column, in the grid, of every patch of the plan."""
        return torch.cartesian_prod((self.rows >= 0).nonzero()[:, 0], (self.columns >= 0).nonzero()[:, 0])

    def mine(self, places: Tensor) -> Tensor:
        """Which of `places` (P, 2) are in the plan."""
        return (self.rows[places[:, 0]] >= 0) & (self.columns[places[:, 1]] >= 0)


class Occluder:
    """Scores of images of one model under one grid.

    how: "incremental", or "dense: " and why. size: patches in one batch.
    """

    def __init__(self, model: Classifier, image: Tensor, grid: Grid, worth: float = WORTH) -> None:
        self.model = model
        self.worth = worth  # a plan must stay below this share of the work of whole passes; 0 for whole passes only
        self.grid = grid
        self.rows, self.columns = grid.spans
        self._dense: Dense = dense(model)
        self._parts, self.how = self._chosen(image, grid)
        self.size = self._best_size(image, grid)
        self.halved = False

    def look(self, image: Tensor, fill: Tensor) -> Look:
        """The image (C, H, W) to be covered with what `fill` (C, H, W) shows there."""
        return Look(self, image, fill)

    def _chosen(self, image: Tensor, grid: Grid) -> tuple[list[Part], str]:
        program = self._dense.program
        if program is None:
            return [], f"dense: {self._dense.reason}"
        if not self._dense.agrees(self.model, image[None]):
            self._dense = Dense(None)
            return [], "dense: the model changed in a way that its weights do not show"
        with self._dense.lock:
            if grid not in self._dense.kept:
                plans = [key for key in self._dense.kept if isinstance(key, Grid)]
                for old in plans[: len(plans) - PLANS + 1]:
                    del self._dense.kept[old]
                self._dense.kept[grid] = _parts(Plan.of(program, self.rows, self.columns))
            parts: list[Part] = self._dense.kept[grid]
        work = _work(parts)
        if work > self.worth:
            return [], f"dense: following the patches would save only {max(0.0, 1 - work):.0%} of the work"
        return parts, "incremental"

    def _best_size(self, image: Tensor, grid: Grid) -> int:
        usual = self._dense.size(self.model, image)
        if not self._parts or self._dense.program is None:
            return usual
        program = self._dense.program
        whole = max(prod(step.shape) for step in program.steps if step.shape is not None)  # values an image keeps
        values = max(part.plan.values for part in self._parts)
        largest = max(self._parts, key=lambda part: len(part.places))
        most = min(len(largest.places), max(1, int(MEMORY * batch_size(image) * whole / values)))
        sizes = [size for size in (most, most // 2, most // 4, most // 8) if size >= 8] or [most]
        clean = Clean(program, image)

        def run(size: int) -> Tensor:
            return Look(self, image, image, clean).boxed(largest, largest.places[:size])

        return self._dense.best(("boxes", grid), sizes, run)

    def batches(self, places: Tensor) -> list[Tensor]:
        """`places` (P, 2) in batches that go through the model together."""
        groups = [part.mine(places) for part in self._parts] or [torch.ones(len(places), dtype=torch.bool)]
        return [some for mine in groups for some in places[mine].split(self.size) if len(some)]


class Look:
    """One image under the grid."""

    def __init__(self, occluder: Occluder, image: Tensor, fill: Tensor, clean: Clean | None = None) -> None:
        self._occluder = occluder
        self._image, self._fill = image, fill
        self._clean = clean

    @cached_property
    def whole(self) -> Tensor:
        """Scores (1, K) of the image itself."""
        return self._occluder._dense.scores(self._occluder.model, self._image[None])

    def scores(self, places: Tensor) -> Tensor:
        """Scores (P, K) with the patch at each of `places` (P, 2), row and column of the grid, covered."""
        occluder = self._occluder
        scores = torch.empty(len(places), len(occluder.model.labels), device=self._image.device)
        parts: list[Part | None] = [*occluder._parts] or [None]
        for part in parts:
            mine = torch.ones(len(places), dtype=torch.bool) if part is None else part.mine(places)
            if mine.any():
                run = self._covered if part is None else partial(self.boxed, part)
                found, size = halving(run, places[mine], occluder.size)
                occluder.halved |= size < occluder.size
                occluder.size = size
                scores[mine] = found.to(scores)
        return occluder.model.check_scores(scores, len(places))

    def boxed(self, part: Part, places: Tensor) -> Tensor:
        """The same by boxes, for places that are all in `part`."""
        if self._clean is None:
            self._clean = Clean(part.plan.program, self._image)
        rows, columns = part.rows[places[:, 0]], part.columns[places[:, 1]]
        return part.plan.scores(self._clean, self._patched(part, places), rows, columns)

    def _covered(self, places: Tensor) -> Tensor:
        height, width = self._occluder.grid.shape
        cover = self._cover(places, torch.arange(height)[None], torch.arange(width)[None])[:, None]
        return self._occluder._dense.scores(self._occluder.model, torch.where(cover, self._fill, self._image))

    def _patched(self, part: Part, places: Tensor) -> Tensor:
        """The image (P, C, h, w) inside the box of each patch."""
        ys = part.plan.tops.places[part.rows[places[:, 0]]]
        xs = part.plan.lefts.places[part.columns[places[:, 1]]]
        where = (ys[:, :, None].to(self._image.device), xs[:, None, :].to(self._image.device))
        cover = self._cover(places, ys, xs)
        return torch.where(cover, self._fill[:, *where], self._image[:, *where]).transpose(0, 1)

    def _cover(self, places: Tensor, ys: Tensor, xs: Tensor) -> Tensor:
        """(P, h, w): whether the patch at each of `places` covers the rows `ys` (P, h) and columns `xs` (P, w)."""
        grid = self._occluder.grid
        tops, lefts = torch.tensor(grid.tops)[places[:, :1]], torch.tensor(grid.lefts)[places[:, 1:]]
        under = (ys >= tops) & (ys < tops + grid.height), (xs >= lefts) & (xs < lefts + grid.width)
        return (under[0][:, :, None] & under[1][:, None, :]).to(self._image.device)


def occluder(
    model: Classifier, image: Tensor, tops: Sequence[int], lefts: Sequence[int], sides: tuple[int, int]
) -> Occluder:
    """How `model` is asked about images like `image` (C, H, W) under patches of `sides` at `tops` × `lefts`."""
    height, width = image.shape[-2:]
    return Occluder(model, image, Grid(tuple(tops), tuple(lefts), *sides, (height, width)))


def _parts(plan: Plan) -> list[Part]:
    """The plan as it is, or split where that saves enough."""
    one = [Part(plan, torch.arange(len(plan.tops.first)), torch.arange(len(plan.lefts.first)))]
    split = [Part(*part) for part in plan.split()]
    return split if _work(split) < SPLIT * _work(one) else one


def _work(parts: list[Part]) -> float:
    """The estimated share of the work of whole passes."""
    counts = [len(part.places) for part in parts]
    return sum(part.plan.work * count for part, count in zip(parts, counts, strict=True)) / sum(counts)
