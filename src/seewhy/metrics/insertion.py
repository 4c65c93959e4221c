"""Insertion: how fast the model finds its answer when the strongest pixels come first."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.filling import Fill, filler
from seewhy.metrics.flipping import Told, answers, area, counts, ranks, told
from seewhy.metrics.results import Better


class Insertion(Metric):
    """Start from a picture without content, put the pixels that speak most for the target back first, and follow it.

    The score is the area under that curve: if the map found what the model leans on, the answer is there early and the
    area is large.
    """

    name: ClassVar[str] = "insertion"
    title: ClassVar[str] = "Insertion"
    better: ClassVar[Better] = "higher"
    unit: ClassVar[str] = "mean of the model's output over the share of pixels put back"
    formula: ClassVar[str] = (
        "<math display='block'><msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup><mi>F</mi><mo>(</mo><mi>x</mi>"
        "<mtext> with only its top </mtext><mi>s</mi><mo>)</mo><mi>d</mi><mi>s</mi></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A few pixels on a plain or blurred ground are no natural picture; the answer may come for other reasons.",
        "A blurred small picture can still show its content; then the curve starts high and says little.",
    )
    source: ClassVar[str] = "Petsiuk, Das, Saenko: RISE, 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1806.07421"

    steps: int = Field(32, ge=2, le=10_000, description="in how many equal steps all pixels come")
    patch: int = Field(1, ge=1, le=1024, description="side of the squares that come at once, in pixels")
    fill: Fill = Field("blur", description="what stands where pixels are still missing")
    output: Told = Field("probability", description="what is followed; target is what the map was made for")

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Areas (M,), curves from none of the picture to all of it."""
        places = ranks(flat(maps), self.patch, self.seed)
        cells = places[0].numel()
        back = counts(cells, self.steps)
        gone = [places >= int(count) for count in back]
        curves = answers(case, told(case.target, self.output), gone, self.patch, filler(self.fill, case.x, self.seed))
        shares = back.double() / cells
        return Scores(area(shares, curves), shares, curves)
