"""Rubbish by the hundred: for every class, in every form, all of one form climbing at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from seewhy.attacks.goals import Goal
from seewhy.attacks.materials import Material, materials
from seewhy.attacks.resemblance import KnownImages
from seewhy.attacks.rubbish import Form
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches
from seewhy.progress import track
from seewhy.shares import wilson

EXAMPLES = 32  # real pictures of a class whose maps guide one piece of rubbish


@dataclass(frozen=True)
class Rubbish:
    """What came of it, form by form and class by class.

    images: (N, C, H, W) in [0, 1]; forms: (N,) names; targets: (N,) the class each was made for; probabilities: (N,)
    how sure the model is of that class. alike: (N,) whether real pictures of the class look so, which makes it none.
    """

    images: NDArray[np.float32] = field(repr=False)
    forms: NDArray[np.str_] = field(repr=False)
    targets: NDArray[np.int64] = field(repr=False)
    probabilities: NDArray[np.float64] = field(repr=False)
    alike: NDArray[np.bool_] = field(repr=False)
    settings: Mapping[str, Any]

    @property
    def accepted(self) -> NDArray[np.bool_]:
        """Which of them mean nothing, and the model is as sure as was asked for, (N,)."""
        enough = float(self.settings["confidence"])
        return (self.probabilities >= enough) & ~self.alike

    def describe(self) -> dict[str, Any]:
        """How many were accepted, by form and in all, with 95 % intervals, as plain data."""
        names = dict.fromkeys(self.forms.tolist())
        return {name: self._counted(self.forms == name) for name in names} | {
            "all": self._counted(np.ones(len(self.forms), bool))
        }

    def _counted(self, chosen: NDArray[np.bool_]) -> dict[str, Any]:
        made, accepted = int((chosen & ~self.alike).sum()), int((chosen & self.accepted).sum())
        return {
            "made": made,
            "accepted": accepted,
            "share": accepted / made if made else None,
            "interval": list(wilson(accepted, made) or (0.0, 1.0)),
            "mean": float(self.probabilities[chosen & ~self.alike].mean()) if made else None,
            "alike": int((chosen & self.alike).sum()),
        }


class ManyRubbish(BaseModel):
    """Make rubbish for every class in every form, all with the same number of steps, and see how much is accepted.

    The measure of how far a model can be fooled so: unlike `RubbishImage`, which tries until one picture works, each
    piece here has one start and the same budget, so that two models can be compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    forms: tuple[Form, ...] = Field(
        ("pixels", "strokes", "smooth", "noise", "guided"), min_length=1, description="what they are made of"
    )
    each: int = Field(4, ge=1, le=1000, description="pieces for every class in every form")
    pixels: int = Field(12, ge=1, le=1000, description="how many pixels may be lit, in pixels and guided")
    strokes: int = Field(3, ge=1, le=100, description="how many strokes there are")
    steps: int = Field(60, ge=1, le=2000, description="steps of the climb")
    confidence: float = Field(0.9, gt=0, lt=1, description="how sure the model must be to count as fooled")
    seed: int = Field(0, ge=0, lt=2**32, description="of everything random")

    def __call__(self, model: Classifier, known: KnownImages | None = None, classes: int = 50) -> Rubbish:
        """Rubbish for the first `classes` classes of `model`.

        known: real images; what they resemble counts as no rubbish, and the form "guided" starts from their maps:
        without them it is left out.

        Raises: TypeError where the model gives no gradients.
        """
        if "gradients" not in model.abilities:
            raise TypeError(f"rubbish by the hundred needs gradients, which {model.name} does not give; make it singly")
        wanted = np.repeat(np.arange(min(classes, len(model.labels))), self.each)
        found: list[Tensor] = []
        names = [form for form in self.forms if known is not None or form != "guided"]
        for number, form in enumerate(names):
            generator = torch.Generator().manual_seed(self.seed * 1_009 + number)
            if form == "guided" and known is not None:
                found.append(self._guided(model, known, wanted, generator))
            else:
                found.append(self._climbed(model, self._materials[form], torch.from_numpy(wanted), generator))
        x, targets = torch.cat(found), np.tile(wanted, len(names))
        alike = np.zeros(len(x), bool) if known is None else known.classes(x.numpy()) == targets
        return Rubbish(
            images=x.numpy(),
            forms=np.repeat(np.array(names), len(wanted)),
            targets=targets,
            probabilities=_sureness(model, x, torch.from_numpy(targets)),
            alike=alike,
            settings=self.model_dump(mode="json"),
        )

    @property
    def _materials(self) -> dict[str, Material]:
        return materials(self.pixels, self.strokes)

    def _climbed(self, model: Classifier, material: Material, targets: Tensor, generator: torch.Generator) -> Tensor:
        """The best picture of each climb, (N, C, H, W)."""
        size, found = batch_size(torch.empty(model.input_shape)), []
        for rows in in_batches(len(targets), size):
            goal = Goal(targets[list(rows)], targeted=True)
            parts = material.thrown(len(rows), model.input_shape, generator)
            best = material.shown(parts, model.input_shape).clone()
            lead = torch.full((len(rows),), -torch.inf)
            for step in track(range(self.steps + 1), f"making rubbish of {material.name}"):
                x, losses, slope = uphill(model, material, parts, goal)
                better = losses > lead
                best[better], lead[better] = x[better], losses[better]
                if step < self.steps:
                    parts = material.moved(parts, slope, 1 / self.steps, generator)
            found.append(best)
        return torch.cat(found)

    def _guided(
        self, model: Classifier, known: KnownImages, wanted: NDArray[np.int64], generator: torch.Generator
    ) -> Tensor:
        """The pixels that speak most for a class in some real pictures of it, by gradient × input on average."""
        black = torch.zeros(len(wanted), *model.input_shape)
        for row, target in enumerate(track(wanted.tolist(), "making rubbish of guided")):
            examples = torch.from_numpy(known.of_class(target, 10 * EXAMPLES))
            if not len(examples):
                continue
            chosen = examples[torch.randperm(len(examples), generator=generator)[:EXAMPLES]].requires_grad_()
            with torch.enable_grad():
                goal = Goal(torch.full((len(chosen),), target), targeted=True)
                loss = goal.loss(model.scores(chosen), "cross-entropy").sum()
                (slope,) = torch.autograd.grad(loss, chosen)
            evidence = (slope * chosen.detach()).mean(0).sum(0).flatten()
            black[row].flatten(1)[:, evidence.topk(min(self.pixels, len(evidence))).indices] = 1.0
        return black


def uphill(model: Classifier, material: Material, parts: Tensor, goal: Goal) -> tuple[Tensor, Tensor, Tensor]:
    """The pictures (N, C, H, W), log p / (1 − p) of the goal's class (N,), and its gradient by the parts."""
    leaf = parts.detach().clone().requires_grad_()
    with torch.enable_grad():
        x = material.shown(leaf, model.input_shape)
        losses = goal.loss(model.scores(x), "cross-entropy")
        (slope,) = torch.autograd.grad(losses.sum(), leaf)
    return x.detach(), losses.detach(), slope


def _sureness(model: Classifier, x: Tensor, targets: Tensor) -> NDArray[np.float64]:
    found = []
    with torch.no_grad():
        for rows in in_batches(len(x), batch_size(x)):
            chances = model.scores(x[list(rows)]).cpu().double().softmax(1)
            found.append(chances.gather(1, targets[list(rows), None])[:, 0])
    return torch.cat(found).numpy()
