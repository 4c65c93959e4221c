"""Normalisation wrong or forgotten: the network would do better, or feel more at home, with other numbers."""

from __future__ import annotations

from collections.abc import ItemsView
from typing import ClassVar

import torch
from torch import Tensor, nn

from seewhy.checks.alternatives import NEGATIVE, Way, ways
from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient, seen_by, shown_to

BETTER = 0.15  # accuracy gained by another normalisation that is worth a warning
FAR = 0.7  # mean distance, in nats a channel, from what the first batch norm is used to
CLOSER = 2.0  # so many times closer another normalisation must be


class Normalisation(Check):
    """Whether the network gets its pictures as it did while it learned."""

    name: ClassVar[str] = "normalisation"
    title: ClassVar[str] = "Normalisation"
    looks: ClassVar[str] = (
        "Would another normalisation make the model right more often, or fit what its batch norm is used to?"
    )
    source: ClassVar[str] = "Schneider et al.: Improving robustness by covariate shift adaptation, NeurIPS 2020"
    link: ClassVar[str] = "https://arxiv.org/abs/2006.16971"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: accuracy by way of normalising where labelled images are known, else distances of batch norm."""
        if patient.known is not None:
            return self._by_accuracy(patient)
        if patient.x is not None and (norm := _first_norm(patient)) is not None:
            return self._by_statistics(patient, norm)
        return self.skipped("Without labelled images, or batch norm and a picture, there is nothing to compare with.")

    def _by_accuracy(self, patient: Patient) -> Outcome:
        model, known = patient.model, patient.known
        assert known is not None
        found = {name: _accuracy(patient, shown_to(model, way(known.x))) for name, (_, way) in _ways(patient)}
        now = _accuracy(patient, known.x)
        best = max(found, key=lambda name: found[name])
        measured = {"accuracy": now, "others": found, "images": len(known.x), "data": known.name}
        if found[best] < now + BETTER:
            return self.fine(
                f"{now:.0%} of {len(known.x)} images of {known.name} right; no other normalisation does better by "
                f"{BETTER:.0%}.",
                **measured,
            )
        return self.warning(
            f"Right for {now:.0%} of {len(known.x)} images of {known.name}, but for {found[best]:.0%} with {best}.",
            ways(model.input_shape[0])[best][0],
            **measured,
        )

    def _by_statistics(self, patient: Patient, norm: str) -> Outcome:
        model, x = patient.model, patient.x
        assert x is not None
        found = {name: _distance(patient, norm, way(x)) for name, (_, way) in _ways(patient) if name != NEGATIVE}
        now = _distance(patient, norm, seen_by(model, x))
        best = min(found, key=lambda name: found[name])
        measured = {"distance": now, "others": found, "layer": norm}
        if now < FAR or now < CLOSER * found[best]:
            return self.fine(
                f"Batch norm {norm!r} meets what it is used to, up to {now:.2g} nats a channel.", **measured
            )
        return self.warning(
            f"Batch norm {norm!r} meets what it is not used to: {now:.2g} nats a channel, with {best} only "
            f"{found[best]:.2g}.",
            ways(model.input_shape[0])[best][0],
            **measured,
        )


def _ways(patient: Patient) -> ItemsView[str, tuple[str, Way]]:
    return ways(patient.model.input_shape[0]).items()


def _accuracy(patient: Patient, x: Tensor) -> float:
    with torch.no_grad():
        guessed = torch.cat([patient.model.scores(part).argmax(1).cpu() for part in x.split(32)])
    assert patient.known is not None
    return float((guessed == patient.known.labels).float().mean())


def _first_norm(patient: Patient) -> str | None:
    """The first batch norm that has seen data, in the order in which layers run."""
    if patient.module is None:
        return None
    parts = dict(patient.module.named_modules())
    for name in patient.model.layers():
        part = parts.get(name)
        if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.running_mean is not None and _taught(part):
            return name
    return None


def _taught(part: nn.modules.batchnorm._BatchNorm) -> bool:
    assert part.running_mean is not None
    assert part.running_var is not None
    return bool(part.running_mean.any()) and not bool((part.running_var == 1).all())


def _distance(patient: Patient, norm: str, inner: Tensor) -> float:
    """How far the layer's input (N, K, …) is from its own mean and variance: KL of Gaussians, median of channels."""
    assert patient.module is not None
    part = patient.module.get_submodule(norm)
    assert isinstance(part, nn.modules.batchnorm._BatchNorm)
    assert part.running_mean is not None
    assert part.running_var is not None
    met: list[Tensor] = []
    handle = part.register_forward_pre_hook(lambda _, given: met.append(given[0].detach().clone()))
    try:
        with torch.no_grad():
            patient.model.scores(shown_to(patient.model, inner))
    finally:
        handle.remove()
    values = met[0].double().transpose(0, 1).flatten(1)
    mean, variance = values.mean(1), values.var(1).clamp(min=1e-12)
    used_mean, used = part.running_mean.double(), part.running_var.double().clamp(min=1e-12)
    ratio = variance / used
    return float(((ratio + (mean - used_mean) ** 2 / used - 1 - ratio.log()) / 2).median())
