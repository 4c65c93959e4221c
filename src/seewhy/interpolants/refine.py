"""Shorter and wider rules from one that a search found, while it stays as trustworthy on the training images.

A search takes its conjuncts one after the other and never looks back. Looking back, one that the later ones made
superfluous goes, and each of the others moves its threshold outwards, so that more images satisfy the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from seewhy.inference.activations import Activations
from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.telling import count, fraction
from seewhy.predicates import Bound, Conjunction, Predicate
from seewhy.shares import Z

Bits = NDArray[np.bool_]


class Refine(BaseModel):
    """How far a rule may be loosened."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep: Literal["trust", "precision"] = Field(
        "trust",
        description="what must not fall on the training images: the lower end of the precision's 95 % interval "
        "('trust': a wider rule may be a little less precise where more images show it), or the precision itself",
    )
    drop: bool = Field(True, description="whether conjuncts may go")
    widen: bool = Field(True, description="whether thresholds may move outwards")

    def __call__(self, bounds: Sequence[Bound], conclusion: Predicate, train: Activations) -> tuple[Bound, ...]:
        """The refined bounds, in their old order; each is one of `bounds`, or the same with a looser threshold."""
        truth = train.of(conclusion)
        rule = _Rule(list(bounds), [np.asarray(train.row(bound)) for bound in bounds], truth)
        floor = self._worth(*rule.counts())
        while change := self._best(rule, floor):
            rule.apply(*change)
        return tuple(rule.bounds)

    def applied(self, rule: Interpolant, train: Activations, test: Activations) -> Interpolant:
        """The refined rule, counted anew on both splits; its notes say what was changed."""
        old = rule.conjuncts
        new = self(old, rule.conclusion, train)
        premise = Conjunction(new)
        kept = [next(i for i, bound in enumerate(old) if _same_unit(bound, each)) for each in new]
        changed = {
            "dropped": len(old) - len(new),
            "widened": sum(bound not in old for bound in new),
            "before": {"train": rule.train.describe(), "test": rule.test.describe(), "text": str(rule.premise)},
        }
        return replace(
            rule,
            premise=premise,
            train=count(train, premise, rule.conclusion),
            test=count(test, premise, rule.conclusion),
            fractions=tuple((fraction(train, bound), fraction(test, bound)) for bound in new),
            regions=tuple(rule.regions[i] for i in kept) if rule.regions else (),
            key_values=tuple(rule.key_values[i] for i in kept) if rule.key_values else (),
            settings={**rule.settings, "refine": self.model_dump()},
            notes={**rule.notes, "refined": changed},
        )

    def _worth(self, hits: Any, n: Any) -> Any:
        """What must not fall, for rules that hold for `n` images, rightly for `hits` of them."""
        n = np.maximum(n, 1)
        return hits / n if self.keep == "precision" else lower_end(hits, n)

    def _best(self, rule: _Rule, floor: float) -> tuple[int, Bound | None] | None:
        """The change of one conjunct that wins most images with the conclusion; to drop one counts more than any."""
        best: tuple[int, Bound | None] | None = None
        most = (False, rule.counts()[0])
        for place, bound in enumerate(rule.bounds):
            others = rule.without(place)
            hits, n = int((others & rule.truth).sum()), int(others.sum())
            if self.drop and self._worth(hits, n) >= floor and (True, hits) > most:
                best, most = (place, None), (True, hits)
            if self.widen:
                found = self._loosest(bound, rule.rows[place][others], rule.truth[others], floor)
                if found is not None and (False, found[0]) > most:
                    best, most = (place, found[1]), (False, found[0])
        return best

    def _loosest(self, bound: Bound, values: NDArray[Any], truth: Bits, floor: float) -> tuple[int, Bound] | None:
        """The bound that holds for most images with the conclusion, and for how many; None where none is looser."""
        if not len(values):
            return None
        order = np.argsort(-values if bound.op == ">=" else values, kind="stable")
        ordered = values[order]
        ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # equal values go together
        hits, n = np.cumsum(truth[order])[ends], ends + 1
        allowed = np.flatnonzero(self._worth(hits, n) >= floor)
        if not len(allowed):
            return None
        best = allowed[hits[allowed].argmax()]  # the first of equals lets the fewest others in
        return int(hits[best]), Bound(bound.layer, bound.unit, bound.op, float(ordered[ends[best]]))


class _Rule:
    """Bounds with the values that they are about."""

    def __init__(self, bounds: list[Bound], rows: list[NDArray[Any]], truth: Bits) -> None:
        self.bounds, self.rows, self.truth = bounds, rows, truth
        self._holds = [bound.holds_for(row) for bound, row in zip(bounds, rows, strict=True)]

    def without(self, place: int) -> Bits:
        """For which images all but one bound hold."""
        others = self._holds[:place] + self._holds[place + 1 :]
        return np.logical_and.reduce(others) if others else np.ones(len(self.truth), np.bool_)

    def counts(self) -> tuple[int, int]:
        """How many images with the conclusion satisfy the rule, and how many in all."""
        holds = np.logical_and.reduce(self._holds) if self._holds else np.ones(len(self.truth), np.bool_)
        return int((holds & self.truth).sum()), int(holds.sum())

    def apply(self, place: int, bound: Bound | None) -> None:
        """Put `bound` in its place, or drop what is there."""
        if bound is None:
            del self.bounds[place], self.rows[place], self._holds[place]
        else:
            self.bounds[place], self._holds[place] = bound, bound.holds_for(self.rows[place])


def _same_unit(one: Bound, other: Bound) -> bool:
    return (one.layer, one.unit, one.op) == (other.layer, other.unit, other.op)


def lower_end(hits: Any, n: Any, z: float = Z) -> Any:
    """The lower ends of the Wilson intervals of `hits` of `n`, elementwise; z: how many standard deviations wide.

    >>> round(float(lower_end(34, 39)), 3)
    0.733
    """
    share, spread = hits / n, z**2 / n
    return (share + spread / 2 - z * np.sqrt(share * (1 - share) / n + spread / (4 * n))) / (1 + spread)
