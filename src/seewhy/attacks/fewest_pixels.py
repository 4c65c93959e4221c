"""Fewest pixels: turn pixels black or white, one after the other, until the answer changes."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.attacks.base import Attack, Perturbed, climb
from seewhy.attacks.goals import Goal
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import scored
from seewhy.progress import track


class FewestPixels(Attack):
    """Change as few pixels as possible, each as much as it likes.

    The gradient names the pixels that promise most when they turn black or white; the model tries each of them, and
    the best one is kept. In the end every changed pixel is put back that is not needed: none of those that are left
    can go alone. With a class to reach, it is the smallest change that turns the picture into that class.
    """

    name: ClassVar[str] = "fewest-pixels"
    title: ClassVar[str] = "Fewest pixels"
    dense: ClassVar[bool] = False
    formula: ClassVar[str] = (
        "<math display='block'><munder><mi>min</mi><msup><mi>x</mi><mo>′</mo></msup></munder><msub><mrow><mo>‖</mo>"
        "<msup><mi>x</mi><mo>′</mo></msup><mo>−</mo><mi>x</mi><mo>‖</mo></mrow><mn>0</mn></msub><mspace width='1em'>"
        "</mspace><mtext>so that the answer changes</mtext></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "No single pixel of the result can go back, but another set of pixels may be smaller.",
        "Each pixel costs a gradient and a batch of passes, so large pictures take long.",
    )
    source: ClassVar[str] = "after Papernot et al.: The Limitations of Deep Learning in Adversarial Settings, 2015"
    link: ClassVar[str] = "https://arxiv.org/abs/1511.07528"

    pixels: int = Field(40, ge=1, le=2000, description="pixels that may change, at most")
    candidates: int = Field(32, ge=1, le=512, description="how many of the most promising pixels the model tries")

    def perturb(self, model: Classifier, x: Tensor, goal: Goal) -> Perturbed:
        """One picture after the other; notes: `pixels`, how many changed."""
        found, notes = [], []
        for index in track(range(len(x)), "changing pixels"):
            attacked, facts = self._change(model, x[index], goal[torch.tensor([index])])
            found.append(attacked)
            notes.append(facts)
        return Perturbed(torch.stack(found), tuple(notes))

    def _change(self, model: Classifier, x: Tensor, goal: Goal) -> tuple[Tensor, dict[str, Any]]:
        here = x.clone()
        changed = torch.zeros(x.shape[1:], dtype=torch.bool)
        most = min(self.pixels, changed.numel())
        for _ in track(range(most + 1), "trying pixels"):
            gradient, scores = climb(model, here[None], goal, "margin")
            if bool(goal.reached(scores.cpu())[0]) or int(changed.sum()) == most:
                break
            wanted = (gradient[0] > 0).to(x)  # white where brighter helps, black where darker does
            promise = (gradient[0] * (wanted - here)).sum(0).masked_fill(changed, -torch.inf)
            places = promise.flatten().topk(min(self.candidates, promise.numel() - int(changed.sum()))).indices
            tried = here.repeat(len(places), 1, 1, 1)
            tried.flatten(2)[torch.arange(len(places)), :, places] = wanted.flatten(1)[:, places].T
            best = int(_leads(model, tried, goal).argmax())
            here = tried[best]
            changed.view(-1)[places[best]] = True
        here = needed_only(model, x, here, goal)
        return here, {"pixels": int((here != x).any(0).sum())}


def needed_only(model: Classifier, origin: Tensor, attacked: Tensor, goal: Goal) -> Tensor:
    """`attacked` (C, H, W) with every pixel put back to `origin` that the goal does not need.

    In the end none of the changed pixels can go back alone; unchanged where the goal is not reached at all.
    """
    while True:
        places = torch.nonzero((attacked != origin).any(0).flatten())[:, 0]
        if not len(places):
            return attacked
        tried = attacked.repeat(len(places), 1, 1, 1)
        tried.flatten(2)[torch.arange(len(places)), :, places] = origin.flatten(1)[:, places].T
        leads = _leads(model, tried, goal)
        best = int(leads.argmax())
        if leads[best] <= 0:
            return attacked
        attacked = tried[best]


def _leads(model: Classifier, x: Tensor, goal: Goal) -> Tensor:
    """The lead (N,) of each of many versions of one picture."""
    return Goal(goal.classes.expand(len(x)), goal.targeted).lead(scored(model, x))
