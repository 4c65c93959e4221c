"""ROAD: what the model loses when the strongest pixels go, against the weakest, with holes that do not show."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.filling import noisy_linear
from seewhy.metrics.flipping import Told, answers, ranks, told
from seewhy.metrics.imputing import NOISE
from seewhy.metrics.results import Better

Share = Annotated[float, Field(gt=0, lt=1)]


class Road(Metric):
    """Remove and debias: take the weakest pixels away, and then the strongest, and compare what the model still says.

    Missing pixels are imputed from their surroundings, so that the shape of the hole does not tell the answer. The
    score is half the difference, the mean over several shares of pixels: a good map keeps the answer without its
    weakest pixels and loses it without its strongest.
    """

    name: ClassVar[str] = "road"
    title: ClassVar[str] = "ROAD"
    better: ClassVar[Better] = "higher"
    unit: ClassVar[str] = "half the difference of the model's output, from −½ to ½ for a probability"
    formula: ClassVar[str] = (
        "<math display='block'><mfrac><mn>1</mn><mi>S</mi></mfrac><munder><mo>∑</mo><mi>s</mi></munder>"
        "<mfrac><mrow><mi>F</mi><mo>(</mo><msub><mi>x</mi><mrow><mtext>weakest </mtext><mi>s</mi><mtext> gone</mtext>"
        "</mrow></msub><mo>)</mo><mo>−</mo><mi>F</mi><mo>(</mo><msub><mi>x</mi><mrow><mtext>strongest </mtext>"
        "<mi>s</mi><mtext> gone</mtext></mrow></msub><mo>)</mo></mrow><mn>2</mn></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Large holes are imputed as a smooth cloud, which the model may read as something of its own.",
        "Single missing pixels are imputed nearly as they were: maps that are scattered lose little.",
    )
    source: ClassVar[str] = "Rong et al.: A Consistent and Efficient Evaluation Strategy for Attribution Methods, 2022"
    link: ClassVar[str] = "https://arxiv.org/abs/2202.00449"

    shares: tuple[Share, ...] = Field(
        (0.1, 0.3, 0.5, 0.7, 0.9), min_length=1, max_length=99, description="shares of the pixels that go, 0 to 1"
    )
    noise: float = Field(NOISE, ge=0, le=1, description="standard deviation of the noise on imputed pixels")
    output: Told = Field("probability", description="what is followed; target is what the map was made for")

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Half differences (M,); curves of them over the shares."""
        places = ranks(flat(maps), 1, self.seed)
        cells = places[0].numel()
        shares = torch.tensor(sorted(self.shares), dtype=torch.float64)
        taken = [min(max(round(float(share) * cells), 1), cells - 1) for share in shares]
        gone = [places >= cells - count for count in taken] + [places < count for count in taken]
        fill = noisy_linear(case.x, self.noise, self.seed)
        found = answers(case, told(case.target, self.output), gone, 1, fill)
        weakest, strongest = found[:, : len(taken)], found[:, len(taken) :]
        curves = (weakest - strongest) / 2
        notes = {"without_weakest": float(weakest[0].mean()), "without_strongest": float(strongest[0].mean())}
        return Scores(curves.mean(1), shares, curves, notes)
