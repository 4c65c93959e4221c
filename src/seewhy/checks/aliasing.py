"""Aliasing by in-place layers: what a hook kept is overwritten by the layer that follows."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, ClassVar

import torch
from torch import Tensor

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient
from seewhy.explainers.layers import default_layer


class Aliasing(Check):
    """Whether the layer that is explained keeps its output."""

    name: ClassVar[str] = "aliasing"
    title: ClassVar[str] = "In-place layers"
    looks: ClassVar[str] = "Is the output of the layer that maps are drawn from overwritten by what follows it?"
    source: ClassVar[str] = "PyTorch, issue 61519; Captum, issue 914"
    link: ClassVar[str] = "https://github.com/pytorch/pytorch/issues/61519"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: the layers whose output is overwritten, and by how much that of the explained layer changes."""
        if patient.module is None:
            return self.skipped("The model runs no torch layers of its own.")
        layer = getattr(patient.recipe, "layer", None) or default_layer(patient.model)
        changed = overwritten(patient)
        if layer is None or layer not in changed:
            others = f"; {len(changed)} other layers are overwritten in place" if changed else ""
            kept = "No layer is chosen" if layer is None else f"Layer {layer!r} keeps its output"
            return self.fine(f"{kept}{others}.", layers=list(changed), layer=layer)
        return self.warning(
            f"The output of layer {layer!r} is overwritten in place by what follows, by up to {changed[layer]:.3g}.",
            "Hooks of other tools see the overwritten values; seewhy keeps a copy, so its maps are right. "
            "Use inplace=False.",
            layers=list(changed),
            layer=layer,
        )


def overwritten(patient: Patient) -> dict[str, float]:
    """The layers whose output changes after they have run, and by how much at most."""
    assert patient.module is not None
    kept: dict[str, tuple[Tensor, Tensor]] = {}

    def keeping(name: str) -> Any:
        def hook(_module: object, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.is_floating_point():
                kept[name] = (output, output.detach().clone())

        return hook

    with ExitStack() as stack, torch.no_grad():
        for name, part in patient.module.named_modules():
            if name:
                stack.callback(part.register_forward_hook(keeping(name)).remove)
        patient.model.scores(patient.gallery[:2])
    return {name: float((now - then).abs().max()) for name, (now, then) in kept.items() if not torch.equal(now, then)}
