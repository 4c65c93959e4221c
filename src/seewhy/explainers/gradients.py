"""Saliency: the plain gradient of the target."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.targets import ClassScore


class Saliency(Explainer):
    """Ask which pixels would change the target most if they changed a little.

    The value of a pixel is the gradient of the target there: how much the score moves for a small change of that
    pixel. It tells where the model is sensitive, not what it used.
    """

    name: ClassVar[str] = "saliency"
    title: ClassVar[str] = "Saliency"
    needs: ClassVar[Ability] = "gradients"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>S</mi><mi>i</mi></msub><mo>=</mo><munder><mi>max</mi><mi>c</mi></munder>"
        "<mrow><mo>|</mo><mfrac><mrow><mo>∂</mo><mi>F</mi><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"
        "<mrow><mo>∂</mo><msub><mi>x</mi><mrow><mi>i</mi><mi>c</mi></mrow></msub></mrow></mfrac><mo>|</mo></mrow></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A gradient is local: where the score has saturated it is small although the pixel matters.",
        "Gradients of neighbouring pixels differ wildly, so the map looks noisy.",
        "Without its sign the map says how much a pixel matters, not for or against.",
    )
    source: ClassVar[str] = "Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, 2013"
    link: ClassVar[str] = "https://arxiv.org/abs/1312.6034"

    absolute: bool = Field(True, description="size of the gradient only (largest channel); off: signed, channels added")

    @property
    def signed(self) -> bool:
        """Only the signed form tells for from against."""
        return not self.absolute

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """One gradient an image, in units of the target per unit of brightness."""
        x = x.detach().requires_grad_()
        (gradients,) = torch.autograd.grad(target(model, x).sum(), x)
        channels = gradients.abs() if self.absolute else gradients
        values = channels.amax(1) if self.absolute else channels.sum(1)
        return Attribution(values, tuple({} for _ in x), channels)
