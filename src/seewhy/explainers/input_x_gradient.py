"""Input × gradient: how much of the score each pixel's brightness brings, to first order."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.targets import ClassScore


class InputXGradient(Explainer):
    """Multiply each pixel by the gradient there: the share of the score that its brightness brings, to first order.

    It is one step of Integrated Gradients from black, taken at the image itself. For a linear model it is exact; for
    a net of ReLUs without biases the values add up to the score.
    """

    name: ClassVar[str] = "input-x-gradient"
    title: ClassVar[str] = "Input × gradient"
    needs: ClassVar[Ability] = "gradients"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>A</mi><mi>i</mi></msub><mo>=</mo><msub><mi>x</mi><mi>i</mi></msub><mo>·</mo>"
        "<mfrac><mrow><mo>∂</mo><mi>F</mi><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"
        "<mrow><mo>∂</mo><msub><mi>x</mi><mi>i</mi></msub></mrow></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A black pixel gets exactly 0, even where it is its being black that matters.",
        "A gradient is local: where the score has saturated the values are small although the pixels matter.",
        "The values need not add up to anything; Integrated Gradients repairs that at the price of more gradients.",
    )
    source: ClassVar[str] = "Shrikumar et al.: Not Just a Black Box, 2016"
    link: ClassVar[str] = "https://arxiv.org/abs/1605.01713"

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed values in units of the target; notes: their `sum` beside the `score`."""
        x = x.detach().requires_grad_()
        score = target(model, x)
        (gradients,) = torch.autograd.grad(score.sum(), x)
        channels = x.detach() * gradients
        totals = channels.double().sum((1, 2, 3))
        notes = tuple({"sum": float(t), "score": float(s)} for t, s in zip(totals, score.detach(), strict=True))
        return Attribution(channels.sum(1), notes, channels)
