"""Max-sensitivity: how far does the map move when the picture hardly does?"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.metrics.again import explained
from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.chance import random_maps
from seewhy.metrics.results import Better


class MaxSensitivity(Metric):
    """Explain the picture again with a little noise on it, several times, and take the largest change of the map.

    A map that jumps where neither a person nor the model sees a difference is not to be leaned on. Random maps stand
    for an explainer that answers anew each time.
    """

    name: ClassVar[str] = "max-sensitivity"
    title: ClassVar[str] = "Max-sensitivity"
    needs_recipe: ClassVar[bool] = True
    better: ClassVar[Better] = "lower"
    unit: ClassVar[str] = "largest change of the map, in lengths of the map"
    formula: ClassVar[str] = (
        "<math display='block'><munder><mi>max</mi><mrow><msub><mrow><mo>‖</mo><mi>δ</mi><mo>‖</mo></mrow><mi>∞</mi>"
        "</msub><mo>≤</mo><mi>r</mi></mrow></munder><mfrac><mrow><mo>‖</mo><mi>v</mi><mo>(</mo><mi>x</mi><mo>+</mo>"
        "<mi>δ</mi><mo>)</mo><mo>−</mo><mi>v</mi><mo>(</mo><mi>x</mi><mo>)</mo><mo>‖</mo></mrow><mrow><mo>‖</mo>"
        "<mi>v</mi><mo>(</mo><mi>x</mi><mo>)</mo><mo>‖</mo></mrow></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A map that never moves may ignore the model altogether.",
        "Where the model itself jumps, a faithful map must jump too.",
    )
    source: ClassVar[str] = "Yeh et al.: On the (In)fidelity and Sensitivity of Explanations, 2019"
    link: ClassVar[str] = "https://arxiv.org/abs/1901.09392"

    radius: float = Field(0.02, gt=0, le=1, description="the most that a value of the picture moves, in [0, 1]")
    samples: int = Field(10, ge=1, le=10_000, description="how many noisy pictures are explained")

    def score(self, case: Case, maps: Tensor) -> Scores:
        """For each of `maps` (M, H, W), as if it were the picture's: the largest distance (M,) to the noisy ones'."""
        again = explained(case, case.model, self.noisy(case.x), "explaining noisy pictures")
        rows = flat(maps)
        return Scores(torch.stack([self._largest(one, again) for one in rows]))

    def noisy(self, x: Tensor) -> Tensor:
        """The picture `x` (1, C, H, W) with even noise, clipped to [0, 1]: (samples, C, H, W)."""
        generator = torch.Generator().manual_seed(self.seed)
        draws = torch.rand(self.samples, *x.shape[1:], generator=generator).to(x)
        return (x + self.radius * (2 * draws - 1)).clamp(0, 1)

    def beside_chance(self, case: Case, values: Tensor) -> tuple[Scores, Scores]:
        """Random maps as if each noisy picture had brought another one."""
        rows = flat(values[None])[0]
        every = [random_maps(rows, self.samples + 1, self.seed + number) for number in range(self.maps)]
        chance = torch.stack([self._largest(one[0], one[1:]) for one in every])
        return self.score(case, rows[None]), Scores(chance)

    @staticmethod
    def _largest(one: Tensor, again: Tensor) -> Tensor:
        distance = (again - one).flatten(1).norm(dim=1).max()
        length = one.norm() if one.any() else again.flatten(1).norm(dim=1).mean()  # a map of zeros has no length
        largest: Tensor = distance / length.clamp(min=1e-300)
        return largest
