"""A beam search for rules: several half-built rules grow side by side, each judged by how far it can be trusted.

The greedy search takes at each step the bound that leaves the smallest share of negatives, however few images are
left. Here a rule is judged by the lower end of its training precision's interval, so that of two equally precise rules
the one that more images show is better, and thresholds are tried at several shares of the positives. The interval is
wider than usual, since the best of tens of thousands of bounds owes much of its precision to chance.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from seewhy.inference.activations import Activations, LayerUnits
from seewhy.interpolants import rows
from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.keys import Key, places_among
from seewhy.interpolants.refine import lower_end
from seewhy.interpolants.rows import Places
from seewhy.interpolants.telling import positives, told
from seewhy.predicates import Bound, Conjunction, Op, Predicate


class Candidate(NamedTuple):
    """A rule that the beam met: `hits` of the `n` training images that satisfy it have the conclusion.

    trust: the lower end of the precision's interval.
    """

    bounds: tuple[Bound, ...]
    hits: int
    n: int
    trust: float


class Beam(BaseModel):
    """Look for short rules that many images show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trust: float = Field(0.9, gt=0, lt=1, description="lower end of the training precision's interval that is wanted")
    confidence: float = Field(0.999, gt=0.5, lt=1, description="of that interval")
    width: int = Field(4, ge=1, le=64, description="half-built rules that are kept at each step")
    shares: tuple[float, ...] = Field(
        (0.8, 0.7, 0.6, 0.5, 0.4), min_length=1, description="shares of the remaining positives that a bound may keep"
    )
    longest: int = Field(6, ge=1, le=20, description="the most bounds")

    def find(
        self, train: Activations, layer: str, conclusion: Predicate, key: Key, cone: NDArray[np.bool_] | None = None
    ) -> tuple[Candidate, ...]:
        """Every rule that the beam kept, the shortest first, until one is trusted enough or the longest were met.

        cone: (U,) the units that may be used, in the order of the layer's rows; all where it is None.

        Raises: ValueError where the conclusion is false for an image of `key` or for every training image.
        """
        positive = positives(train, conclusion, key)
        grower = _Grower(self, train.layer(layer), key, cone)
        states = [_State((), np.flatnonzero(positive), np.flatnonzero(~positive))]
        found: list[Candidate] = []
        for _ in range(self.longest):
            states = grower.grown(states)
            level = [grower.candidate(state) for state in states]
            found += level
            if not level or max(candidate.trust for candidate in level) >= self.trust:
                break
        return tuple(found)

    def learn(
        self,
        train: Activations,
        test: Activations,
        layer: str,
        conclusion: Predicate,
        key: Key,
        cone: NDArray[np.bool_] | None = None,
    ) -> Interpolant:
        """The most trusted rule that was found; nothing is chosen by the test split."""
        started = time.perf_counter()
        found = self.find(train, layer, conclusion, key, cone)
        best = max(found, key=lambda candidate: candidate.trust, default=Candidate((), 0, 1, 0.0))
        return _told(self, best, train, test, layer, conclusion, key, time.perf_counter() - started, len(found))

    def front(
        self,
        train: Activations,
        test: Activations,
        layer: str,
        conclusion: Predicate,
        key: Key,
        cone: NDArray[np.bool_] | None = None,
    ) -> tuple[Interpolant, ...]:
        """The rules than which none found is at once as short, as precise and as complete on the training images."""
        started = time.perf_counter()
        found = front(self.find(train, layer, conclusion, key, cone))
        seconds = time.perf_counter() - started
        return tuple(_told(self, each, train, test, layer, conclusion, key, seconds, len(found)) for each in found)


def front(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Those that no other beats in size, precision or hits without losing in another; the shortest first."""
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda c: (len(c.bounds), -c.hits / c.n, -c.hits)):
        if not any(c.hits * one.n >= one.hits * c.n and c.hits >= one.hits for c in kept):
            kept.append(one)
    return tuple(kept)


@dataclass(frozen=True)
class _State:
    """A half-built rule: (unit, op, rank) of its bounds, and the images that satisfy it."""

    picks: tuple[tuple[int, Op, int], ...]
    pos: Places
    neg: Places

    @property
    def n(self) -> int:
        return len(self.pos) + len(self.neg)


class _Step(NamedTuple):
    """One bound more for a state, and how far that could be trusted."""

    trust: float
    state: _State
    unit: int
    op: Op
    rank: int


class _Grower:
    """Makes rules longer by one bound."""

    def __init__(self, beam: Beam, layer: LayerUnits, key: Key, cone: NDArray[np.bool_] | None) -> None:
        self.beam, self.layer = beam, layer
        self.z = NormalDist().inv_cdf((1 + beam.confidence) / 2)
        self.units = np.arange(layer.count) if cone is None else np.flatnonzero(cone)
        self.ranks = np.asarray(layer.ranks)
        places = places_among(key, layer)
        self.below, self.upto = places.below.min(0).astype(np.int64), places.upto.max(0).astype(np.int64)
        own = key.units[layer.name].astype(np.float64)
        self.own = {">=": own.min(0), "<=": own.max(0)}

    def grown(self, states: list[_State]) -> list[_State]:
        """The most trusted rules that are one bound longer; of those that hold for the same images, one."""
        steps = sorted((step for state in states for step in self._steps(state)), key=lambda step: -step.trust)
        found: dict[bytes, _State] = {}
        for step in steps:
            row = self.ranks[step.unit]
            holds = row >= step.rank if step.op == ">=" else row <= step.rank
            pos, neg = step.state.pos[holds[step.state.pos]], step.state.neg[holds[step.state.neg]]
            if len(neg) + len(pos) < step.state.n:
                longer = _State((*step.state.picks, (step.unit, step.op, step.rank)), pos, neg)
                found.setdefault(np.concatenate([pos, neg]).tobytes(), longer)
            if len(found) == self.beam.width:
                break
        return list(found.values())

    def candidate(self, state: _State) -> Candidate:
        """The state as a rule."""
        trust = lower_end(len(state.pos), state.n, self.z)
        return Candidate(self.bounds(state), len(state.pos), state.n, float(trust))

    def bounds(self, state: _State) -> tuple[Bound, ...]:
        """The state's bounds with the values behind their ranks."""
        return tuple(self._bound(unit, op, rank) for unit, op, rank in state.picks)

    def _bound(self, unit: int, op: Op, rank: int) -> Bound:
        own = float(self.own[op][unit])
        same = np.flatnonzero(self.ranks[unit] == rank)
        value = float(self.layer.values[unit, same[0]]) if len(same) else own
        return Bound(self.layer.name, self.layer.unit(unit), op, min(value, own) if op == ">=" else max(value, own))

    def _steps(self, state: _State) -> list[_Step]:
        """The best bounds for a state, several for each, since others may lead to the same images."""
        most = 2 * self.beam.width
        parts = rows.blocks(self.units, max(1, state.n))
        found = rows.for_each(lambda units: self._block(state, units, most), parts, "searching")
        return sorted((step for part in found for step in part), key=lambda step: -step.trust)[:most]

    def _block(self, state: _State, units: Places, most: int) -> list[_Step]:
        kept = rows.gather(self.ranks, units, state.pos)
        kept.sort(axis=1)
        others = rows.gather(self.ranks, units, state.neg)
        steps = []
        for share in self.beam.shares:
            k = ceil(share * len(state.pos))
            least = np.minimum(kept[:, len(state.pos) - k].astype(np.int64), self.below[units])
            greatest = np.maximum(kept[:, k - 1].astype(np.int64), self.upto[units])
            sides: tuple[tuple[Op, NDArray[np.int64]], ...] = ((">=", least), ("<=", greatest))
            for op, bound in sides:
                column = bound.astype(np.uint16)[:, None]
                hits, wrong = (rows.count(side >= column if op == ">=" else side <= column) for side in (kept, others))
                trust = lower_end(hits, hits + wrong, self.z)
                trust[hits + wrong == state.n] = -1.0  # says nothing new
                chosen = [i for i in np.argsort(-trust, kind="stable")[:most] if trust[i] >= 0]
                steps += [_Step(float(trust[i]), state, int(units[i]), op, int(bound[i])) for i in chosen]
        return steps


def _told(
    beam: Beam, best: Candidate, train: Activations, test: Activations, layer: str, conclusion: Predicate, key: Key,
    seconds: float, met: int,
) -> Interpolant:  # fmt: skip
    reached = best.trust >= beam.trust
    unmet = f"trust not reached: {beam.trust:.0%} was wanted, the best was {best.trust:.1%}"
    return told(
        Conjunction(best.bounds),
        (train, test),
        layer,
        conclusion,
        key,
        settings=beam.model_dump(),
        notes={"met": met, "trust": best.trust, "reached": reached},
        seconds=seconds,
        unmet=lambda _: None if reached else unmet,
    )
