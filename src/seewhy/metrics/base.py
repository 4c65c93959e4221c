"""What every metric is: a frozen recipe with one verb, `measure`; knows no explainer and no screen."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from seewhy.classifiers.base import Ability, Classifier
from seewhy.metrics.chance import random_maps
from seewhy.metrics.results import Better, Curve, Measurement
from seewhy.targets import ClassScore


class Answer(Protocol):
    """What a recipe gives: `values` (N, H, W)."""

    @property
    def values(self) -> Tensor: ...


class Recipe(Protocol):
    """What made the map, for metrics that ask it again: any explainer with its settings."""

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Answer: ...


@dataclass(frozen=True)
class Case:
    """The picture x (1, C, H, W) that maps are about, with all that is known of it.

    mask: (H, W), True where the evidence truly is. recipe: what made the map. others: (K, H, W), other methods' maps.
    baseline: (1, C, H, W), the picture that the map compares with, where it does.
    """

    model: Classifier
    x: Tensor
    target: ClassScore
    mask: Tensor | None = None
    recipe: Recipe | None = None
    others: Tensor | None = None
    baseline: Tensor | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return int(self.x.shape[2]), int(self.x.shape[3])


@dataclass(frozen=True)
class Scores:
    """What `score` gives for M maps.

    values: (M,) float64; shares: (P,) and curves: (M, P) where the values are areas under curves; notes: plain facts.
    """

    values: Tensor
    shares: Tensor | None = None
    curves: Tensor | None = None
    notes: dict[str, Any] = field(default_factory=dict)


class Metric(BaseModel, ABC):
    """A way to judge maps, with its settings; every score comes with those of random maps that are as smooth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[Ability] = "scores"
    needs_mask: ClassVar[bool] = False  # True where the true place of the evidence must be known
    needs_recipe: ClassVar[bool] = False  # True where what made the map is asked again
    needs_others: ClassVar[bool] = False  # True where the map is held against those of other methods
    better: ClassVar[Better]
    unit: ClassVar[str]
    over: ClassVar[str] = "share of the pixels"  # what a curve runs along, where there is one
    formula: ClassVar[str]  # MathML
    limits: ClassVar[tuple[str, ...]]
    source: ClassVar[str]
    link: ClassVar[str]

    maps: int = Field(
        20,
        ge=2,
        le=1000,
        description="how many random maps tell the level of chance; from 19 on they can tell it from luck",
    )
    seed: int = Field(0, ge=0, lt=2**32, description="the random maps and draws are the same for the same seed")

    @abstractmethod
    def score(self, case: Case, maps: Tensor) -> Scores:
        """Judge `maps` (M, H, W) or (M, C, H, W) of one picture; each as if it were alone."""

    def measure(
        self,
        model: Classifier,
        x: Tensor,
        target: ClassScore,
        values: Tensor | NDArray[Any],
        mask: Tensor | NDArray[Any] | None = None,
        recipe: Recipe | None = None,
        others: Sequence[Tensor | NDArray[Any]] = (),
        baseline: Tensor | None = None,
    ) -> Measurement:
        """Judge one map, beside random maps that are as smooth.

        x: (1, C, H, W) or (C, H, W) in [0, 1]; values: the map, raw and signed, (H, W) or (C, H, W);
        mask: (H, W), where the evidence truly is; recipe: what made the map; others: what other methods gave;
        baseline: (1, C, H, W), what the map was compared with.

        Raises: TypeError where the model lacks what the metric needs, ValueError for a bad map or a missing mask.
        """
        case = self.case(model, x, target, mask, recipe, others, baseline)
        started = time.perf_counter()
        own, chance = self.beside_chance(case, as_map(values, case.size))
        curve = None
        if own.shares is not None and own.curves is not None and chance.curves is not None:
            curve = Curve(_array(own.shares), _array(own.curves[0]), _array(chance.curves), self.over)
        return Measurement(
            metric=self.name,
            title=self.title,
            value=float(own.values[0]),
            chances=_array(chance.values),
            better=self.better,
            unit=self.unit,
            settings=self.model_dump(mode="json"),
            curve=curve,
            seconds=time.perf_counter() - started,
            notes={"warnings": [], **own.notes},
        )

    def measure_many(
        self,
        model: Classifier,
        x: Tensor,
        target: ClassScore,
        maps: Tensor | NDArray[Any],
        mask: Tensor | NDArray[Any] | None = None,
        recipe: Recipe | None = None,
        others: Sequence[Tensor | NDArray[Any]] = (),
        baseline: Tensor | None = None,
    ) -> NDArray[np.float64]:
        """The bare scores (M,) of `maps` (M, H, W) or (M, C, H, W) of one picture, in one go; raises as `measure`."""
        case = self.case(model, x, target, mask, recipe, others, baseline)
        return _array(self.score(case, torch.stack([as_map(one, case.size) for one in maps])).values)

    def case(
        self,
        model: Classifier,
        x: Tensor,
        target: ClassScore,
        mask: Tensor | NDArray[Any] | None = None,
        recipe: Recipe | None = None,
        others: Sequence[Tensor | NDArray[Any]] = (),
        baseline: Tensor | None = None,
    ) -> Case:
        """The picture with what is known of it, checked; raises as `measure`."""
        if (refusal := self.refusal(model)) is not None:
            raise TypeError(refusal)
        x = (x if x.ndim == 4 else x[None]).detach()
        model.check_input(x)
        if len(x) != 1:
            raise ValueError(f"a map is about one picture, got {len(x)}; measure them one after the other")
        if self.needs_mask and mask is None:
            raise ValueError(f"{self.title} needs to know where the evidence truly is; pass mask=, (H, W) of 0 and 1")
        if self.needs_recipe and recipe is None:
            raise ValueError(f"{self.title} asks the explainer again; pass the recipe that made the map")
        if self.needs_others and not len(others):
            raise ValueError(f"{self.title} holds the map against others; pass others=, maps of the same picture")
        size = (int(x.shape[2]), int(x.shape[3]))
        maps = flat(torch.stack([as_map(one, size) for one in others])) if len(others) else None
        if baseline is not None:
            model.check_input(baseline)
        return Case(model, x, target, None if mask is None else _as_mask(mask, size), recipe, maps, baseline)

    def beside_chance(self, case: Case, values: Tensor) -> tuple[Scores, Scores]:
        """The scores of the map `values`, and of random maps that are as smooth; all go through the model together."""
        both = self.score(case, torch.cat([values[None], random_maps(values, self.maps, self.seed)]))
        parts = (slice(0, 1), slice(1, None))
        one, others = (
            Scores(both.values[part], both.shares, None if both.curves is None else both.curves[part], both.notes)
            for part in parts
        )
        return one, others

    @classmethod
    def refusal(cls, model: Classifier) -> str | None:
        """Why this metric cannot judge maps of `model`, in one sentence; None where it can."""
        if cls.needs in model.abilities:
            return None
        return f"{cls.title} needs {cls.needs}, which {model.name} does not give; use a metric that needs only scores"


def flat(maps: Tensor) -> Tensor:
    """The maps (M, H, W) with their channels added up."""
    return maps.sum(1) if maps.ndim == 4 else maps


def as_map(values: Any, size: tuple[int, int]) -> Tensor:
    """A map (H, W) or (C, H, W) in double precision; ValueError where it is not of `size`, or not finite."""
    found = torch.as_tensor(values).detach().cpu().double()
    if found.ndim not in (2, 3) or tuple(found.shape[-2:]) != size:
        raise ValueError(f"a map must be (H, W) or (C, H, W) like its picture, {size}, got {tuple(found.shape)}")
    if not torch.isfinite(found).all():
        raise ValueError("map values must be finite, got NaN or infinity; check the model's gradients")
    return found


def _as_mask(mask: Any, size: tuple[int, int]) -> Tensor:
    found = torch.as_tensor(mask).detach().cpu()
    if tuple(found.shape) != size:
        raise ValueError(f"a mask must be (H, W) like its picture, {size}, got {tuple(found.shape)}")
    found = found > 0
    if not found.any() or found.all():
        raise ValueError("a mask must mark a part of the picture, got none or all of it; mark where the evidence is")
    return found


def _array(tensor: Tensor) -> NDArray[np.float64]:
    array: NDArray[np.float64] = tensor.detach().cpu().double().numpy()
    return array
