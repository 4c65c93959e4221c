"""Square attack: random squares, kept where they help; asks for scores only."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.attacks.balls import inside
from seewhy.attacks.base import Attack, Perturbed
from seewhy.attacks.goals import Goal
from seewhy.classifiers.base import Ability, Classifier
from seewhy.inference.batches import batch_size, in_batches
from seewhy.progress import track

HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 queries: where the squares' area is halved


class Square(Attack):
    """Paint squares of ±epsilon at random places and keep each that helps; no gradient is needed.

    It starts with stripes and large squares and goes on with smaller ones. Because it only reads scores it works on
    any model, and on models whose gradients are hidden: where it does better than an attack by gradients, those hide.
    """

    name: ClassVar[str] = "square"
    title: ClassVar[str] = "Square attack"
    needs: ClassVar[Ability] = "scores"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>x</mi><mrow><mi>t</mi><mo>+</mo><mn>1</mn></mrow></msub><mo>=</mo>"
        "<msub><mi>Π</mi><mi>ε</mi></msub><mo>(</mo><msub><mi>x</mi><mi>t</mi></msub><mo>±</mo><mn>2</mn><mi>ε</mi>"
        "<msub><mn>1</mn><mi>square</mi></msub><mo>)</mo><mspace width='1em'></mspace><mtext>if it helps</mtext></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "It needs hundreds of questions to the model where an attack by gradients needs ten.",
        "It is random: another seed may succeed where this one failed.",
    )
    source: ClassVar[str] = "Andriushchenko et al.: Square Attack, 2020"
    link: ClassVar[str] = "https://arxiv.org/abs/1912.00049"

    epsilon: float = Field(0.1, gt=0, le=1, description="largest change of a value, in units of [0, 1]")
    queries: int = Field(500, ge=1, le=20000, description="questions to the model for each picture, at most")
    area: float = Field(0.8, gt=0, le=1, description="share of the picture that the first squares cover")
    seed: int = Field(0, ge=0, lt=2**32, description="the squares are the same for the same seed")

    def perturb(self, model: Classifier, x: Tensor, goal: Goal) -> Perturbed:
        """A picture stops as soon as its goal is reached; every picture gets the same draws."""
        found, notes = [], []
        for batch in track(list(in_batches(len(x), batch_size(x))), "painting squares"):
            chosen = torch.tensor(list(batch))
            attacked, asked = self._paint(model, x[chosen], goal[chosen])
            found.append(attacked)
            notes += asked
        return Perturbed(torch.cat(found), tuple(notes))

    def _paint(self, model: Classifier, x: Tensor, goal: Goal) -> tuple[Tensor, list[dict[str, Any]]]:
        generator = torch.Generator().manual_seed(self.seed)
        _, channels, height, width = x.shape
        best = inside(x + self.epsilon * _signs((channels, 1, width), generator).to(x), x, self.epsilon, "linf")
        lead = _lead(model, best, goal)
        asked = torch.ones(len(x), dtype=torch.long)
        for query in track(range(1, self.queries), "asking"):
            side = self._side(query, height, width)
            top = int(torch.randint(0, height - side + 1, (), generator=generator))
            left = int(torch.randint(0, width - side + 1, (), generator=generator))
            colour = 2 * self.epsilon * _signs((channels, 1, 1), generator).to(x)
            going = torch.nonzero(lead <= 0)[:, 0]
            if not len(going):
                break
            tried = best[going]
            tried[:, :, top : top + side, left : left + side] += colour
            tried = inside(tried, x[going], self.epsilon, "linf")
            reached = _lead(model, tried, goal[going])
            better = reached > lead[going]
            best[going[better]], lead[going[better]] = tried[better], reached[better]
            asked[going] += 1
        return best, [{"queries": int(count)} for count in asked]

    def _side(self, query: int, height: int, width: int) -> int:
        """The squares shrink as the paper has it: the area is halved at fixed shares of the way."""
        halvings = sum(query * 10000 // self.queries > at for at in HALVINGS)
        side = round(math.sqrt(self.area / 2**halvings * height * width))
        return min(max(side, 1), height, width)


def _signs(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return 2.0 * torch.randint(0, 2, shape, generator=generator) - 1


def _lead(model: Classifier, x: Tensor, goal: Goal) -> Tensor:
    with torch.no_grad():
        return goal.lead(model.scores(x).cpu())
