"""Deletion: how fast the model loses its answer when the strongest pixels go first."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.filling import Fill, filler
from seewhy.metrics.flipping import Told, answers, area, counts, ranks, told
from seewhy.metrics.results import Better


class Deletion(Metric):
    """Take the pixels away, the ones that speak most for the target first, and follow what the model still says.

    The score is the area under that curve: if the map found what the model leans on, the answer falls early and the
    area is small.
    """

    name: ClassVar[str] = "deletion"
    title: ClassVar[str] = "Deletion"
    better: ClassVar[Better] = "lower"
    unit: ClassVar[str] = "mean of the model's output over the share of pixels taken away"
    formula: ClassVar[str] = (
        "<math display='block'><msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup><mi>F</mi><mo>(</mo><mi>x</mi>"
        "<mtext> without its top </mtext><mi>s</mi><mo>)</mo><mi>d</mi><mi>s</mi></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A picture with holes is no natural picture; the answer may fall because of the holes.",
        "What is laid in the holes is part of the question: where black is the background, taking black away does "
        "nothing.",
        "Evidence that stands twice in the picture falls only when both are gone.",
    )
    source: ClassVar[str] = "Petsiuk, Das, Saenko: RISE, 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1806.07421"

    steps: int = Field(32, ge=2, le=10_000, description="in how many equal steps all pixels go")
    patch: int = Field(1, ge=1, le=1024, description="side of the squares that go at once, in pixels")
    fill: Fill = Field("black", description="what stands where pixels were")
    output: Told = Field("probability", description="what is followed; target is what the map was made for")

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Areas (M,), curves from the whole picture to none of it."""
        places = ranks(flat(maps), self.patch, self.seed)
        cells = places[0].numel()
        taken = counts(cells, self.steps)
        gone = [places < int(count) for count in taken]
        curves = answers(case, told(case.target, self.output), gone, self.patch, filler(self.fill, case.x, self.seed))
        shares = taken.double() / cells
        return Scores(area(shares, curves), shares, curves)
