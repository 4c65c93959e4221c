"""LIME: a straight line through the scores of the image with random segments hidden."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from seewhy import progress
from seewhy.classifiers.base import Ability
from seewhy.explainers.segmented import Hiding, SegmentExplainer, Weighed, paint
from seewhy.explainers.settling import SETTLED, agreement

POOR = 0.5  # below this R² the line does not describe the model


class Lime(SegmentExplainer):
    """Hide segments at random and fit a straight line: how much does each segment add to the score?

    The scores of many pictures with hidden segments are approximated by a sum of one weight a segment, and pictures
    close to the whole one count more. Each pixel shows the weight of its segment; R² tells how well the line fits.
    """

    name: ClassVar[str] = "lime"
    title: ClassVar[str] = "LIME"
    needs: ClassVar[Ability] = "scores"
    formula: ClassVar[str] = (
        "<math display='block'><mi>w</mi><mo>=</mo><munder><mi>argmin</mi><mrow><mi>w</mi><mo>,</mo><mi>b</mi></mrow>"
        "</munder><munder><mo>∑</mo><mi>z</mi></munder><mi>π</mi><mo>(</mo><mi>z</mi><mo>)</mo>"
        "<msup><mrow><mo>[</mo><mi>F</mi><mo>(</mo><msub><mi>x</mi><mi>z</mi></msub><mo>)</mo><mo>−</mo><mi>b</mi>"
        "<mo>−</mo><msup><mi>w</mi><mi>T</mi></msup><mi>z</mi><mo>]</mo></mrow><mn>2</mn></msup><mo>+</mo><mi>α</mi>"
        "<msup><mrow><mo>‖</mo><mi>w</mi><mo>‖</mo></mrow><mn>2</mn></msup><mo>,</mo><mspace width='1em'></mspace>"
        "<mi>π</mi><mo>(</mo><mi>z</mi><mo>)</mo><mo>=</mo><msqrt><mi>exp</mi><mo>(</mo><mo>−</mo>"
        "<msup><mi>d</mi><mn>2</mn></msup><mo>/</mo><msup><mi>σ</mi><mn>2</mn></msup><mo>)</mo></msqrt></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The segments are part of the question: another segmentation gives another explanation.",
        "A weight is the average over pictures where half of the rest is hidden too, unlike anything the model knows.",
        "The result is an estimate; the standard errors say how far another seed would move it.",
        "Where R² is low, no straight line describes the model, and the weights mean little.",
        "With its mean colour as fill, a segment of one colour cannot be hidden.",
    )
    source: ClassVar[str] = "Ribeiro, Singh, Guestrin: “Why Should I Trust You?”, KDD 2016"
    link: ClassVar[str] = "https://arxiv.org/abs/1602.04938"

    kernel: float = Field(
        0.25, gt=0, le=100, description="σ: pictures at this cosine distance from the whole count less"
    )
    ridge: float = Field(1.0, ge=0, le=1e6, description="α: pulls the weights towards 0, which steadies them")

    def weigh(self, hiding: Hiding) -> Weighed:
        """The line's weights; notes: `r2` of the fit, and how well two halves of the samples agree."""
        masks = random_masks(self.samples, hiding.count, self.paired, self.seed)
        seen = _Halves(masks, self.kernel, self.ridge, 2 if self.paired else 1)
        for scores in hiding.scores(masks, self.stops()):
            seen.take(scores - scores[0])  # differences, so that equal scores give exact zeros
            progress.note(lambda: {"r2": seen.r2(), "samples_used": seen.count})
            progress.partial(lambda: paint(seen.weights().numpy(), hiding))
            if self.until == "settled" and seen.agreement() >= SETTLED:
                break
        used = seen.count
        line = fit(masks[:used].double(), scores[:used] - scores[0], self.kernel, self.ridge, seen.cluster)
        notes = _notes(line, seen.agreement(), used, float(scores[0]))
        return Weighed(line.weights, line.errors, notes, masks[:used], scores[:used])


class _Halves:
    """What two halves of the samples say, kept as sums, so that looking at them costs no second pass over the masks."""

    def __init__(self, masks: Tensor, kernel: float, ridge: float, cluster: int) -> None:
        self.masks, self.ridge, self.cluster, self.count = masks, ridge, cluster, 0
        self.importance = closeness(masks, kernel)
        width = masks.shape[1] + 2  # the segments, one for the intercept, and the scores
        self.sums = torch.zeros(2, width, width, dtype=torch.float64)
        self.clusters = [0, 0]

    def take(self, scores: Tensor) -> None:
        """Learn the scores of the first samples (S,), of which some are known already; whole clusters only."""
        end = len(scores) - len(scores) % self.cluster
        rows = torch.arange(self.count, end)
        ones = torch.ones(len(rows), 1, dtype=torch.float64)
        known = torch.cat([self.masks[rows].double(), ones, scores[rows, None]], 1)
        weighted = known * self.importance[rows, None]
        half = rows // self.cluster % 2
        for number in (0, 1):
            mine = half == number
            self.sums[number] += weighted[mine].T @ known[mine]
            self.clusters[number] += int(mine.sum()) // self.cluster
        self.count = max(self.count, end)

    def weights(self) -> Tensor:
        """The line's weights (M,) by all samples."""
        return self._fitted(self.sums.sum(0))

    def r2(self) -> float:
        """How much of the scores the line by all samples explains."""
        sums, weights = self.sums.sum(0), self.weights()
        squares, products, spread = _centred(sums)
        misfit = spread - 2 * weights @ products + weights @ squares @ weights
        return float(1 - misfit / spread) if spread > 0 else 1.0

    def agreement(self) -> float:
        """How alike the halves rank the segments."""
        if min(self.clusters) < 2:
            return 0.0
        return agreement(*(self._fitted(half) for half in self.sums))

    def _fitted(self, sums: Tensor) -> Tensor:
        """The same ridge regression as `fit`, from its sums."""
        squares, products, _ = _centred(sums)
        ridge = self.ridge * torch.eye(len(products), dtype=products.dtype)
        inverse = torch.linalg.pinv(squares + ridge, hermitian=True)
        weights: Tensor = inverse @ products
        return weights


def _centred(sums: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Squares of the segments, their products with the scores, and the squares of these, about the weighted means."""
    total, means = sums[-2, -2], sums[-2]
    about = sums - torch.outer(means, means) / total
    return about[:-2, :-2], about[:-2, -1], about[-1, -1]


def _notes(line: Line, likeness: float, used: int, score: float) -> dict[str, Any]:
    warnings = []
    if used < 2 * len(line.weights):
        warnings.append(
            f"{used} samples are few for {len(line.weights)} segments; use at least {4 * len(line.weights)}."
        )
    if line.r2 < POOR:
        warnings.append(f"The line explains only {max(0, line.r2):.0%} of how the score changes (R²).")
    return {
        "r2": line.r2,
        "intercept": line.intercept + score,
        "score": score,
        "samples_used": used,
        "agreement": likeness,
        "settled": likeness >= SETTLED,
        "warnings": warnings,
    }


class Line(NamedTuple):
    """A weighted linear fit: weights and their standard errors (M,), intercept, and the weighted R²."""

    weights: NDArray[np.float64]
    errors: NDArray[np.float64]
    intercept: float
    r2: float


def random_masks(samples: int, segments: int, paired: bool, seed: int) -> Tensor:
    """(samples, segments): each shows a segment or not with even chance; the first shows all, as the next hides all."""
    generator = torch.Generator().manual_seed(seed)
    draws = (samples + 1) // 2 if paired else samples
    masks = torch.rand(draws, segments, generator=generator) < 0.5
    masks[0] = True
    return torch.stack([masks, ~masks], 1).flatten(0, 1)[:samples] if paired else masks


def closeness(masks: Tensor, kernel: float) -> Tensor:
    """(S,): how much each of `masks` (S, M) counts, by its cosine distance from the mask that shows all."""
    distance = 1 - masks.double().mean(1).sqrt()
    return (-((distance / kernel) ** 2) / 2).exp()


def fit(masks: Tensor, scores: Tensor, kernel: float, ridge: float, cluster: int = 1) -> Line:
    """Weighted ridge regression of `scores` (S,) on `masks` (S, M), the intercept free, in closed form.

    cluster: so many neighbouring samples were drawn together; the standard errors (sandwich form) know it.
    """
    importance = closeness(masks, kernel)
    share = importance / importance.sum()
    z, y = masks - share @ masks, scores.double() - share @ scores.double()
    weighted = importance[:, None] * z
    inverse = torch.linalg.pinv(weighted.T @ z + ridge * torch.eye(z.shape[1], dtype=z.dtype), hermitian=True)
    weights = inverse @ (weighted.T @ y)
    misfit = y - z @ weights
    moved = weighted * misfit[:, None]
    moved = moved[: len(moved) // cluster * cluster].reshape(-1, cluster, z.shape[1]).sum(1)
    free = max(1, len(y) - z.shape[1] - 1)
    errors = ((inverse @ (moved.T @ moved) @ inverse).diagonal().clamp(min=0) * (len(y) / free)).sqrt()
    spread = float(share @ y**2)
    return Line(
        weights.numpy(),
        errors.numpy(),
        float(share @ scores.double() - share @ masks @ weights),
        1 - float(share @ misfit**2) / spread if spread > 0 else 1.0,
    )
