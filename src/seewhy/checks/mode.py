"""Train mode: layers that act differently while a network learns than when it is used."""

from __future__ import annotations

import copy
from typing import ClassVar

import torch
from torch import nn

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient, seen_by
from seewhy.explainers.cautions import mode, switching


class Mode(Check):
    """Whether the network came as it is in use."""

    name: ClassVar[str] = "mode"
    title: ClassVar[str] = "Training mode"
    looks: ClassVar[str] = "Dropout and batch norm: are they as they are in use?"
    source: ClassVar[str] = "PyTorch: nn.Module.eval"
    link: ClassVar[str] = "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: the largest difference of a score between the two modes, on a copy."""
        if patient.module is None:
            return self.skipped("The model has no training mode.")
        if mode(patient.model) is None:
            return self.fine("No layer acts as in training.")
        layers = switching(patient.model)
        far = _difference(patient.module, patient)
        told = "" if far is None else f": in this mode its scores are off by up to {far:.3g}"
        return self.warning(
            f"The model is in training mode, where {', '.join(layers[:3])}{' …' * (len(layers) > 3)} act "
            f"differently{told}.",
            "Call model.eval() before using other tools; seewhy explains in eval mode and puts the mode back.",
            layers=layers,
            largest_difference=far,
        )


def _difference(module: nn.Module, patient: Patient) -> float | None:
    """How far scores move between the modes; None where the module cannot be copied."""
    try:
        twin = copy.deepcopy(module)
    except Exception:  # whatever the module's own parts raise
        return None
    x = seen_by(patient.model, patient.gallery)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return float((twin.train()(x) - twin.eval()(x)).abs().max())
