"""The greedy search for a rule: one bound after another, each the one that leaves the fewest false among what it keeps.

The published search (K. McMillan, 2020, https://arxiv.org/abs/2004.04198), bound for bound; how it is reached differs.
Everything is compared as 16-bit ranks. In the first step, counts are read off the ranks: exactly for ">=", as a bound
for "<=", and only units that may still win are counted. Later steps read the images that are left, held together;
where those are too many they count negatives part by part, drop units that cannot win, and go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.interpolants.rows import Counts, Kept, Places, Ranks, blocks, count, for_each, gather
from seewhy.predicates import Op

SMALLEST = 0.001  # share of the positives below which no bound is looked for
FIRST = 2048  # negatives that are counted for every unit before the first are dropped, where there are too many

LIKELY = 4  # bounds of each direction that are counted to the end at once, so that there is something to beat


class Pick(NamedTuple):
    """One bound as the search found it.

    gamma: the share of the surviving positives that was to be kept; t, f: surviving negatives and positives it keeps.
    """

    unit: int
    op: Op
    threshold: float
    gamma: float
    t: int
    f: int


@dataclass(frozen=True)
class Found:
    """The bounds in the order in which they were found, and whether the precision that was wanted was reached."""

    picks: tuple[Pick, ...]
    reached: bool


@dataclass(frozen=True)
class Inputs:
    """The images in question among the recorded ones, (A, U) each: see `keys.Places`; values are as recorded."""

    values: NDArray[np.float64]
    below: NDArray[np.int32]
    upto: NDArray[np.int32]

    def at(self, alive: NDArray[np.bool_], share: float) -> tuple[_Own, _Own]:
        """For each unit the value that keeps `share` of the images alive, from both sides."""
        k = ceil(share * int(alive.sum())) - 1
        if alive.sum() == 1:  # then every share keeps it
            (only,) = np.flatnonzero(alive)
            values = self.values[only]
            return _Own(values, self.below[only]), _Own(values, self.upto[only])
        return (
            _Own(np.sort(self.values[alive], axis=0)[-1 - k], np.sort(self.below[alive], axis=0)[-1 - k]),
            _Own(np.sort(self.values[alive], axis=0)[k], np.sort(self.upto[alive], axis=0)[k]),
        )


class _Own(NamedTuple):
    """Per unit a value and the rank that stands for it."""

    values: NDArray[np.float64]
    ranks: NDArray[np.int32]


def greedy(
    ranks: Ranks,
    value_at: Callable[[int, int], float],
    positive: NDArray[np.bool_],
    inputs: Inputs,
    units: Places,
    *,
    alpha: float,
    gamma: float,
    mu: float,
) -> Found:
    """Bounds that all of `inputs` but few negatives satisfy.

    ranks: (U, N); value_at(unit, image): the value behind a rank; positive: (N,) where the conclusion is true; units:
    ascending, the only ones that may be used.
    """
    ranks = np.asarray(ranks)  # a plain array: slices of a mapped file cost more
    pos, neg = np.flatnonzero(positive), np.flatnonzero(~positive)
    positives, negatives = Kept(ranks, units, pos), Kept(ranks, units, neg)
    alive = np.ones(len(inputs.values), np.bool_)
    picks: list[Pick] = []
    share = gamma
    while not _enough(len(pos), len(neg), alpha) and share > SMALLEST and len(units):
        best = _Step(ranks, positives, negatives, neg, share, inputs.at(alive, share), units).best()
        if best.t < len(neg):
            row = ranks[best.unit]
            keeps = row >= best.rank if best.op == ">=" else row <= best.rank
            threshold = best.value
            if threshold is None:
                threshold = value_at(best.unit, int(np.flatnonzero(row == best.rank)[0]))
            picks.append(Pick(best.unit, best.op, threshold, share, best.t, best.f))
            positives.keep(keeps[pos])
            negatives.keep(keeps[neg])
            pos, neg = pos[keeps[pos]], neg[keeps[neg]]
            own = inputs.values[:, best.unit]
            alive &= own >= threshold if best.op == ">=" else own <= threshold
            share *= mu
        elif gamma == 1:
            break  # the share would stay as it is, and so would the answer
        else:
            share *= gamma
    return Found(tuple(picks), _enough(len(pos), len(neg), alpha))


def _enough(positives: int, negatives: int, alpha: float) -> bool:
    return negatives <= (1.0 - alpha) * (negatives + positives)


class _Best(NamedTuple):
    """The bound that costs least; value is None where it is that of a recorded image with `rank`."""

    unit: int
    op: Op
    rank: int
    value: float | None
    t: int
    f: int


@dataclass
class _Candidates:
    """All candidates of one direction: per unit its threshold as a rank, positives and negatives it keeps."""

    op: Op
    ranks: NDArray[np.int64]
    own: NDArray[np.bool_]  # where the threshold is the input's value
    f: Counts
    t: Counts  # counted so far
    whole: NDArray[np.bool_]  # where t is all there is

    def costs(self) -> NDArray[np.float64]:
        """t / (t + f) of what was counted: exact where `whole`, at most the cost elsewhere."""
        return self.t / (self.t + self.f)


class _Step:
    """One step of the search: the candidates, and which costs least."""

    def __init__(
        self,
        ranks: Ranks,
        positives: Kept,
        negatives: Kept,
        neg: Places,
        share: float,
        inputs: tuple[_Own, _Own],
        units: Places,
    ) -> None:
        self.ranks, self.positives, self.negatives, self.neg, self.units = ranks, positives, negatives, neg, units
        self.p = positives.count
        self.k = ceil(share * self.p)
        self.inputs = inputs
        self.everything = self.p + len(neg) == ranks.shape[1]
        self.whole = not self.everything and negatives.fits
        self.first = neg[:0] if self.everything else neg if self.whole else neg[:FIRST]
        positives.hold()
        if self.whole:
            negatives.hold()

    def best(self) -> _Best:
        """The least cost; of equals ">=" first, then the lowest unit."""
        parts = blocks(np.arange(len(self.units)), self.p + len(self.first))
        found = list(for_each(self._block, parts, "searching"))
        at_least, at_most = (_joined([part[i] for part in found]) for i in (0, 1))
        sides = (at_least, at_most)
        self._race(sides)
        costs = [np.where(side.whole, side.costs(), np.inf) for side in sides]
        side = 0 if costs[0].min() <= costs[1].min() else 1
        place = int(costs[side].argmin())
        chosen, unit = sides[side], int(self.units[place])
        value = float(self.inputs[side].values[unit]) if chosen.own[place] else None
        return _Best(unit, chosen.op, int(chosen.ranks[place]), value, int(chosen.t[place]), int(chosen.f[place]))

    def _block(self, places: Places) -> tuple[_Candidates, _Candidates]:
        """Thresholds, positives, and the first negatives of some of the units."""
        rows = self.units[places]
        kept = self.positives.of(places)
        kept.sort(axis=1, kind="stable")  # of 16-bit integers: a radix sort, fast on every processor
        least, most = kept[:, self.p - self.k].astype(np.int64), kept[:, self.k - 1].astype(np.int64)
        own_least, own_most = (side.ranks[rows].astype(np.int64) for side in self.inputs)
        at_least, at_most = np.minimum(least, own_least), np.maximum(most, own_most)
        f_least = count(kept >= _column(at_least))
        f_most = count(kept <= _column(at_most))
        if self.everything:  # a rank says how many are smaller
            images = self.ranks.shape[1]
            t_least, t_most = images - at_least - f_least, np.maximum(at_most + 1 - f_most, 0)
            whole = (np.ones(len(rows), np.bool_), np.zeros(len(rows), np.bool_))
        else:
            some = self.negatives.of(places) if self.whole else gather(self.ranks, rows, self.first)
            t_least, t_most = count(some >= _column(at_least)), count(some <= _column(at_most))
            done = len(self.first) == len(self.neg)
            whole = (np.full(len(rows), done), np.full(len(rows), done))
        return (
            _Candidates(">=", at_least, own_least <= least, f_least, t_least, whole[0]),
            _Candidates("<=", at_most, own_most >= most, f_most, t_most, whole[1]),
        )

    def _race(self, sides: tuple[_Candidates, _Candidates]) -> None:
        """Count on where a cost may still be the least."""
        start = len(self.first)
        size = FIRST
        while True:
            self._finish_likely(sides)
            best = min(np.where(side.whole, side.costs(), np.inf).min() for side in sides)
            open_ones = [~side.whole & (side.costs() <= best) for side in sides]
            if not any(mask.any() for mask in open_ones):
                return
            if self.everything or start + size >= len(self.neg):
                for side, mask in zip(sides, open_ones, strict=True):
                    self._finish(side, np.flatnonzero(mask))
                return
            size *= 2
            columns = self.neg[start : start + size]
            for side, mask in zip(sides, open_ones, strict=True):
                self._add(side, np.flatnonzero(mask), columns)
            start += size

    def _finish_likely(self, sides: tuple[_Candidates, _Candidates]) -> None:
        """Count the candidates to the end that look best, so that there is something to beat."""
        for side in sides:
            costs = np.where(side.whole, np.inf, side.costs())
            likely = np.argpartition(costs, min(LIKELY, len(costs)) - 1)[:LIKELY]
            self._finish(side, np.sort(likely[np.isfinite(costs[likely])]))

    def _finish(self, side: _Candidates, places: Places) -> None:
        """Count all negatives; where every image is still there, they are the whole rows less the positives."""
        side.t[places] = -side.f[places] if self.everything else 0
        self._add(side, places, None if self.everything else self.neg)
        side.whole[places] = True

    def _add(self, side: _Candidates, places: Places, columns: Places | None) -> None:
        for part in blocks(places, self.ranks.shape[1] if columns is None else len(columns)):
            some = gather(self.ranks, self.units[part], columns)
            bound = _column(side.ranks[part])
            side.t[part] += count(some >= bound if side.op == ">=" else some <= bound)


def _column(ranks: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Ranks of thresholds as a column that compares with a table; none is below 0 or beyond the largest."""
    return ranks.astype(np.uint16)[:, None]


def _joined(parts: list[_Candidates]) -> _Candidates:
    def whole(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts])

    return _Candidates(parts[0].op, *(whole(name) for name in ("ranks", "own", "f", "t", "whole")))  # type: ignore[arg-type]
