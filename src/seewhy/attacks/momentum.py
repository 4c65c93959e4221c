"""Momentum: steps that remember the directions of the steps before."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from seewhy.attacks.balls import Norm, steepest
from seewhy.attacks.base import Attack, Perturbed
from seewhy.attacks.goals import Goal, Loss
from seewhy.attacks.steps import ascend
from seewhy.classifiers.base import Classifier


class Momentum(Attack):
    """Climb in small steps, each along the running mean of all gradients so far.

    The mean is steadier than one gradient and passes over small bumps. What fools one model this way fools others
    more often too.
    """

    name: ClassVar[str] = "momentum"
    title: ClassVar[str] = "Momentum (MI-FGSM)"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>g</mi><mrow><mi>t</mi><mo>+</mo><mn>1</mn></mrow></msub><mo>=</mo><mi>μ</mi>"
        "<msub><mi>g</mi><mi>t</mi></msub><mo>+</mo><mfrac><mrow><msub><mo>∇</mo><mi>x</mi></msub><mi>J</mi></mrow>"
        "<msub><mrow><mo>‖</mo><msub><mo>∇</mo><mi>x</mi></msub><mi>J</mi><mo>‖</mo></mrow><mn>1</mn></msub></mfrac>"
        "<mo>,</mo><mspace width='1em'></mspace><msub><mi>x</mi><mrow><mi>t</mi><mo>+</mo><mn>1</mn></mrow></msub>"
        "<mo>=</mo><msub><mi>Π</mi><mi>ε</mi></msub><mo>(</mo><msub><mi>x</mi><mi>t</mi></msub><mo>+</mo><mi>α</mi>"
        "<mo>·</mo><mi>sign</mi><mo>(</mo><msub><mi>g</mi><mrow><mi>t</mi><mo>+</mo><mn>1</mn></mrow></msub>"
        "<mo>)</mo><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Against the model at hand it is usually no stronger than PGD with as many steps.",
        "A decay of 0 forgets everything: then it is PGD started at the picture.",
    )
    source: ClassVar[str] = "Dong et al.: Boosting Adversarial Attacks with Momentum, 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1710.06081"

    epsilon: float = Field(0.1, gt=0, le=100, description="radius of the ball, in units of [0, 1]")
    norm: Norm = Field("linf", description="what is measured: the largest change of a value, or the Euclidean length")
    steps: int = Field(10, ge=1, le=1000, description="steps")
    step: float | None = Field(None, gt=0, description="length of a step; by default epsilon over the steps")
    decay: float = Field(1.0, ge=0, le=1, description="how much of the earlier directions each step keeps (μ)")
    early_stop: bool = Field(True, description="stop for a picture as soon as its goal is reached")
    loss: Loss = Field("cross-entropy", description="what rises: the loss of the papers, or the lead of the best rival")

    def perturb(self, model: Classifier, x: Tensor, goal: Goal) -> Perturbed:
        """Each gradient counts by its direction: it is divided by the mean size of its values."""
        found = ascend(
            model, x, x, goal, step=self._step, length=self.step or self.epsilon / self.steps,
            steps=self.steps, epsilon=self.epsilon, norm=self.norm, loss=self.loss, early_stop=self.early_stop,
        )  # fmt: skip
        return Perturbed(found)

    def _step(self, gradient: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        size = gradient.abs().mean((1, 2, 3), keepdim=True).clamp(min=1e-30)
        memory = self.decay * memory + gradient / size
        return steepest(memory, self.norm), memory
