"""Completeness gap: do the values add up to what the picture brought?"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.chance import with_random_means
from seewhy.metrics.filling import Plain, filler
from seewhy.metrics.results import Better


class CompletenessGap(Metric):
    """The score of the picture less that of its baseline should be the sum of the map; the gap is what is missing.

    Integrated Gradients and Shapley values promise it, most other methods do not. Random maps add up to the
    height of their slowest waves, up or down, which is rarely what the picture brought.
    """

    name: ClassVar[str] = "completeness-gap"
    title: ClassVar[str] = "Completeness gap"
    better: ClassVar[Better] = "lower"
    unit: ClassVar[str] = "share of the score that the picture brought"
    formula: ClassVar[str] = (
        "<math display='block'><mfrac><mrow><mo>|</mo><munder><mo>∑</mo><mi>p</mi></munder><msub><mi>v</mi><mi>p</mi>"
        "</msub><mo>−</mo><mo>(</mo><mi>F</mi><mo>(</mo><mi>x</mi><mo>)</mo><mo>−</mo><mi>F</mi><mo>(</mo>"
        "<msup><mi>x</mi><mo>′</mo></msup><mo>)</mo><mo>)</mo><mo>|</mo></mrow><mrow><mo>|</mo><mi>F</mi><mo>(</mo>"
        "<mi>x</mi><mo>)</mo><mo>−</mo><mi>F</mi><mo>(</mo><msup><mi>x</mi><mo>′</mo></msup><mo>)</mo><mo>|</mo></mrow>"
        "</mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A map that adds up can still lay the score on the wrong pixels.",
        "The baseline must be the one that the map was made with; methods with several have no single one.",
        "Where picture and baseline score alike, there is little to add up to and the gap is large for every map.",
    )
    source: ClassVar[str] = "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1703.01365"

    baseline: Plain | None = Field(
        None, description="the picture that the map compares with; none takes the method's own, else black"
    )

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Gaps (M,) in units of the change of the score, which is in the notes with the sum of the first map."""
        empty = case.baseline
        if self.baseline is not None or empty is None:
            empty = filler(self.baseline or "black", case.x)(torch.ones(1, *case.size, dtype=torch.bool))
        with torch.no_grad():
            full, bare = (float(case.target(case.model, x)[0]) for x in (case.x, empty))
        brought = full - bare
        sums = flat(maps).sum((1, 2))
        gaps = (sums - brought).abs() / max(abs(brought), 1e-12)
        return Scores(gaps, notes={"sum": float(sums[0]), "brought": brought})

    def beside_chance(self, case: Case, values: Tensor) -> tuple[Scores, Scores]:
        """Random maps with random means, for with its own mean a random map would add up to the same."""
        return self.score(case, values[None]), self.score(case, with_random_means(values, self.maps, self.seed))
