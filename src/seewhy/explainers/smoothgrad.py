"""SmoothGrad: the gradient averaged over noisy copies of the image."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar, Literal, Self

import torch
from pydantic import Field
from torch import Tensor

from seewhy import progress
from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.settling import SETTLED, Until, agreement, looks, steadiness
from seewhy.inference.batches import batch_size, in_batches
from seewhy.targets import ClassScore

SKETCH = 8  # samples while somebody draws
LOOK = 16  # samples between two looks whether the ranking has settled, at least


class SmoothGrad(Explainer):
    """Add a little noise to the image again and again, and average the gradients.

    One gradient is rough: it belongs to this very image only. The mean over noisy copies keeps what they share. The
    mean is signed; the mean of the squares and the variance (VarGrad) say how much a pixel matters, not for or
    against.
    """

    name: ClassVar[str] = "smoothgrad"
    title: ClassVar[str] = "SmoothGrad"
    needs: ClassVar[Ability] = "gradients"
    formula: ClassVar[str] = (
        "<math display='block'><mi>S</mi><mo>=</mo><mfrac><mn>1</mn><mi>n</mi></mfrac>"
        "<munderover><mo>∑</mo><mrow><mi>s</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>"
        "<mfrac><mrow><mo>∂</mo><mi>F</mi><mo>(</mo><mi>x</mi><mo>+</mo><msub><mi>ε</mi><mi>s</mi></msub><mo>)</mo></mrow>"
        "<mrow><mo>∂</mo><mi>x</mi></mrow></mfrac><mo>,</mo><mspace width='1em'></mspace>"
        "<msub><mi>ε</mi><mi>s</mi></msub><mo>∼</mo><mi>N</mi><mo>(</mo><mn>0</mn><mo>,</mo>"
        "<msup><mi>σ</mi><mn>2</mn></msup><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The amount of noise is part of the question: little leaves the map rough, much explains another image.",
        "Noisy copies are unlike anything the model trained on, and leave the range from black to white.",
        "The map is an estimate; its standard error is in the notes and shrinks with the root of the samples.",
        "A calm map is not a truer one: averaging removes detail whether or not the model uses it.",
    )
    source: ClassVar[str] = "Smilkov et al.: SmoothGrad, 2017; VarGrad: Adebayo et al., 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1706.03825"

    samples: int = Field(50, ge=2, le=500, description="noisy copies of the image, at most")
    noise: float = Field(
        0.15, gt=0, le=1, description="standard deviation of the noise, as a share of the image's range of values"
    )
    form: Literal["mean", "squared", "variance"] = Field(
        "mean", description="what is made of the gradients: their mean, the mean of their squares, or their variance"
    )
    until: Until = Field("count", description="use all samples, or stop when the ranking of the pixels has settled")
    seed: int = Field(0, ge=0, lt=2**32, description="the noise is the same for the same seed")

    @property
    def signed(self) -> bool:
        """Squares have lost the sign."""
        return self.form == "mean"

    def sketch(self) -> Self:
        """Fewer copies: rougher, but of the same kind."""
        return self.model_copy(update={"samples": min(self.samples, SKETCH)})

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Channels added; arrays: `error` (H, W), the standard error of each pixel's value.

        values: target per unit of brightness, squared where the form is "squared" or "variance".
        """
        x = x.detach()
        noise = self._noise(x)
        spread = self.noise * (x.amax((1, 2, 3)) - x.amin((1, 2, 3)))
        found: list[Tensor] = []
        for image, each in zip(x, spread, strict=True):
            found.append(self._one(model, image, each * noise, target, first=not found))
        terms = [self._terms(gradients) for gradients in found]  # (S, C, H, W) an image
        channels = torch.stack([term.mean(0) for term in terms])
        values = channels.sum(1)
        error = torch.stack([term.sum(1).std(0) / len(term) ** 0.5 for term in terms])
        notes = tuple(
            _settled(len(gradients), self._agreement(gradients)) | _notes(*facts)
            for gradients, *facts in zip(found, values, error, spread, strict=True)
        )
        return Attribution(values, notes, channels, {"error": error})

    def _one(self, model: Classifier, image: Tensor, noise: Tensor, target: ClassScore, first: bool) -> Tensor:
        """Gradients (S, C, H, W) at the noisy copies of one image."""
        stops = looks(self.samples, LOOK) if self.until == "settled" else [self.samples]
        found: list[Tensor] = []
        work = [
            (range(start + part.start, start + part.stop), stop)
            for start, stop in pairwise([0, *stops])
            for part in in_batches(stop - start, batch_size(image))
        ]
        for batch, stop in progress.track(work, "adding noise"):
            copies = (image + noise[batch.start : batch.stop]).requires_grad_()
            found.append(torch.autograd.grad(target(model, copies).sum(), copies)[0])
            if first:
                progress.partial(lambda: self._terms(torch.cat(found)).mean(0).sum(0).cpu().numpy())
            if self.until == "settled" and batch.stop == stop and self._agreement(torch.cat(found)) >= SETTLED:
                break
        return torch.cat(found)

    def _agreement(self, gradients: Tensor) -> float:
        """How alike two halves of the copies rank the pixels."""
        halves = [self._terms(gradients[half::2]).mean(0).sum(0) for half in (0, 1)]
        return agreement(*(half.cpu() for half in halves))

    def _noise(self, x: Tensor) -> Tensor:
        """Standard normal (S, C, H, W), the same for every image, so that none depends on its neighbours."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.randn(self.samples, *x.shape[1:], generator=generator).to(x)

    def _terms(self, gradients: Tensor) -> Tensor:
        if self.form == "mean":
            return gradients
        return (gradients if self.form == "squared" else gradients - gradients.mean(0)) ** 2


def _settled(used: int, likeness: float) -> dict[str, Any]:
    return {"samples_used": used, "agreement": likeness, "settled": likeness >= SETTLED}


def _notes(values: Tensor, error: Tensor, spread: Tensor) -> dict[str, Any]:
    facts = steadiness(values, error)
    if spread == 0:
        facts["warnings"] = ["The image has one value everywhere, so no noise was added: this is the plain gradient."]
    return {"noise": float(spread)} | facts
