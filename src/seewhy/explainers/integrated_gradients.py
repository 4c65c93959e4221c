"""Integrated Gradients: the gradient collected on the straight way from a baseline to the image."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from seewhy import progress
from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.fills import FILLS, filled
from seewhy.inference.batches import batch_size, in_batches
from seewhy.targets import ClassScore

FILM = 250_000  # keep the growing maps of a path up to this many values
SKETCH = 16  # steps while somebody draws
OPEN_GAP = 0.05  # a relative completeness gap above this is worth a warning


class IntegratedGradients(Explainer):
    """Walk from a black picture to yours and add up, pixel by pixel, what each bit of light adds to the score.

    The value of a pixel is its change of brightness times the mean gradient on the straight path from the baseline
    to the image. All values together give the rise of the score from the baseline to the image (completeness), so
    the map says in the score's own units who speaks for and who against.
    """

    name: ClassVar[str] = "integrated-gradients"
    title: ClassVar[str] = "Integrated Gradients"
    needs: ClassVar[Ability] = "gradients"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>IG</mi><mi>i</mi></msub><mo>=</mo>"
        "<mo>(</mo><msub><mi>x</mi><mi>i</mi></msub><mo>−</mo><msubsup><mi>x</mi><mi>i</mi><mo>′</mo></msubsup><mo>)</mo>"
        "<mo>·</mo><msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup>"
        "<mfrac><mrow><mo>∂</mo><mi>F</mi><mo>(</mo><msup><mi>x</mi><mo>′</mo></msup><mo>+</mo><mi>α</mi>"
        "<mo>(</mo><mi>x</mi><mo>−</mo><msup><mi>x</mi><mo>′</mo></msup><mo>)</mo><mo>)</mo></mrow>"
        "<mrow><mo>∂</mo><msub><mi>x</mi><mi>i</mi></msub></mrow></mfrac><mi>d</mi><mi>α</mi></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A pixel that equals the baseline gets exactly 0: with a black baseline, black pixels never speak, even where "
        "it is their being black that matters.",
        "The baseline is part of the question; white instead of black can turn a map around.",
        "Finite steps leave a gap between the sum of the map and the rise of the score; it is always shown.",
    )
    source: ClassVar[str] = "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1703.01365"

    steps: int = Field(50, ge=1, le=2000, description="gradients on the path (Gauss-Legendre points)")
    baseline: str = Field(
        "black",
        min_length=1,
        description="where the path starts: black, white, grey, blur, mean, or the address of a picture",
        json_schema_extra={"examples": list(FILLS), "image": True},
    )

    def sketch(self) -> Self:
        """Fewer steps: on a digit the gap stays under a percent."""
        return self.model_copy(update={"steps": min(self.steps, SKETCH)})

    def addresses(self) -> tuple[str, ...]:
        """The baseline, where it is a picture."""
        return () if self.baseline in FILLS else (self.baseline,)

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed values whose sum is the score's rise from the baseline, up to the gap in the notes."""
        x = x.detach()
        count, side = len(x), x.shape[-2] * x.shape[-1]
        baseline = filled(self.baseline, x, model)
        alphas, weights = gauss_legendre(self.steps)
        gradients = torch.zeros_like(x)
        sums, scores, films = [], [], []
        batches = list(in_batches(self.steps, max(1, batch_size(x) // count)))
        for batch in progress.track(batches, "integrating"):
            alpha = alphas[batch].to(x).reshape(-1, 1, 1, 1, 1)
            points = (baseline + alpha * (x - baseline)).flatten(0, 1).requires_grad_()  # (S·N, C, H, W)
            score = target(model, points)
            (gradient,) = torch.autograd.grad(score.sum(), points)
            parts = weights[batch].to(x).reshape(-1, 1, 1, 1, 1) * gradient.reshape(-1, *x.shape)
            sums.append((parts * (x - baseline)).sum((2, 3, 4)))
            scores.append(score.detach().reshape(-1, count))
            if self.steps * side <= FILM:
                films.append((gradients + parts.cumsum(0)) * (x - baseline))
            gradients = gradients + parts.sum(0)
            progress.partial(lambda: ((x - baseline) * gradients)[0].sum(0).cpu().numpy())  # noqa: B023
        channels = (x - baseline) * gradients
        arrays = {
            "alphas": alphas.float().expand(count, -1),
            "path_scores": torch.cat(scores).T,
            "partial_sums": torch.cat(sums).cumsum(0).T,
            "baseline": baseline,
        }
        if films:
            arrays["partial_maps"] = torch.cat(films).sum(2).transpose(0, 1)
        notes = self._completeness(model, x, baseline, target, channels)
        return Attribution(channels.sum(1), notes, channels, arrays)

    def _completeness(
        self, model: Classifier, x: Tensor, baseline: Tensor, target: ClassScore, channels: Tensor
    ) -> tuple[dict[str, Any], ...]:
        with torch.no_grad():
            ends = target(model, torch.cat([x, baseline])).double().cpu()
        score, start = ends[: len(x)], ends[len(x) :]
        total = channels.double().sum((1, 2, 3)).cpu()
        same = (x == baseline).all(1).flatten(1).double().mean(1).cpu()
        return tuple(
            _notes(float(s), float(b), float(t), float(share))
            for s, b, t, share in zip(score, start, total, same, strict=True)
        )


def _notes(score: float, start: float, total: float, share: float) -> dict[str, Any]:
    rise, gap = score - start, total - (score - start)
    relative = abs(gap) / max(abs(rise), 1e-6)
    warnings = []
    if share == 1:
        warnings.append("The image equals the baseline, so by definition there is nothing to explain.")
    elif relative > OPEN_GAP:
        warnings.append(f"The map adds up to {total:+.3g} but the score rose by {rise:+.3g}; use more steps.")
    return {
        "sum": total,
        "score": score,
        "baseline_score": start,
        "gap": gap,
        "relative_gap": relative,
        "share_equal_to_baseline": share,
        "warnings": warnings,
    }


@lru_cache(maxsize=8)
def gauss_legendre(steps: int) -> tuple[Tensor, Tensor]:
    """Points in (0, 1) and weights that add up to 1: exact for polynomials up to degree 2·steps − 1.

    The points are the roots of the Legendre polynomial, found by Newton's method from Tricomi's estimate: in 2,000
    steps some tenths of a second, where the eigenvalue problem that NumPy solves takes several.
    """
    x = np.cos(np.pi * (np.arange(steps, 0, -1) - 0.25) / (steps + 0.5))
    for _ in range(100):
        value, slope = _legendre(steps, x)
        x = x - value / slope
        if np.abs(value / slope).max() < 1e-15:
            break
    weights = 1 / ((1 - x**2) * _legendre(steps, x)[1] ** 2)
    return torch.from_numpy((x + 1) / 2), torch.from_numpy(weights / weights.sum())


def _legendre(degree: int, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The Legendre polynomial and its derivative at `x`, by the three-term recurrence."""
    before, value = np.ones_like(x), x
    for k in range(2, degree + 1):
        before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
    return value, degree * (x * value - before) / (x**2 - 1)
