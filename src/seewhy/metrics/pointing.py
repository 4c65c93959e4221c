"""Pointing game: is the strongest pixel where the evidence truly is?"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.regions import region
from seewhy.metrics.results import Better


class PointingGame(Metric):
    """Look at the strongest pixel only: inside the true region, or at most `tolerance` pixels away, is a hit.

    One picture says little; over many, the share of hits is to be held against the share that random maps hit.
    """

    name: ClassVar[str] = "pointing-game"
    title: ClassVar[str] = "Pointing game"
    needs_mask: ClassVar[bool] = True
    better: ClassVar[Better] = "higher"
    unit: ClassVar[str] = "1 for a hit, 0 for a miss; where several pixels are strongest, the share of them that hit"
    formula: ClassVar[str] = (
        "<math display='block'><mn>1</mn><mo>[</mo><munder><mi>arg max</mi><mi>p</mi></munder>"
        "<msub><mi>v</mi><mi>p</mi></msub><mo>∈</mo><mi>M</mi><mo>]</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "All pixels but one are ignored, so one wild value decides.",
        "On a single picture it cannot be told from luck where the region is large.",
    )
    source: ClassVar[str] = "Zhang et al.: Top-down Neural Attention by Excitation Backprop, 2016"
    link: ClassVar[str] = "https://arxiv.org/abs/1608.00507"

    tolerance: int = Field(0, ge=0, le=200, description="how far outside the region still counts, in pixels")

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Hits (M,)."""
        wide = region(case, self.tolerance).flatten()
        rows = flat(maps).flatten(1)
        strongest = rows == rows.amax(1, keepdim=True)
        hits = (strongest & wide).sum(1).double() / strongest.sum(1)
        return Scores(hits, notes={"region": float(wide.to(torch.float64).mean())})
