"""Occlusion: cover a part of the image and see what the model loses."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import ClassVar, Literal, Self

import torch
from pydantic import Field
from torch import Tensor

from seewhy import progress
from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.inference.fills import Fill, filled
from seewhy.inference.occluding import Look, Occluder, occluder
from seewhy.inference.sharing import shared
from seewhy.targets import ClassScore


class Occlusion(Explainer):
    """Slide a patch over the image and see how far the target falls: a pixel's value is its average fall.

    Where covering makes the score fall, the model leaned on what was there (positive); where the score rises, the
    covered part spoke against the target (negative). It needs nothing but scores, so it works for every model.
    """

    name: ClassVar[str] = "occlusion"
    title: ClassVar[str] = "Occlusion"
    needs: ClassVar[Ability] = "scores"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>O</mi><mi>i</mi></msub><mo>=</mo>"
        "<mfrac><mn>1</mn><mrow><mo>|</mo><msub><mi>W</mi><mi>i</mi></msub><mo>|</mo></mrow></mfrac>"
        "<munder><mo>∑</mo><mrow><mi>w</mi><mo>∈</mo><msub><mi>W</mi><mi>i</mi></msub></mrow></munder>"
        "<mo>[</mo><mi>F</mi><mo>(</mo><mi>x</mi><mo>)</mo><mo>−</mo>"
        "<mi>F</mi><mo>(</mo><msub><mi>x</mi><mrow><mo>∖</mo><mi>w</mi></mrow></msub><mo>)</mo><mo>]</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Covered images are unlike anything the model trained on; part of the fall may come from that.",
        "The fill is part of the question: black and white patches can give nearly opposite maps.",
        "Covering a black part with black changes nothing, so it gets 0.",
        "Two parts that say the same can each be covered without harm, and both look unimportant.",
    )
    source: ClassVar[str] = "Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014"
    link: ClassVar[str] = "https://arxiv.org/abs/1311.2901"

    patch: int = Field(4, ge=1, le=512, description="side of the patch, in pixels (its height, where a width is given)")
    width: int | None = Field(None, ge=1, le=512, description="width of the patch, in pixels, where it is not square")
    stride: int = Field(2, ge=1, le=512, description="step from one patch to the next, in pixels")
    fill: Fill = Field("black", description="what covers the image")
    border: Literal["cut", "inside"] = Field(
        "cut", description="the last patch is cut at the border, or pushed inside so that all are whole"
    )

    def sketch(self) -> Self:
        """Patches side by side instead of overlapping."""
        return self.model_copy(update={"stride": max(self.stride, self.patch)})

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed mean falls; arrays: `windows` (rows, columns) the fall of each patch, `tops`, `lefts`, its corners."""
        x = x.detach()
        tops, lefts = self.starts(x)
        rows, columns = self._cover(tops, x.shape[2], self.patch), self._cover(lefts, x.shape[3], self.width)
        fill = filled(self.fill, x, model)
        falls = torch.zeros(len(x), len(tops), len(lefts), dtype=torch.float64)
        with torch.inference_mode():
            asked = occluder(model, x[0], tops, lefts, (self.patch, self.width or self.patch))
            for index, row, column, scores in self._falls(asked, x, fill, target, rows, columns):
                falls[index, row, column] = scores
                progress.partial(lambda: _spread(falls[0], rows, columns).float().numpy())
        values = torch.stack([_spread(fall, rows, columns) for fall in falls])
        arrays = {
            "windows": falls,
            "tops": torch.tensor(tops).expand(len(x), -1),
            "lefts": torch.tensor(lefts).expand(len(x), -1),
        }
        facts = {"windows": len(tops) * len(lefts), "fill": self.fill, "evaluation": asked.how}
        if asked.halved:
            facts["batch"] = f"{asked.size} windows at a time, because memory ran out with more"
        return Attribution(values.float(), tuple(dict(facts) for _ in x), arrays=arrays)

    def starts(self, x: Tensor) -> tuple[list[int], list[int]]:
        """Where the patches begin: their top rows and their left columns in images like `x` (…, H, W)."""
        height, width = x.shape[-2:]
        return self._starts(height, self.patch, "high"), self._starts(width, self.width or self.patch, "wide")

    def _falls(
        self, asked: Occluder, x: Tensor, fill: Tensor, target: ClassScore, rows: Tensor, columns: Tensor
    ) -> Iterator[tuple[int, Tensor, Tensor, Tensor]]:
        """Batches of (image, row and column of each patch, fall of each patch)."""
        changes = (x != fill).any(1).double().cpu()  # a patch over what it would paint anyway changes nothing
        batches: list[tuple[int, Tensor]] = []
        for index, change in enumerate(changes):
            places = torch.nonzero(rows.T @ change @ columns)  # (windows, 2)
            batches += [(index, batch) for batch in asked.batches(places)]
        looked, look = -1, asked.look(x[0], fill[0])
        for index, places in progress.track(batches, "occluding"):
            if index != looked:
                looked, look = index, asked.look(x[index], fill[index])
            yield index, *places.T, self._fall(asked, look, torch.stack([x[index], fill[index]]), places, target)

    def _fall(self, asked: Occluder, look: Look, scene: Tensor, places: Tensor, target: ClassScore) -> Tensor:
        """How far the target falls (P,) under each patch; `scene`: the image and its fill."""
        grid = (self.patch, self.width, self.stride, self.border)
        whole = shared("whole", asked.model, (), scene, lambda: look.whole)
        where = (*grid, *places.flatten().tolist())
        covered = shared("covered", asked.model, where, scene, lambda: look.scores(places))
        return (target.of(whole).double() - target.of(covered).double()).cpu()

    def _starts(self, length: int, patch: int, way: str) -> list[int]:
        if patch > length:
            raise ValueError(f"patch must fit into the image, which is {length} pixels {way}, got {patch}")
        if self.border == "cut":
            return [self.stride * i for i in range(ceil((length - patch) / self.stride) + 1)]
        return sorted({*range(0, length - patch, self.stride), length - patch})

    def _cover(self, starts: list[int], length: int, patch: int | None) -> Tensor:
        """(length, len(starts)): 1 where the pixel lies under the patch."""
        places, first = torch.arange(length)[:, None], torch.tensor(starts)[None]
        return ((places >= first) & (places < first + (patch or self.patch))).double()


def _spread(falls: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The mean fall (H, W) over the patches that cover each pixel; 0 where none does."""
    return rows @ falls @ columns.T / torch.outer(rows.sum(1), columns.sum(1)).clamp(min=1)
