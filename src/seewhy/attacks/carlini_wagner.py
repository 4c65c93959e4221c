"""Carlini and Wagner's attack: the smallest Euclidean change, by gradient descent on change and lead together."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.attacks.base import Attack, Perturbed
from seewhy.attacks.goals import Goal
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches
from seewhy.progress import track

INNER = 0.999999  # keeps black and white off the ends of the hyperbolic tangent


class CarliniWagner(Attack):
    """Look for the shortest change that fools the model, by minimising length and missing lead at once.

    A factor weighs one against the other; it is searched for by halving, separately for each picture. Slow, and one of
    the strongest attacks there are.
    """

    name: ClassVar[str] = "carlini-wagner"
    title: ClassVar[str] = "Carlini & Wagner (L2)"
    formula: ClassVar[str] = (
        "<math display='block'><munder><mi>min</mi><mi>w</mi></munder><msubsup><mrow><mo>‖</mo><msup><mi>x</mi>"
        "<mo>′</mo></msup><mo>−</mo><mi>x</mi><mo>‖</mo></mrow><mn>2</mn><mn>2</mn></msubsup><mo>+</mo><mi>c</mi>"
        "<mo>·</mo><mi>max</mi><mo>(</mo><msub><mi>z</mi><mi>y</mi></msub><mo>−</mo><munder><mi>max</mi><mrow><mi>k</mi>"
        "<mo>≠</mo><mi>y</mi></mrow></munder><msub><mi>z</mi><mi>k</mi></msub><mo>+</mo><mi>κ</mi><mo>,</mo><mn>0</mn>"
        "<mo>)</mo><mo>,</mo><mspace width='1em'></mspace><msup><mi>x</mi><mo>′</mo></msup><mo>=</mo><mfrac><mrow>"
        "<mn>1</mn><mo>+</mo><mi>tanh</mi><mi>w</mi></mrow><mn>2</mn></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "It takes searches × steps gradients: hundreds of times as long as FGSM.",
        "With a confidence of 0 the new answer is as unsure as can be.",
    )
    source: ClassVar[str] = "Carlini, Wagner: Towards Evaluating the Robustness of Neural Networks, 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1608.04644"

    searches: int = Field(6, ge=1, le=20, description="how many factors are tried for each picture")
    steps: int = Field(100, ge=1, le=10000, description="steps for each factor")
    rate: float = Field(0.05, gt=0, le=1, description="length of a step (Adam)")
    factor: float = Field(1.0, gt=0, description="the first factor of the missing lead against the length (c)")
    confidence: float = Field(0.0, ge=0, description="the lead that counts as fooled, in logits (κ)")

    def perturb(self, model: Classifier, x: Tensor, goal: Goal) -> Perturbed:
        """The shortest change that was found; the picture itself where none was."""
        found, notes = [], []
        for batch in track(list(in_batches(len(x), batch_size(x))), "minimising"):
            chosen = torch.tensor(list(batch))
            attacked, factors = self._shortest(model, x[chosen], goal[chosen])
            found.append(attacked)
            notes += [{"factor": float(factor)} for factor in factors]
        return Perturbed(torch.cat(found), tuple(notes))

    def _shortest(self, model: Classifier, x: Tensor, goal: Goal) -> tuple[Tensor, Tensor]:
        best, lengths = x.clone(), torch.full((len(x),), torch.inf)
        factors = torch.full((len(x),), self.factor)
        lower, upper = torch.zeros(len(x)), torch.full((len(x),), torch.inf)
        for _ in track(range(self.searches), "weighing"):
            fooled = self._descend(model, x, goal, factors, best, lengths)
            upper = torch.where(fooled, factors, upper)
            lower = torch.where(fooled, lower, factors)
            factors = torch.where(upper.isinf(), factors * 10, (lower + upper) / 2)
        return best, upper

    def _descend(
        self, model: Classifier, x: Tensor, goal: Goal, factors: Tensor, best: Tensor, lengths: Tensor
    ) -> Tensor:
        """Adam from the picture itself; what is shorter than `lengths` is kept in `best`. Gives who was fooled."""
        start = torch.atanh((2 * x - 1) * INNER)
        origin = (torch.tanh(start) + 1) / 2
        w = torch.nn.Parameter(start.clone())
        optimiser = torch.optim.Adam([w], self.rate)
        ever = torch.zeros(len(x), dtype=torch.bool)
        for _ in range(self.steps):
            with torch.enable_grad():
                attacked = (torch.tanh(w) + 1) / 2
                lead = goal.lead(model.scores(attacked).cpu())
                missing = (self.confidence - lead).clamp(min=0) * factors
                loss = missing.sum() + (attacked - origin).square().sum().cpu()
                (w.grad,) = torch.autograd.grad(loss, w)
            fooled = lead.detach() > self.confidence
            size = (attacked.detach() - x).flatten(1).norm(dim=1).cpu()
            shorter = fooled & (size < lengths)
            best[shorter], lengths[shorter] = attacked.detach()[shorter], size[shorter]
            ever |= fooled
            optimiser.step()
        return ever
