"""How to look for a rule, as a recipe, and the rule with its worth: greedy or an ensemble of greedy runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from seewhy.inference.activations import Activations, LayerUnits
from seewhy.interpolants.base import Counts, Interpolant
from seewhy.interpolants.greedy import Found, Inputs, greedy
from seewhy.interpolants.keys import Key, places_among
from seewhy.interpolants.telling import positives, told
from seewhy.predicates import Bound, Conjunction, Predicate


class Search(BaseModel):
    """Look for bounds on units of a layer that the image satisfies and that predict the conclusion.

    Bayesian interpolants: K. McMillan, 2020, https://arxiv.org/abs/2004.04198.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alpha: float = Field(0.95, ge=0, le=1, description="precision wanted on the sample")
    gamma: float = Field(0.6, gt=0, le=1, description="share of the remaining positives that a bound must keep")
    mu: float = Field(0.9, gt=0, le=1, description="how much that share shrinks with every bound")
    size: int = Field(20_000, ge=1, le=65_536, description="images of each split that are looked at")
    ensemble: int = Field(1, ge=1, le=64, description="runs on random parts of the units, joined by and")
    seed: int = Field(0, ge=0, description="of the random parts")

    def find(
        self, train: Activations, layer: str, conclusion: Predicate, key: Key, cone: NDArray[np.bool_] | None = None
    ) -> tuple[Conjunction, Mapping[str, Any]]:
        """The rule that the sample `train` gives for the images `key`, and notes about the search.

        cone: (U,) the units that may be used, in the order of the layer's rows; all where it is None.

        Raises: ValueError where the conclusion is false for an image of `key` or for every image of the sample.
        """
        units = train.layer(layer)
        candidates = _candidates(units, cone)
        if train.count > self.size:
            raise ValueError(f"a sample of {self.size:,} images was wanted, got {train.count:,}; record that many")
        positive = positives(train, conclusion, key)
        places = places_among(key, units)
        inputs = Inputs(key.units[layer].astype(np.float64), places.below, places.upto)
        runs = [self._run(units, positive, inputs, part) for part in self._parts(candidates)]
        bounds = [Bound(layer, units.unit(p.unit), p.op, p.threshold) for run in runs for p in run.picks]
        steps = [{"gamma": p.gamma, "t": p.t, "f": p.f} for run in runs for p in run.picks]
        premise = Conjunction(tuple(dict.fromkeys(bounds)))
        return premise, {"steps": steps, "candidates": len(candidates), "reached": all(r.reached for r in runs)}

    def learn(
        self,
        train: Activations,
        test: Activations,
        layer: str,
        conclusion: Predicate,
        key: Key,
        cone: NDArray[np.bool_] | None = None,
    ) -> Interpolant:
        """The rule that `find` gives, with what it is worth on both splits; nothing is chosen by the test split."""
        started = time.perf_counter()
        premise, notes = self.find(train, layer, conclusion, key, cone)
        return told(
            premise,
            (train, test),
            layer,
            conclusion,
            key,
            settings=self.model_dump(),
            notes=notes,
            seconds=time.perf_counter() - started,
            unmet=lambda counts: None if notes["reached"] else self._unmet(counts),
        )

    def _unmet(self, train: Counts) -> str:
        share = "n/a" if train.precision is None else f"{train.precision:.1%}"
        return f"alpha not reached: {self.alpha:.0%} precision was wanted on the training images, the best was {share}"

    def _parts(self, candidates: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        """The units of each run: all, or random ones drawn for each run anew."""
        if self.ensemble == 1:
            return [candidates]
        random = np.random.default_rng(self.seed)
        size = max(1, len(candidates) // self.ensemble)
        return [np.sort(random.choice(candidates, size, replace=False)) for _ in range(self.ensemble)]

    def _run(self, units: LayerUnits, positive: NDArray[np.bool_], inputs: Inputs, part: NDArray[np.intp]) -> Found:
        def value_at(unit: int, image: int) -> float:
            return float(units.values[unit, image])

        return greedy(units.ranks, value_at, positive, inputs, part, alpha=self.alpha, gamma=self.gamma, mu=self.mu)


def _candidates(units: LayerUnits, cone: NDArray[np.bool_] | None) -> NDArray[np.intp]:
    if cone is None:
        return np.arange(units.count)
    if cone.shape != (units.count,):
        raise ValueError(f"a cone says for each of {units.count} units whether it may be used, got {cone.shape}")
    if not cone.any():
        raise ValueError(f"no unit of {units.name!r} is seen by the conclusion; choose an earlier layer")
    return np.flatnonzero(cone)
