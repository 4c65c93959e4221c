"""DeepFool: step to the nearest border as if the model were linear, until it is crossed."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.attacks.balls import Norm
from seewhy.attacks.base import Attack, Perturbed
from seewhy.attacks.goals import Goal
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches
from seewhy.progress import track

NUDGE = 1e-4  # added to each distance, so that a step does not end on the border itself


class DeepFool(Attack):
    """Find about the smallest change that takes the picture out of its class.

    Around the picture the model is taken for linear: then the nearest border to another class is known, and so is the
    step that reaches it. Repeated from where the step led, until the class is another one.
    """

    name: ClassVar[str] = "deepfool"
    title: ClassVar[str] = "DeepFool"
    formula: ClassVar[str] = (
        "<math display='block'><mi>r</mi><mo>=</mo><mfrac><mrow><mo>|</mo><msub><mi>f</mi><mi>k</mi></msub><mo>−</mo>"
        "<msub><mi>f</mi><mi>y</mi></msub><mo>|</mo></mrow><msubsup><mrow><mo>‖</mo><mi>w</mi><mo>‖</mo></mrow>"
        "<mn>2</mn><mn>2</mn></msubsup></mfrac><mi>w</mi><mo>,</mo><mspace width='1em'></mspace><mi>w</mi><mo>=</mo>"
        "<mo>∇</mo><msub><mi>f</mi><mi>k</mi></msub><mo>−</mo><mo>∇</mo><msub><mi>f</mi><mi>y</mi></msub></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "It stops just behind the border: the new answer is as unsure as can be.",
        "The change it finds is small, not the smallest; the true distance to the border can be less.",
    )
    source: ClassVar[str] = "Moosavi-Dezfooli, Fawzi, Frossard: DeepFool, 2016"
    link: ClassVar[str] = "https://arxiv.org/abs/1511.04599"

    norm: Norm = Field("l2", description="what is measured: the Euclidean length, or the largest change of a value")
    steps: int = Field(50, ge=1, le=1000, description="steps at most")
    candidates: int = Field(10, ge=2, description="how many of the likeliest classes it looks towards")
    overshoot: float = Field(0.02, ge=0, le=1, description="how far it goes beyond the border, as a share of the way")

    def perturb(self, model: Classifier, x: Tensor, goal: Goal) -> Perturbed:
        """Steps are added up from the picture; one that is over the border stays where it is."""
        found, notes = [], []
        for batch in track(list(in_batches(len(x), batch_size(x))), "stepping to the border"):
            chosen = torch.tensor(list(batch))
            attacked, steps = self._cross(model, x[chosen], goal[chosen])
            found.append(attacked)
            notes += [{"steps": int(count)} for count in steps]
        return Perturbed(torch.cat(found), tuple(notes))

    def _cross(self, model: Classifier, x: Tensor, goal: Goal) -> tuple[Tensor, Tensor]:
        here, total = x.clone(), torch.zeros_like(x)
        steps = torch.zeros(len(x), dtype=torch.long)
        going, rivals = torch.arange(len(x)), None
        for _ in range(self.steps):
            leaf = here[going].detach().requires_grad_()
            with torch.enable_grad():
                scores = model.scores(leaf)
                if rivals is None:
                    rivals = self._rivals(scores.detach(), goal)
                behind = ~goal[going].reached(scores.detach().cpu())
                if not behind.any():
                    break
                gaps = self._gaps(scores, goal[going], rivals[going])
                slopes = [torch.autograd.grad(gap.sum(), leaf, retain_graph=True)[0] for gap in gaps.T]
            going, gaps = going[behind], gaps.detach()[behind]
            change = self._step(gaps, torch.stack(slopes, 1)[behind])
            total[going] += change
            here[going] = (x[going] + (1 + self.overshoot) * total[going]).clamp(0, 1)
            steps[going] += 1
        return here, steps

    def _rivals(self, scores: Tensor, goal: Goal) -> Tensor:
        """The classes (N, R) it looks towards: the likeliest others, or the one to reach."""
        if goal.targeted:
            return goal.classes[:, None].to(scores.device)
        own = torch.zeros_like(scores, dtype=torch.bool).scatter_(1, goal.classes[:, None].to(scores.device), True)
        count = min(self.candidates, scores.shape[1]) - 1
        return scores.masked_fill(own, -torch.inf).topk(count, dim=1).indices

    def _gaps(self, scores: Tensor, goal: Goal, rivals: Tensor) -> Tensor:
        """How far each rival (N, R) is ahead of the class to leave; ahead of the best other one, if it is the goal."""
        if goal.targeted:
            return goal.lead(scores)[:, None]
        return scores.gather(1, rivals) - scores.gather(1, goal.classes[:, None].to(scores.device))

    def _step(self, gaps: Tensor, slopes: Tensor) -> Tensor:
        """The shortest of the steps that reach a border; gaps (N, R), slopes (N, R, C, H, W)."""
        flat = slopes.flatten(2)
        steepness = (flat.norm(dim=2) if self.norm == "l2" else flat.abs().sum(2)) + 1e-8
        distances = gaps.abs() / steepness
        nearest = distances.argmin(1)
        rows = torch.arange(len(gaps))
        distance = distances[rows, nearest] + NUDGE
        slope = slopes[rows, nearest]
        direction = slope / steepness[rows, nearest].reshape(-1, 1, 1, 1) if self.norm == "l2" else slope.sign()
        return distance.reshape(-1, 1, 1, 1) * direction
