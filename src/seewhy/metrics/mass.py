"""Mass in region: how much of the map's strength lies where the evidence truly is."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor

from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.regions import region
from seewhy.metrics.results import Better


class MassInRegion(Metric):
    """Add up the map inside the region that truly decides, and divide by the whole.

    It asks for knowledge that only made-up or marked pictures have: where the evidence is. A map that is as strong
    everywhere scores the region's share of the picture.
    """

    name: ClassVar[str] = "mass-in-region"
    title: ClassVar[str] = "Mass in region"
    needs_mask: ClassVar[bool] = True
    better: ClassVar[Better] = "higher"
    unit: ClassVar[str] = "share of the map's strength"
    formula: ClassVar[str] = (
        "<math display='block'><mfrac><mrow><munder><mo>∑</mo><mrow><mi>p</mi><mo>∈</mo><mi>M</mi></mrow></munder>"
        "<msub><mi>v</mi><mi>p</mi></msub></mrow><mrow><munder><mo>∑</mo><mi>p</mi></munder>"
        "<msub><mi>v</mi><mi>p</mi></msub></mrow></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The region is where whoever made the picture put the evidence; the model may rightly look elsewhere.",
        "One strong pixel inside is enough for a high score; whether the region is covered is not asked.",
    )
    source: ClassVar[str] = "Arras, Osman, Samek: Ground truth evaluation with CLEVR-XAI (relevance mass), 2020"
    link: ClassVar[str] = "https://arxiv.org/abs/2003.07258"

    counts: Literal["positive", "size"] = Field(
        "positive", description="positive counts what speaks for the target; size counts both signs alike"
    )

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Shares (M,) from 0 to 1; a map without any strength scores the region's share of the picture."""
        inside = region(case).double()
        strength = flat(maps).clamp(min=0) if self.counts == "positive" else flat(maps).abs()
        whole = strength.sum((1, 2))
        part = (strength * inside).sum((1, 2)) / whole.clamp(min=1e-300)
        return Scores(part.where(whole > 0, inside.mean()), notes={"region": float(inside.mean())})
