"""PGD: many small steps of FGSM, kept inside the ball."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.attacks.balls import Norm, anywhere, steepest
from seewhy.attacks.base import Attack, Perturbed
from seewhy.attacks.goals import Goal, Loss
from seewhy.attacks.steps import ascend
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import scored

STEP = 2.5  # epsilons that all steps together can cover, so that any point of the ball is in reach (Madry et al.)


class Pgd(Attack):
    """Climb the loss in many small steps, and never leave the ball of radius epsilon around the picture.

    Each step asks for the gradient anew, so the attack follows the model's bends, which a single step misses. Started
    again from random points, it is the usual measure of what a model withstands.
    """

    name: ClassVar[str] = "pgd"
    title: ClassVar[str] = "PGD"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>x</mi><mrow><mi>t</mi><mo>+</mo><mn>1</mn></mrow></msub><mo>=</mo>"
        "<msub><mi>Π</mi><mi>ε</mi></msub><mo>(</mo><msub><mi>x</mi><mi>t</mi></msub><mo>+</mo><mi>α</mi><mo>·</mo>"
        "<mi>sign</mi><mo>(</mo><msub><mo>∇</mo><mi>x</mi></msub><mi>J</mi><mo>(</mo><mi>θ</mi><mo>,</mo>"
        "<msub><mi>x</mi><mi>t</mi></msub><mo>,</mo><mi>y</mi><mo>)</mo><mo>)</mo><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "That it fails proves nothing: another start, more steps or another attack may succeed.",
        "A gradient that has vanished hides the way; compare with an attack that needs none.",
    )
    source: ClassVar[str] = "Madry et al.: Towards Deep Learning Models Resistant to Adversarial Attacks, 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1706.06083"

    epsilon: float = Field(0.1, gt=0, le=100, description="radius of the ball, in units of [0, 1]")
    norm: Norm = Field("linf", description="what is measured: the largest change of a value, or the Euclidean length")
    steps: int = Field(10, ge=1, le=1000, description="steps of each start")
    step: float | None = Field(None, gt=0, description="length of a step; by default 2.5 epsilon over the steps")
    starts: int = Field(1, ge=1, le=100, description="how often it starts; the first success counts")
    random_start: bool = Field(True, description="start at a random point of the ball instead of the picture")
    early_stop: bool = Field(True, description="stop for a picture as soon as its goal is reached")
    loss: Loss = Field("cross-entropy", description="what rises: the loss of the papers, or the lead of the best rival")
    seed: int = Field(0, ge=0, lt=2**32, description="the random starts are the same for the same seed")

    def perturb(self, model: Classifier, x: Tensor, goal: Goal) -> Perturbed:
        """The first start that reaches the goal; else the one that came closest."""
        generator = torch.Generator().manual_seed(self.seed)
        best, lead = x.clone(), torch.full((len(x),), -torch.inf)
        for _ in range(self.starts):
            start = anywhere(x, self.epsilon, self.norm, generator) if self.random_start else x
            left = torch.nonzero(lead <= 0)[:, 0]
            if not len(left):
                break
            found = ascend(
                model, x[left], start[left], goal[left],
                step=lambda gradient, memory: (steepest(gradient, self.norm), memory),
                length=self.step or STEP * self.epsilon / self.steps,
                steps=self.steps, epsilon=self.epsilon, norm=self.norm, loss=self.loss, early_stop=self.early_stop,
            )  # fmt: skip
            if self.starts == 1:
                return Perturbed(found)
            reached = goal[left].lead(scored(model, found))
            better = reached > lead[left]
            best[left[better]], lead[left[better]] = found[better], reached[better]
        return Perturbed(best)
