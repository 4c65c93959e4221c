"""FGSM: one step along the sign of the gradient."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.attacks.base import Attack, Perturbed, climb
from seewhy.attacks.goals import Goal, Loss
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import gradient_batch_size, in_batches
from seewhy.progress import track


class Fgsm(Attack):
    """Move every value of the picture by epsilon, each in the direction that hurts the model most.

    One gradient is enough: it says for every value whether brighter or darker raises the loss of the true class, and
    all of them move by the same small amount. A model that is nearly linear adds up these tiny changes over thousands
    of values, so a change that nobody sees turns a certain answer into another one.
    """

    name: ClassVar[str] = "fgsm"
    title: ClassVar[str] = "FGSM"
    formula: ClassVar[str] = (
        "<math display='block'><msup><mi>x</mi><mo>′</mo></msup><mo>=</mo><mi>x</mi><mo>+</mo><mi>ε</mi><mo>·</mo>"
        "<mi>sign</mi><mo>(</mo><msub><mo>∇</mo><mi>x</mi></msub><mi>J</mi><mo>(</mo><mi>θ</mi><mo>,</mo><mi>x</mi>"
        "<mo>,</mo><mi>y</mi><mo>)</mo><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "One step sees the slope at the picture only; a model that withstands it may fall to an attack of many steps.",
        "A larger epsilon is not always worse for the model: the one direction can lead out of the wrong class again.",
        "Values that are black or white already can move one way only.",
    )
    source: ClassVar[str] = "Goodfellow, Shlens, Szegedy: Explaining and Harnessing Adversarial Examples, 2014"
    link: ClassVar[str] = "https://arxiv.org/abs/1412.6572"

    epsilon: float = Field(0.1, gt=0, le=1, description="how far each value moves, in units of [0, 1]")
    loss: Loss = Field("cross-entropy", description="what rises: the loss of the papers, or the lead of the best rival")

    def perturb(self, model: Classifier, x: Tensor, goal: Goal) -> Perturbed:
        """One gradient an image; `direction` is its sign."""
        found = []
        for batch in track(list(in_batches(len(x), gradient_batch_size(x))), "one step"):
            aim = goal[torch.arange(batch.start, batch.stop)]
            gradient, _ = climb(model, x[batch.start : batch.stop], aim, self.loss)
            found.append(gradient.sign_())
        direction = torch.cat(found)
        return Perturbed(torch.add(x, direction, alpha=self.epsilon).clamp_(0, 1), direction=direction)
