"""Sparseness: is the map's strength in few pixels?"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.results import Better


class Sparseness(Metric):
    """The Gini index of the sizes of all values: 0 where all pixels are equally strong, near 1 where one has it all.

    It says how short the explanation is, not whether it is right.
    """

    name: ClassVar[str] = "sparseness"
    title: ClassVar[str] = "Sparseness"
    better: ClassVar[Better] = "higher"
    unit: ClassVar[str] = "Gini index, from 0 to 1"
    formula: ClassVar[str] = (
        "<math display='block'><mfrac><mrow><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi>"
        "</munderover><mo>(</mo><mn>2</mn><mi>i</mi><mo>−</mo><mi>n</mi><mo>−</mo><mn>1</mn><mo>)</mo>"
        "<mo>|</mo><msub><mi>v</mi><mrow><mo>(</mo><mi>i</mi><mo>)</mo></mrow></msub><mo>|</mo></mrow>"
        "<mrow><mi>n</mi><mo>∑</mo><mo>|</mo><mi>v</mi><mo>|</mo></mrow></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A wrong map can be as sparse as you like.",
        "Random maps of equal smoothness are never very sparse, so nearly every real map is sparser than chance.",
    )
    source: ClassVar[str] = "Chalasani et al.: Concise Explanations of Neural Networks using Adversarial Training, 2020"
    link: ClassVar[str] = "https://arxiv.org/abs/1810.06583"

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Gini indices (M,); 0 for a map that is zero everywhere."""
        sizes = flat(maps).abs().flatten(1).sort(dim=1).values
        count = sizes.shape[1]
        weights = 2 * torch.arange(1, count + 1, dtype=torch.float64) - count - 1
        return Scores((sizes @ weights) / (count * sizes.sum(1)).clamp(min=1e-300))
