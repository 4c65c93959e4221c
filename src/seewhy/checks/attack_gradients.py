"""Vanished attack gradients: a loss that rounds to 0 makes a model look as if it could not be fooled."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from seewhy.attacks.base import climb
from seewhy.attacks.goals import Goal
from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient

LOST = 0.5  # of the values without a direction


class AttackGradients(Check):
    """Whether an attack finds a direction for the values of the picture."""

    name: ClassVar[str] = "attack-gradients"
    title: ClassVar[str] = "Vanished attack gradients"
    looks: ClassVar[str] = "What share of the values has gradient exactly 0, by cross-entropy and by the margin?"
    source: ClassVar[str] = "Athalye, Carlini, Wagner: Obfuscated Gradients Give a False Sense of Security, ICML 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1802.00420"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: shares of values with gradient 0 by either loss."""
        if "gradients" not in patient.model.abilities:
            return self.skipped("The model gives no gradients; attacks that need only scores are not concerned.")
        if patient.x is None or patient.prediction is None:
            return self.skipped("There is no picture to attack.")
        goal = Goal(torch.tensor([patient.prediction.index]))
        margin, _ = climb(patient.model, patient.x, goal, "margin")
        plain = _cross_entropy(patient, goal)
        blind, lost = (float((gradient == 0).double().mean()) for gradient in (margin, plain))
        measured = {"margin": blind, "cross_entropy": lost}
        if blind > LOST:
            return self.warning(
                f"{blind:.0%} of the values have no gradient at all, so attacks by gradient cannot move them.",
                "That is not safety: try an attack that needs only scores, such as square.",
                **measured,
            )
        if lost > LOST:
            return self.warning(
                f"Cross-entropy, rounded, has gradient 0 for {lost:.0%} of the values; the margin only for "
                f"{blind:.0%}.",
                "Other tools would call the model safe here; seewhy's losses do not round to 0.",
                **measured,
            )
        return self.fine(f"{1 - lost:.0%} of the values have a direction in which to attack.", **measured)


def _cross_entropy(patient: Patient, goal: Goal) -> Tensor:
    """The gradient of the loss as it is usually written."""
    assert patient.x is not None
    x = patient.x.detach().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(patient.model.scores(x), goal.classes.to(x.device))
        (gradient,) = torch.autograd.grad(loss, x)
    return gradient
