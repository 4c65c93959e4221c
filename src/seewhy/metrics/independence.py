"""Input independence: does the map change when the picture does?"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.metrics.again import explained
from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.chance import random_maps
from seewhy.metrics.likeness import Likeness, likeness
from seewhy.metrics.results import Better


class InputIndependence(Metric):
    """Explain pictures that have nothing to do with this one, for the same target, and hold their maps against it.

    The others are random pictures with the colours and the smoothness of this one. A map that is much like theirs
    shows the model or the method, not the picture. It should be no more alike than random maps are.
    """

    name: ClassVar[str] = "input-independence"
    title: ClassVar[str] = "Input independence"
    needs_recipe: ClassVar[bool] = True
    better: ClassVar[Better] = "chance"
    unit: ClassVar[str] = "mean likeness to the maps of other pictures, from −1 to 1"
    formula: ClassVar[str] = (
        "<math display='block'><mfrac><mn>1</mn><mi>K</mi></mfrac><munderover><mo>∑</mo><mrow><mi>k</mi><mo>=</mo>"
        "<mn>1</mn></mrow><mi>K</mi></munderover><mi>ρ</mi><mo>(</mo><mi>v</mi><mo>(</mo><mi>x</mi><mo>)</mo><mo>,</mo>"
        "<mi>v</mi><mo>(</mo><msub><mi>x</mi><mi>k</mi></msub><mo>)</mo><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A model that looks at one place in every picture rightly has one map for all.",
        "Random pictures are unlike anything the model was trained on.",
    )
    source: ClassVar[str] = "after Adebayo et al.: Sanity Checks for Saliency Maps, 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1810.03292"

    pictures: int = Field(8, ge=1, le=1000, description="how many other pictures are explained")
    likeness: Likeness = Field(
        "rank", description="rank correlation of the values, of their sizes, or structural similarity"
    )

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Mean likenesses (M,) of each of `maps` (M, H, W) to the maps of other pictures."""
        again = explained(case, case.model, self.others(case.x), "explaining other pictures")
        table = torch.stack([likeness(one, again, self.likeness) for one in flat(maps)])
        return Scores(table.mean(1), notes={"likeness": table[0].tolist()})

    def others(self, x: Tensor) -> Tensor:
        """Random pictures (pictures, C, H, W) as smooth as `x` (1, C, H, W), of its mean colour, in [0, 1]."""
        mean = x[0].mean((1, 2), keepdim=True)
        return (mean + random_maps(x[0] - mean, self.pictures, self.seed)).clamp(0, 1)
