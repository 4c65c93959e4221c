"""KernelSHAP: what each segment is worth to the score, shared out fairly over all the orders of showing them."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy import progress
from seewhy.classifiers.base import Ability
from seewhy.explainers import shapley
from seewhy.explainers.segmented import Hiding, SegmentExplainer, SegmentFill, Weighed, paint
from seewhy.explainers.settling import SETTLED, agreement

ALWAYS = 512  # up to so many pictures, all combinations are shown even where the ranking may settle sooner


class KernelShap(SegmentExplainer):
    """Show the segments in every order and give each what it adds on average: the Shapley values of the score.

    All values together are how far the score of the image lies above that of the hidden one, exactly. With few
    segments every combination is shown and the values are exact; with more, random combinations are weighted so that
    a straight line through their scores has the Shapley values as its slopes.
    """

    name: ClassVar[str] = "kernel-shap"
    title: ClassVar[str] = "KernelSHAP"
    needs: ClassVar[Ability] = "scores"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>φ</mi><mi>i</mi></msub><mo>=</mo>"
        "<munder><mo>∑</mo><mrow><mi>S</mi><mo>⊆</mo><mi>N</mi><mo>∖</mo><mi>i</mi></mrow></munder>"
        "<mfrac><mrow><mo>|</mo><mi>S</mi><mo>|</mo><mo>!</mo><mspace width='0.2em'></mspace><mo>(</mo>"
        "<mi>M</mi><mo>−</mo><mo>|</mo><mi>S</mi><mo>|</mo><mo>−</mo><mn>1</mn><mo>)</mo><mo>!</mo></mrow>"
        "<mrow><mi>M</mi><mo>!</mo></mrow></mfrac><mo>[</mo><mi>F</mi><mo>(</mo>"
        "<msub><mi>x</mi><mrow><mi>S</mi><mo>∪</mo><mi>i</mi></mrow></msub><mo>)</mo><mo>−</mo>"
        "<mi>F</mi><mo>(</mo><msub><mi>x</mi><mi>S</mi></msub><mo>)</mo><mo>]</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The segments and the fill are part of the question: another fill gives other values.",
        "Most pictures that it asks about show a patchwork, unlike anything the model knows.",
        "Each segment's value is shared with those it works together with; the map does not say with which.",
        "With many segments the values are an estimate; the standard errors say how far another seed would move them.",
        "A segment that looks like the fill cannot be hidden, so it is worth exactly 0.",
    )
    source: ClassVar[str] = "Lundberg, Lee: A Unified Approach to Interpreting Model Predictions, NeurIPS 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1705.07874"

    fill: SegmentFill = Field("black", description="what hides a segment; mean is the segment's own mean colour")

    def weigh(self, hiding: Hiding) -> Weighed:
        """Values that add up to score − empty_score; notes: whether they are `exact`, or how far they settled."""
        if 2**hiding.count <= (self.samples if self.until == "count" else min(self.samples, ALWAYS)):
            return _exact(hiding)
        certain = None if self.until == "count" else ALWAYS
        drawn = shapley.draw(hiding.count, self.samples - 2, self.paired, self.seed, certain)
        ends = torch.tensor([[True], [False]]).expand(2, hiding.count)
        found = _Found(drawn)
        for worth in hiding.scores(torch.cat([ends, drawn.members]), self.stops()):
            if len(worth) < 2:
                continue
            found.take(worth[2:] - worth[1], float(worth[0] - worth[1]))
            progress.partial(lambda: paint(found.values()[0].numpy(), hiding))
            if self.until == "settled" and found.agreement() >= SETTLED:
                break
        values, inverse = found.values()
        notes = _notes(float(worth[0]), float(worth[1]), len(worth)) | {
            "exact": False,
            "listed": len(drawn.listed),
            "agreement": found.agreement(),
            "settled": found.agreement() >= SETTLED,
        }
        if found.seen < 2 * hiding.count:
            few = f"{len(worth)} samples are few for {hiding.count} segments; use at least {4 * hiding.count}."
            notes["warnings"].append(few)
        return Weighed(values.numpy(), found.errors(values, inverse).numpy(), notes)


class _Found:
    """What is known of the coalitions so far; halves of the random ones are kept apart, to be compared."""

    def __init__(self, drawn: shapley.Coalitions) -> None:
        self.drawn, self.whole, self.seen = drawn, 0.0, 0
        self.gains = torch.zeros(0, dtype=torch.float64)
        nothing = shapley.Sums.of(drawn.members[:0], self.gains)
        self.listed = nothing
        self.halves = [nothing, nothing]

    def take(self, gains: Tensor, whole: float) -> None:
        """Learn the gains of the first coalitions, (S,), of which some are known already, and that of all players."""
        self.whole = whole
        listed, cluster = len(self.drawn.listed), self.drawn.cluster
        end = len(gains)
        if end > listed:
            end -= (end - listed) % cluster
        rows = torch.arange(self.seen, end)
        members, new = self.drawn.members[rows], gains[rows]
        known, half = rows < listed, (rows - listed) // cluster % 2
        self.listed += shapley.Sums.of(members[known], new[known], self.drawn.listed[rows[known]])
        for number in (0, 1):
            mine = ~known & (half == number)
            self.halves[number] += shapley.Sums.of(members[mine], new[mine])
        self.seen, self.gains = max(self.seen, end), gains

    def values(self) -> tuple[Tensor, Tensor]:
        """The values by all that is known, and the fit's inverse."""
        return self._fitted(self.halves[0] + self.halves[1])

    def agreement(self) -> float:
        """How alike the two halves rank the segments; 1 where nothing was left to chance."""
        if not self.drawn.left and self.seen >= len(self.drawn.listed):
            return 1.0
        if min(half.count for half in self.halves) < 2 * self.drawn.cluster:
            return 0.0
        one, other = (self._fitted(half)[0] for half in self.halves)
        return agreement(one, other)

    def errors(self, values: Tensor, inverse: Tensor) -> Tensor:
        """Standard errors; 0 where nothing was left to chance."""
        first = len(self.drawn.listed)
        if not self.drawn.left and self.seen >= first:
            return torch.zeros_like(values)
        members = self.drawn.members[first : self.seen]
        misfits = self.gains[first : self.seen] - members.double() @ values
        return shapley.spread(members, misfits, inverse, self.drawn.left, self.drawn.cluster)

    def _fitted(self, chance: shapley.Sums) -> tuple[Tensor, Tensor]:
        sums = self.listed + chance.times(self.drawn.left / chance.count) if chance.count else self.listed
        return shapley.share_out(sums, self.whole)


def _exact(hiding: Hiding) -> Weighed:
    *_, worth = hiding.scores(shapley.every_coalition(hiding.count))
    values = shapley.exact(worth - worth[0], hiding.count).numpy()
    notes = {"exact": True, "listed": len(worth), "agreement": 1.0, "settled": True}
    return Weighed(values, values * 0, _notes(float(worth[-1]), float(worth[0]), len(worth)) | notes)


def _notes(score: float, empty: float, used: int) -> dict[str, Any]:
    return {"score": score, "empty_score": empty, "samples_used": used, "warnings": []}
