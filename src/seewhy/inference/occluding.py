"""Scores of an image with each patch of a grid covered, in the cheapest way that is exact; knows no method."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from math import prod

import torch
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size
from seewhy.inference.clean import Clean
from seewhy.inference.convolving import Convolving
from seewhy.inference.dense import Dense, dense, halving
from seewhy.inference.grids import Grid, Part

WORTH = 0.85
PLANS = 16  # grids kept for one model
FEW = 8  # patches that are covered before a plan for them would be made
MEMORY = 1.5  # what the boxes of a batch may take, as a share of what whole passes take


class Occluder:
    """Scores of images of one model under one grid.

    how: "incremental", or "dense: " and why. size: patches in one batch.
    """

    def __init__(self, model: Classifier, image: Tensor, grid: Grid, worth: float = WORTH) -> None:
        self.model = model
        self.worth = worth  # a plan must stay below this share of the work of whole passes; 0 for whole passes only
        self.grid = grid
        self._dense: Dense = dense(model)
        self._clean: Clean | None = None  # of the image that was looked at last
        self._parts, self.how = self._chosen(image, grid)
        self.size = self._best_size(image, grid)
        self.halved = False

    def look(self, image: Tensor, fill: Tensor) -> Look:
        """The image (C, H, W) to be covered with what `fill` (C, H, W) shows there."""
        clean = None
        if self._parts and self._dense.program is not None:
            if self._clean is None or not torch.equal(self._clean.image, image):
                self._clean = Clean(self._dense.program, image)
            clean = self._clean.covered(fill)
        return Look(self, image, fill, clean)

    def batches(self, places: Tensor) -> list[Tensor]:
        """`places` (P, 2) in batches that go through the model together."""
        if not self._parts:
            return list(places.split(self.size)) if len(places) else []
        wanted = torch.zeros(len(self.grid.tops), len(self.grid.lefts), dtype=torch.bool)
        wanted[places[:, 0], places[:, 1]] = True
        return [batch for part in self._parts for batch in part.batches(wanted, self.size)]

    def _chosen(self, image: Tensor, grid: Grid) -> tuple[list[Part], str]:
        program = self._dense.program
        if program is None:
            return [], f"dense: {self._dense.reason}"
        if self._few:
            return [], "dense: so few patches are covered sooner than planned for"
        self._clean = Clean(program, image)
        if not self._dense.agrees(self.model, image[None], self._clean.scores):
            self._dense = Dense(None)
            return [], "dense: the model changed in a way that its weights do not show"
        with self._dense.lock:
            if grid not in self._dense.kept:
                grids = [key for key in self._dense.kept if isinstance(key, Grid)]
                for old in grids[: len(grids) - PLANS + 1]:
                    del self._dense.kept[old]
                self._dense.kept[grid] = grid.parts(program)
            parts: list[Part] = self._dense.kept[grid]
        counts = [prod(part.plan.count) for part in parts]
        work = sum(part.plan.work * count for part, count in zip(parts, counts, strict=True)) / sum(counts)
        if work > self.worth:
            return [], f"dense: following the patches would save only {max(0.0, 1 - work):.0%} of the work"
        return parts, "incremental"

    def _best_size(self, image: Tensor, grid: Grid) -> int:
        if self._few:
            return min(batch_size(image), FEW)
        usual = self._dense.size(self.model, image)
        program = self._dense.program
        if not self._parts or program is None:
            return usual
        whole = max(prod(step.shape) for step in program.steps if step.shape is not None)  # values an image keeps
        values = max(part.plan.values for part in self._parts)
        largest = max(self._parts, key=lambda part: prod(part.plan.count))
        most = min(prod(largest.plan.count), max(1, int(MEMORY * batch_size(image) * whole / values)))
        sizes = [size for size in (most, most // 2, most // 4) if size >= 8] or [most]
        look = self.look(image, image)

        def run(size: int) -> Tensor:
            return look.boxed(largest, largest.places[:size])

        return self._dense.best(("boxes", grid), sizes, run)

    @property
    def _few(self) -> bool:
        return len(self.grid.tops) * len(self.grid.lefts) <= FEW

    @property
    def convolving(self) -> Convolving:
        """The quickest ways to convolve, as far as they are known for the model."""
        with self._dense.lock:
            found: Convolving = self._dense.kept.setdefault("convolving", Convolving())
            return found


class Look:
    """One image under the grid."""

    def __init__(self, occluder: Occluder, image: Tensor, fill: Tensor, clean: Clean | None) -> None:
        self._occluder, self._clean = occluder, clean
        self._image, self._fill = image, fill

    @cached_property
    def whole(self) -> Tensor:
        """Scores (1, K) of the image itself."""
        occluder = self._occluder
        if self._clean is None:
            return occluder._dense.scores(occluder.model, self._image[None])
        return occluder.model.check_scores(self._clean.scores, 1)

    def scores(self, places: Tensor) -> Tensor:
        """Scores (P, K) with the patch at each of `places` (P, 2), row and column of the grid, covered."""
        occluder = self._occluder
        scores = torch.empty(len(places), len(occluder.model.labels), device=self._image.device)
        parts: list[Part | None] = [*occluder._parts] or [None]
        for part in parts:
            mine = torch.ones(len(places), dtype=torch.bool) if part is None else part.mine(places)
            if not mine.any():
                continue
            found, size = halving(partial(self.boxed, part), places[mine], occluder.size)
            occluder.halved |= size < occluder.size
            occluder.size = size
            scores[mine] = found.to(scores)
            if mine.all():
                break
        return occluder.model.check_scores(scores, len(places))

    def boxed(self, part: Part | None, places: Tensor) -> Tensor:
        """The same for places that are all in `part`, at once; by whole passes where there is none."""
        if part is None or self._clean is None:
            return self._covered(places)
        rows, columns, chosen = part.around(places)
        return part.plan.scores(self._clean, rows, columns, self._occluder.convolving)[chosen]

    def _covered(self, places: Tensor) -> Tensor:
        grid, model = self._occluder.grid, self._occluder.model
        sides = zip((grid.tops, grid.lefts), (grid.height, grid.width), grid.shape, places.T, strict=True)
        under = []
        for starts, size, length, which in sides:
            first, at = torch.tensor(starts)[which][:, None], torch.arange(length)[None]
            under.append((at >= first) & (at < first + size))
        cover = (under[0][:, None, :, None] & under[1][:, None, None, :]).to(self._image.device)
        return self._occluder._dense.scores(model, torch.where(cover, self._fill, self._image))


def occluder(
    model: Classifier, image: Tensor, tops: Sequence[int], lefts: Sequence[int], sides: tuple[int, int]
) -> Occluder:
    """How `model` is asked about images like `image` (C, H, W) under patches of `sides` at `tops` × `lefts`."""
    height, width = image.shape[-2:]
    return Occluder(model, image, Grid(tuple(tops), tuple(lefts), *sides, (height, width)))
