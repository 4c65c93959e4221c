"""RISE: the mean score of the image behind random soft masks, for each pixel over the masks that let it through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from seewhy import progress
from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.settling import SETTLED, Until, agreement, looks, steadiness
from seewhy.inference.asking import Asking
from seewhy.inference.batches import in_batches
from seewhy.inference.fills import Fill, filled
from seewhy.targets import ClassScore

SKETCH = 200  # masks while somebody draws
LOOK = 64  # masks between two looks whether the ranking has settled, at least


class Rise(Explainer):
    """Look at the image through random soft masks: a pixel counts as much as the score is higher where it is seen.

    Coarse random grids are enlarged to smooth masks, each shifted a little. A pixel's value is the mean score over the
    masks, each weighted by how much of the pixel it lets through, less the mean over all masks: above zero, seeing
    the pixel helps the target. Only scores are needed.
    """

    name: ClassVar[str] = "rise"
    title: ClassVar[str] = "RISE"
    needs: ClassVar[Ability] = "scores"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>S</mi><mi>λ</mi></msub><mo>=</mo><mfrac>"
        "<mrow><munder><mo>∑</mo><mi>i</mi></munder><mi>F</mi><mo>(</mo><mi>x</mi><mo>⊙</mo><msub><mi>M</mi><mi>i</mi></msub>"
        "<mo>)</mo><msub><mi>M</mi><mi>i</mi></msub><mo>(</mo><mi>λ</mi><mo>)</mo></mrow>"
        "<mrow><munder><mo>∑</mo><mi>i</mi></munder><msub><mi>M</mi><mi>i</mi></msub><mo>(</mo><mi>λ</mi><mo>)</mo></mrow>"
        "</mfrac><mo>−</mo><mfrac><mn>1</mn><mi>N</mi></mfrac><munder><mo>∑</mo><mi>i</mi></munder><mi>F</mi><mo>(</mo>"
        "<mi>x</mi><mo>⊙</mo><msub><mi>M</mi><mi>i</mi></msub><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The map is as coarse as the grid; details smaller than a cell cannot be told apart.",
        "Pixels are judged while most of the rest is hidden too, in pictures unlike any that the model knows.",
        "The map is an estimate; its standard error says how far another seed would move each pixel.",
        "The paper's map is this one plus the mean score in the notes; without it, zero would mean nothing.",
    )
    source: ClassVar[str] = "Petsiuk, Das, Saenko: RISE, BMVC 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1806.07421"

    samples: int = Field(1000, ge=10, le=100_000, description="masks, at most")
    cells: int = Field(7, ge=2, le=64, description="cells on each side of the coarse grids")
    chance: float = Field(0.5, ge=0.05, le=0.95, description="how likely a cell lets the image through")
    fill: Fill = Field("black", description="what is seen where a mask hides the image")
    paired: bool = Field(True, description="follow each random grid by its opposite, which steadies the result")
    until: Until = Field("count", description="use all samples, or stop when the ranking of the pixels has settled")
    seed: int = Field(0, ge=0, lt=2**32, description="the masks are the same for the same seed")

    def sketch(self) -> Self:
        """Fewer masks."""
        return self.model_copy(update={"samples": min(self.samples, SKETCH)})

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed values in units of the target; arrays: `error` (H, W), the standard error of each."""
        x = x.detach()
        hidden = filled(self.fill, x, model)
        grids = self.grids(x.shape[2], x.shape[3])
        found = [self._one(model, image, other, grids, target) for image, other in zip(x, hidden, strict=True)]
        values, errors, notes = zip(*found, strict=True)
        return Attribution(torch.stack(values), notes, arrays={"error": torch.stack(errors)})

    def grids(self, height: int, width: int) -> Grids:
        """The random grids of this recipe, for images of this size."""
        generator = torch.Generator().manual_seed(self.seed)
        draws = (self.samples + 1) // 2 if self.paired else self.samples
        chances = torch.rand(draws, self.cells, self.cells, generator=generator)
        steps = [-(-length // self.cells) for length in (height, width)]
        shifts = torch.stack([torch.randint(step, (draws,), generator=generator) for step in steps], 1)
        if self.paired:
            chances = torch.stack([chances, 1 - chances], 1).flatten(0, 1)[: self.samples]
            shifts = shifts.repeat_interleave(2, 0)[: self.samples]
        return Grids((chances < self.chance).float(), shifts, (height, width))

    def _one(
        self, model: Classifier, image: Tensor, hidden: Tensor, grids: Grids, target: ClassScore
    ) -> tuple[Tensor, Tensor, dict[str, Any]]:
        asking = Asking(model, image)
        score = target.of(asking.scores(image[None])).double()
        means = _Means(image.shape[1:], 2 if self.paired else 1)
        for batch, look in progress.track(self._work(asking.size), "masking"):
            masks = grids.masks(batch, image.device)
            scores = target.of(asking.scores(hidden + masks[:, None] * (image - hidden)))
            means.take(masks, (scores.double() - score).to(masks))  # differences, so that equal scores give zeros
            progress.partial(lambda: means.values().float().numpy())
            if look and means.agreement() >= SETTLED:
                break
        values, error, likeness = means.values(), means.errors(), means.agreement()
        facts = {
            "score": float(score),
            "mean_score": float(score) + means.mean(),
            "samples_used": batch.stop,
            "agreement": likeness,
            "settled": likeness >= SETTLED,
        }
        return values.float(), error.float(), facts | steadiness(values, error)

    def _work(self, size: int) -> list[tuple[range, bool]]:
        """Masks that go through the model at once, whole pairs, and whether to look after them if all has settled."""
        stops = looks(self.samples, LOOK) if self.until == "settled" else [self.samples]
        work, size = [], max(2, size - size % 2)
        for start, stop in pairwise([0, *stops]):
            batches = [range(start + part.start, start + part.stop) for part in in_batches(stop - start, size)]
            work += [(batch, batch.stop == stop and self.until == "settled") for batch in batches]
        return work


@dataclass(frozen=True)
class Grids:
    """Coarse grids (S, g, g) of 0 and 1, and how far each is shifted up and left, in pixels (S, 2)."""

    cells: Tensor
    shifts: Tensor
    size: tuple[int, int]

    def masks(self, rows: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
        """Some of the grids, enlarged between their cells' middles and shifted: (len(rows), H, W), from 0 to 1."""
        chosen = list(rows)
        up, across = (
            _enlarging(self.cells.shape[1], length, self.shifts[chosen, axis]).to(device)
            for axis, length in enumerate(self.size)
        )  # (S, H, g), (S, W, g)
        return up @ self.cells[chosen].to(device) @ across.mT


def _enlarging(cells: int, length: int, shifts: Tensor) -> Tensor:
    """(S, length, cells): how much each cell has to say at each pixel of a side, by its shift.

    As in the paper, the side is enlarged to one cell more than the image has, so that there is room for the shift.
    """
    step = -(-length // cells)
    whole = F.interpolate(torch.eye(cells)[None], (cells + 1) * step, mode="linear", align_corners=False)[0].T
    return whole[shifts[:, None] + torch.arange(length)]


class _Means:
    """Sums over clusters of masks drawn together, from which the map, its error and its steadiness follow.

    q = Σ of mask × score in a cluster, m = Σ of masks, f = Σ of scores; all sums are kept in double precision.
    """

    def __init__(self, size: torch.Size, cluster: int) -> None:
        self.cluster = cluster
        self.count = torch.zeros(2, dtype=torch.long)  # clusters in each half
        self.seen = torch.zeros(2, dtype=torch.long)  # masks in each half
        self.q, self.m = (torch.zeros(2, *size, dtype=torch.float64) for _ in range(2))
        self.f = torch.zeros(2, dtype=torch.float64)
        self.squares = torch.zeros(5, *size, dtype=torch.float64)  # Σqq, Σqm, Σmm, Σqf, Σmf
        self.ff = 0.0

    def take(self, masks: Tensor, scores: Tensor) -> None:
        """Learn the scores (B,) behind masks (B, H, W); a cluster that is not whole at the end counts as one."""
        weighted = masks * scores[:, None, None]
        whole = len(masks) // self.cluster * self.cluster
        q, m, f = (
            torch.cat([part[:whole].unflatten(0, (-1, self.cluster)).sum(1), part[whole:]])
            for part in (weighted, masks, scores)
        )
        size = torch.full((len(f),), self.cluster)
        size[whole // self.cluster :] = 1
        half = (int(self.count.sum()) + torch.arange(len(f))) % 2
        for number in (0, 1):
            mine = half == number
            self.q[number] += q[mine].sum(0).cpu()
            self.m[number] += m[mine].sum(0).cpu()
            self.f[number] += f[mine].double().sum().cpu()
            self.count[number] += int(mine.sum())
            self.seen[number] += int(size[mine].sum())
        across = f[:, None, None]
        pairs = ((q, q), (q, m), (m, m), (q, across), (m, across))
        self.squares += torch.stack([(one * other).sum(0) for one, other in pairs]).cpu()
        self.ff += float((f.double() ** 2).sum())

    def mean(self) -> float:
        """The mean score of all masks."""
        return float(self.f.sum() / self.seen.sum())

    def values(self) -> Tensor:
        """The map (H, W) by all masks."""
        return self._map(self.q.sum(0), self.m.sum(0), self.mean())

    def agreement(self) -> float:
        """How alike the two halves rank the pixels."""
        if int(self.count.min()) < 2:
            return 0.0
        one, other = (self._map(self.q[half], self.m[half], float(self.f[half] / self.seen[half])) for half in (0, 1))
        return agreement(one.numpy(), other.numpy())

    def errors(self) -> Tensor:
        """Standard errors (H, W): what each cluster, drawn again, would move, to first order."""
        count, mean = int(self.count.sum()), self.mean()
        if count < 2:
            return torch.full_like(self.q[0], torch.nan)
        ratio = self.values() + mean
        scale = count / self.m.sum(0).clamp(min=1e-12)
        qq, qm, mm, qf, mf = self.squares
        moves = (qq - 2 * ratio * qm + ratio**2 * mm) * scale**2
        moves -= 2 * (qf - ratio * mf) * scale / self.cluster
        moves += (self.ff - 2 * self.cluster * mean * float(self.f.sum())) / self.cluster**2 + count * mean**2
        variance: Tensor = moves.clamp(min=0) / (count * (count - 1))
        return variance.sqrt()

    @staticmethod
    def _map(q: Tensor, m: Tensor, mean: float) -> Tensor:
        return torch.where(m > 0, q / m.clamp(min=1e-12), mean) - mean
