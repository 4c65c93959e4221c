"""Rules for a whole class: few rules, each found for one image, that together hold for most of the class.

Sequential covering: keys are drawn among the images that no rule covers yet, and of all rules found so far the one
that covers most of them is taken. V. Chvátal, 1979, https://doi.org/10.1287/moor.4.3.233, on covering greedily.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from seewhy.inference.activations import Activations
from seewhy.interpolants.base import Counts, Interpolant
from seewhy.interpolants.keys import recorded
from seewhy.interpolants.refine import Refine
from seewhy.interpolants.search import Search
from seewhy.predicates import Predicate
from seewhy.progress import track

Bits = NDArray[np.bool_]


class Joint(NamedTuple):
    """Several rules taken together: an image satisfies them where it satisfies any."""

    train: Counts
    test: Counts


@dataclass(frozen=True)
class ClassRules:
    """Rules that together cover a conclusion, in the order in which they were taken.

    keys: for each rule, the training image it was found for. curve: what the first 1, 2, … rules are worth together;
    the recall of its last entry is the share of the class that is covered.
    """

    conclusion: Predicate
    layer: str
    rules: tuple[Interpolant, ...]
    keys: tuple[int, ...]
    curve: tuple[Joint, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def joint(self) -> Joint | None:
        """All rules together; None where there are none."""
        return self.curve[-1] if self.curve else None

    def describe(self) -> dict[str, Any]:
        """Everything, as plain data."""
        labels = self.rules[0].labels if self.rules else ()
        return {
            "conclusion": self.conclusion.describe(labels),
            "layer": self.layer,
            "rules": [rule.describe() for rule in self.rules],
            "keys": list(self.keys),
            "curve": [{"train": joint.train.describe(), "test": joint.test.describe()} for joint in self.curve],
            "settings": dict(self.settings),
            "notes": dict(self.notes),
        }


class Cover(BaseModel):
    """How many rules to look for, and how much of the class they should cover."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search: Search = Field(Search(), description="how each rule is looked for")
    refine: Refine | None = Field(None, description="how each rule is loosened before it is judged; not at all if null")
    rules: int = Field(10, ge=1, le=100, description="the most rules")
    coverage: float = Field(0.9, gt=0, le=1, description="share of the class, on the training images, that is enough")
    tries: int = Field(4, ge=1, le=50, description="uncovered images drawn for each rule; the best rule is taken")
    seed: int = Field(0, ge=0, description="of the drawing")

    def __call__(
        self, train: Activations, test: Activations, layer: str, conclusion: Predicate, labels: Sequence[str] = ()
    ) -> ClassRules:
        """Cover the images of `train` with `conclusion`; `test` is only reported; `labels` are the model's.

        A rule that does not reach the search's alpha on the training images is not taken.

        Raises: ValueError where the conclusion is true for no training image.
        """
        pool = _Pool(self, train, test, layer, conclusion)
        taken: list[_Candidate] = []
        covered = np.zeros(train.count, np.bool_)
        for _ in track(range(self.rules), "covering"):
            if (covered & pool.truth).sum() >= self.coverage * pool.truth.sum():
                break
            pool.draw(covered, self.tries)
            best = pool.best(covered)
            if best is None:
                break
            taken.append(best)
            covered = covered | best.holds
        rules = tuple(replace(candidate.rule, labels=tuple(labels)) for candidate in taken)
        notes = {"searches": pool.searches, "too_imprecise": pool.refused}
        return ClassRules(
            conclusion=conclusion,
            layer=layer,
            rules=rules,
            keys=tuple(candidate.key for candidate in taken),
            curve=tuple(_curve(rules, conclusion, train, test)),
            settings=self.model_dump(),
            notes=notes,
        )


class _Candidate(NamedTuple):
    rule: Interpolant
    key: int
    holds: Bits


class _Pool:
    """All rules found so far."""

    def __init__(self, cover: Cover, train: Activations, test: Activations, layer: str, conclusion: Predicate) -> None:
        self.cover, self.train, self.test, self.layer, self.conclusion = cover, train, test, layer, conclusion
        self.truth = train.of(conclusion)
        if not self.truth.any():
            raise ValueError(
                f"'{conclusion}' is true for none of {train.count:,} images, so there is nothing to cover; "
                "take a larger size or another conclusion"
            )
        self.candidates: list[_Candidate] = []
        self.searches = self.refused = 0
        self._random = np.random.default_rng(cover.seed)
        self._tried = np.zeros(train.count, np.bool_)

    def draw(self, covered: Bits, tries: int) -> None:
        """Find rules for a few images that no rule covers and that were not tried before."""
        open_ones = np.flatnonzero(self.truth & ~covered & ~self._tried)
        for place in self._random.permutation(open_ones)[:tries]:
            self._tried[place] = True
            self.searches += 1
            rule = self._rule(int(place))
            if (rule.train.precision or 0.0) < self.cover.search.alpha:
                self.refused += 1
            else:
                self.candidates.append(_Candidate(rule, int(place), self.train.of(rule.premise)))

    def best(self, covered: Bits) -> _Candidate | None:
        """The rule that covers most of what is not covered yet; of equals, the one that adds fewest errors."""

        def gain(candidate: _Candidate) -> tuple[int, int]:
            new = candidate.holds & ~covered
            hits = int((new & self.truth).sum())
            return hits, hits - int(new.sum())

        found = max(self.candidates, key=gain, default=None)
        return found if found is not None and gain(found)[0] > 0 else None

    def _rule(self, place: int) -> Interpolant:
        key = recorded(self.train, place, layers=[self.layer, *self.conclusion.layers])
        rule = self.cover.search.learn(self.train, self.test, self.layer, self.conclusion, key)
        if self.cover.refine is not None:
            rule = self.cover.refine.applied(rule, self.train, self.test)
        return replace(rule, image=f"{self.train.split}/{place}")


def _curve(rules: tuple[Interpolant, ...], conclusion: Predicate, train: Activations, test: Activations) -> list[Joint]:
    """What the first 1, 2, … rules are worth together."""
    sums: list[list[Counts]] = []
    for split in (train, test):
        truth, covered = split.of(conclusion), np.zeros(split.count, np.bool_)
        sums.append([])
        for rule in rules:
            covered = covered | split.of(rule.premise)
            wrong = int((covered & ~truth).sum())
            sums[-1].append(Counts(int(covered.sum()), wrong, int(truth.sum()), split.count))
    return [Joint(*pair) for pair in zip(*sums, strict=True)]
