"""Agreement between methods: do other ways to ask give the same map?"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.likeness import Likeness, likeness
from seewhy.metrics.results import Better


class Agreement(Metric):
    """Hold the map against those that other methods give for the same picture and target, and take the mean.

    Methods that rest on different ideas and still agree are more likely to show the model than their own quirks.
    """

    name: ClassVar[str] = "agreement"
    title: ClassVar[str] = "Agreement"
    needs_others: ClassVar[bool] = True
    better: ClassVar[Better] = "higher"
    unit: ClassVar[str] = "mean likeness to the other maps, from −1 to 1"
    formula: ClassVar[str] = (
        "<math display='block'><mfrac><mn>1</mn><mi>K</mi></mfrac><munderover><mo>∑</mo><mrow><mi>k</mi><mo>=</mo>"
        "<mn>1</mn></mrow><mi>K</mi></munderover><mi>ρ</mi><mo>(</mo><mi>v</mi><mo>,</mo><msub><mi>v</mi><mi>k</mi>"
        "</msub><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Methods can agree and all be wrong, the more so if they are built alike.",
        "A fine map and a coarse one agree little even where both are right.",
    )
    source: ClassVar[str] = "Krishna et al.: The Disagreement Problem in Explainable Machine Learning, 2022"
    link: ClassVar[str] = "https://arxiv.org/abs/2202.01602"

    methods: tuple[str, ...] = Field(
        ("integrated-gradients", "occlusion", "grad-cam"),
        min_length=1,
        max_length=20,
        description="the methods asked beside, with their usual settings; those that the model refuses are left out",
    )
    likeness: Likeness = Field(
        "rank", description="rank correlation, that of the absolute values, or structural similarity"
    )

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Mean likenesses (M,); each one to the first map is in the notes."""
        if case.others is None:
            raise ValueError("agreement holds the map against others; pass others=, maps of the same picture")
        rows = flat(maps)
        table = torch.stack([likeness(other, rows, self.likeness) for other in case.others])  # (K, M)
        return Scores(table.mean(0), notes={"likeness": table[:, 0].tolist()})
