"""What every attack is: a frozen recipe with one verb, `perturb`; knows no screen."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from seewhy.attacks.goals import Goal, Loss
from seewhy.attacks.results import Adversarial, Curve
from seewhy.classifiers.base import Ability, Classifier
from seewhy.classifiers.labels import index_of
from seewhy.inference.batches import scored

POINTS = 33  # of a confidence curve


@dataclass(frozen=True)
class Perturbed:
    """What `perturb` gives for N images.

    x: (N, C, H, W) in [0, 1]; notes: one dictionary of plain facts an image.
    direction: (N, C, H, W), where x is just clip(image + epsilon · direction); the confidence curve goes along it.
    """

    x: Tensor
    notes: tuple[dict[str, Any], ...] = field(default=())
    direction: Tensor | None = None

    def note(self, index: int) -> dict[str, Any]:
        """The facts of one image."""
        return self.notes[index] if self.notes else {}


class Attack(BaseModel, ABC):
    """A way to fool a model, with its settings; epsilon is in units of [0, 1], 1/255 is one step of an 8-bit pixel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[Ability] = "gradients"
    dense: ClassVar[bool] = True  # False where it means to leave most pixels as they are
    formula: ClassVar[str]  # MathML
    limits: ClassVar[tuple[str, ...]]
    source: ClassVar[str]
    link: ClassVar[str]

    @abstractmethod
    def perturb(self, model: Classifier, x: Tensor, goal: Goal) -> Perturbed:
        """Change each image of `x` (N, C, H, W) so that `goal` is reached; each as if it were alone."""

    @property
    def radius(self) -> float | None:
        """How far from the image the attack may go; None where it looks for the nearest way out itself."""
        return getattr(self, "epsilon", None)

    def __call__(
        self, model: Classifier, image: Any, label: int | str | None = None, target: int | str | None = None
    ) -> Adversarial:
        """Attack one picture of any kind.

        label: the true class, where it is known (the loss is of it, as in the papers); else the predicted one.
        target: a class to reach; without one, any other class will do.

        Raises: TypeError where the model lacks what the attack needs, ValueError and LookupError for a bad picture or
        class.
        """
        refusal = self.refusal(model)
        if refusal:
            raise TypeError(refusal)
        x = model.prepare(image)
        before = model.predict_batch(x)[0]
        true = before.index if label is None else index_of(label, model.labels)
        wanted = None if target is None else index_of(target, model.labels)
        if wanted == true:
            raise ValueError(f"the picture already counts as {model.labels[true]!r}; choose another class to reach")
        goal = Goal(torch.tensor([true if wanted is None else wanted]), targeted=wanted is not None)
        started = time.perf_counter()
        found = self.perturb(model, x, goal)
        seconds = time.perf_counter() - started
        moved = float((found.x != x).float().mean())
        with torch.no_grad():
            reached = bool(goal.reached(model.scores(found.x).cpu())[0])
        return Adversarial(
            image=x[0].cpu().numpy(),
            adversarial=found.x[0].detach().cpu().numpy(),
            before=before,
            after=model.predict_batch(found.x)[0],
            success=reached,
            label=true,
            target=wanted,
            model=model.name,
            attack=self.name,
            title=self.title,
            settings=self.model_dump(mode="json"),
            radius=self.radius,
            seconds=seconds,
            curve=self.curve(model, x, found, goal),
            direction=self.way(x, found)[1][0].detach().cpu().numpy(),
            notes=found.note(0) | {"moved": moved, "warnings": self._warnings(moved, before.index, true)},
            fingerprint=model.fingerprint,
        )

    def curve(self, model: Classifier, x: Tensor, found: Perturbed, goal: Goal) -> Curve:
        """The model's belief on the way from the image in the attack's direction, in one batch.

        The way goes twice as far as the attack did; each point is clipped to [0, 1].
        """
        reach, direction = self.way(x, found)
        epsilons = torch.linspace(0, 2 * reach, POINTS)
        points = (x + epsilons.to(x).reshape(-1, 1, 1, 1) * direction).clamp(0, 1)
        scores = scored(model, points)
        everywhere = Goal(goal.classes.cpu().expand(POINTS), goal.targeted)
        return Curve.of(epsilons.numpy(), scores.numpy(), everywhere.reached(scores).numpy())

    def way(self, x: Tensor, found: Perturbed) -> tuple[float, Tensor]:
        """How far the attack went, and its direction (N, C, H, W): the attacked picture is x + reach · direction."""
        reach = float((found.x - x).abs().amax()) if self.radius is None else self.radius
        return reach, (found.x - x) / max(reach, 1e-12) if found.direction is None else found.direction

    def _warnings(self, moved: float, believed: int, true: int) -> list[str]:
        """What a reader must know before believing the outcome; `moved` is the share of the values that changed."""
        warnings = []
        if moved == 0 and believed == true:
            warnings.append("No pixel moved: no gradient reaches the picture, or it has no room. That is not safety.")
        elif self.dense and moved < 0.5:
            warnings.append(f"Only {moved:.0%} of the values moved; the others have no gradient or no room.")
        if believed != true:
            warnings.append("The model is wrong about this picture before any attack.")
        return warnings

    @classmethod
    def refusal(cls, model: Classifier) -> str | None:
        """Why this attack cannot work on `model`, in one sentence; None where it can."""
        if cls.needs in model.abilities:
            return None
        return f"{cls.title} needs gradients, which {model.name} does not give; use an attack that needs only scores"


def climb(model: Classifier, x: Tensor, goal: Goal, loss: Loss) -> tuple[Tensor, Tensor]:
    """The gradient (N, C, H, W) of the loss for each image alone, and the scores (N, K) on the way."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        scores = model.scores(x)
        (gradient,) = torch.autograd.grad(goal.loss(scores, loss).sum(), x)
    return gradient, scores.detach()
