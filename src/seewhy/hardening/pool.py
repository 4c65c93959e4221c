"""Rubbish that climbs on against the model while the model learns: shown today, harder tomorrow."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seewhy.attacks.goals import Goal
from seewhy.attacks.materials import materials
from seewhy.attacks.rubbish_many import uphill
from seewhy.classifiers.base import Classifier
from seewhy.hardening.recipe import Hardening

DEEP = 4  # for each piece shown at a step, so many wait in the pool


class Pool:
    """Parts of rubbish of every form, with the class that each climbs towards."""

    def __init__(self, recipe: Hardening, model: Classifier) -> None:
        self._recipe = recipe
        self._shape, self._classes = model.input_shape, len(model.labels)
        self._materials = materials(recipe.pixels, recipe.strokes)
        self._share = -(-recipe.rubbish // len(self._materials))
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.parts = {
            name: made.thrown(DEEP * self._share, self._shape, self.generator) for name, made in self._materials.items()
        }
        self.targets = {name: self._aims(DEEP * self._share) for name in self._materials}

    def next(self, model: Classifier) -> Tensor:
        """Some of every form, a few steps harder than they were, (N, C, H, W)."""
        if not self._share:
            return torch.empty(0, *self._shape)
        return torch.cat([self._climbed(name, model) for name in self._materials])

    def state(self) -> dict[str, Any]:
        """All that must be saved to go on from here, as tensors."""
        return {"parts": self.parts, "targets": self.targets, "chance": self.generator.get_state()}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.parts, self.targets = dict(state["parts"]), dict(state["targets"])
        self.generator.set_state(state["chance"])

    def _climbed(self, name: str, model: Classifier) -> Tensor:
        material, chosen = self._materials[name], self._chosen()
        parts, aims = self.parts[name][chosen], self.targets[name][chosen]
        for _ in range(self._recipe.climb):
            _, _, slope = uphill(model, material, parts, Goal(aims, targeted=True))
            parts = material.moved(parts, slope, self._recipe.pace, self.generator)
        shown = material.shown(parts, self._shape)
        tired = torch.rand(len(chosen), generator=self.generator) < self._recipe.renew
        fresh = material.thrown(len(chosen), self._shape, self.generator)
        self.parts[name][chosen] = torch.where(tired.reshape(-1, *[1] * (parts.ndim - 1)), fresh, parts)
        self.targets[name][chosen] = torch.where(tired, self._aims(len(chosen)), aims)
        return shown

    def _chosen(self) -> Tensor:
        return torch.randperm(DEEP * self._share, generator=self.generator)[: self._share]

    def _aims(self, count: int) -> Tensor:
        return torch.randint(self._classes, (count,), generator=self.generator)
