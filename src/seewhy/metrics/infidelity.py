"""Infidelity: do the values foretell what the model loses when a square goes?"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from seewhy.inference.asking import Asking
from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.filling import Plain, filler
from seewhy.metrics.results import Better
from seewhy.progress import track


class Infidelity(Metric):
    """Take random squares away; what the map gives to their pixels should be what the score loses.

    The error is squared and averaged over the squares, as a share of the mean squared loss: 0 where the map foretells
    every loss, 1 where it foretells nothing.
    """

    name: ClassVar[str] = "infidelity"
    title: ClassVar[str] = "Infidelity"
    better: ClassVar[Better] = "lower"
    unit: ClassVar[str] = "share of the mean squared loss that is not foretold (or in squared units of the target)"
    formula: ClassVar[str] = (
        "<math display='block'><mfrac><mrow><msub><mi>E</mi><mi>I</mi></msub><mo>[</mo><msup><mrow><mo>(</mo>"
        "<mi>β</mi><msup><mi>I</mi><mi>T</mi></msup><mi>v</mi><mo>−</mo><mo>(</mo><mi>F</mi><mo>(</mo><mi>x</mi>"
        "<mo>)</mo><mo>−</mo><mi>F</mi><mo>(</mo><msub><mi>x</mi><mi>I</mi></msub><mo>)</mo><mo>)</mo><mo>)</mo></mrow>"
        "<mn>2</mn></msup><mo>]</mo></mrow><mrow><msub><mi>E</mi><mi>I</mi></msub><mo>[</mo><msup><mrow><mo>(</mo>"
        "<mi>F</mi><mo>(</mo><mi>x</mi><mo>)</mo><mo>−</mo><mi>F</mi><mo>(</mo><msub><mi>x</mi><mi>I</mi></msub>"
        "<mo>)</mo><mo>)</mo></mrow><mn>2</mn></msup><mo>]</mo></mrow></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Occlusion maps are made from such squares and have an advantage.",
        "A model whose parts act together has no map that foretells all squares.",
    )
    source: ClassVar[str] = "Yeh et al.: On the (In)fidelity and Sensitivity of Explanations, 2019"
    link: ClassVar[str] = "https://arxiv.org/abs/1901.09392"

    samples: int = Field(200, ge=2, le=100_000, description="how many squares are taken away, one at a time")
    largest: float = Field(0.4, gt=0, le=1, description="longest side of a square, as a share of the shorter side")
    fill: Plain = Field("black", description="what stands where pixels were")
    means: Literal["contributions", "slopes"] = Field(
        "contributions",
        description="what values are: parts of the score, or its change for each step of brightness, as gradients are",
    )
    scaled: bool = Field(True, description="multiply the map by the β that fits best, so that only its shape counts")
    relative: bool = Field(True, description="divide by the mean squared loss")

    def score(self, case: Case, maps: Tensor) -> Scores:
        """Errors (M,); all maps are held against the same squares, so that these go through the model once."""
        gone = self.squares(case.size)
        losses, changes = self._losses(case, gone)
        weights = gone.double() if self.means == "contributions" else changes
        foretold = torch.einsum("shw,mhw->ms", weights, flat(maps))
        if self.scaled:
            power = foretold.square().sum(1, keepdim=True)
            foretold = foretold * torch.where(power > 0, (foretold @ losses)[:, None] / power.clamp(min=1e-300), 0)
        errors = (foretold - losses).square().mean(1)
        scale = float(losses.square().mean())
        return Scores(errors / max(scale, 1e-300) if self.relative else errors, notes={"mean_squared_loss": scale})

    def squares(self, size: tuple[int, int]) -> Tensor:
        """The squares (S, H, W), each of a random side and at a random place, wholly inside."""
        generator = torch.Generator().manual_seed(self.seed)
        most = max(1, round(self.largest * min(size)))
        sides = torch.randint(1, most + 1, (self.samples,), generator=generator)
        starts = [
            (torch.rand(self.samples, generator=generator) * (length - sides + 1)).long()
            for length in size
        ]  # fmt: skip
        inside = [
            (torch.arange(length) >= start[:, None]) & (torch.arange(length) < (start + sides)[:, None])
            for length, start in zip(size, starts, strict=True)
        ]
        return inside[0][:, :, None] & inside[1][:, None, :]

    def _losses(self, case: Case, gone: Tensor) -> tuple[Tensor, Tensor]:
        """What the score loses without each square (S,), and how much darker each pixel gets there (S, H, W)."""
        asking, fill = Asking(case.model, case.x[0]), filler(self.fill, case.x)
        score = case.target.of(asking.scores(case.x)).double().cpu()
        losses, changes = [], []
        for batch in track(list(asking.batches(len(gone))), "taking squares away"):
            pictures = fill(gone[batch.start : batch.stop])
            losses.append(score - case.target.of(asking.scores(pictures)).double().cpu())
            changes.append((case.x - pictures).double().sum(1).cpu())
        return torch.cat(losses), torch.cat(changes)
