"""Rules all the way down: each conjunct of a rule explained at the next layer below, to the last one chosen.

What the whole chain is worth is measured, not multiplied: the lowest rules together against the first conclusion.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

from seewhy.inference.activations import Activations
from seewhy.interpolants.base import Counts, Interpolant
from seewhy.interpolants.keys import Key
from seewhy.interpolants.regions import Cones
from seewhy.interpolants.search import Search
from seewhy.interpolants.telling import count
from seewhy.predicates import Bound, Conjunction, Predicate
from seewhy.progress import track


@dataclass(frozen=True)
class Link:
    """A rule, and for each of its conjuncts the rule that explains it; None where there is none, and `why` not."""

    rule: Interpolant
    below: tuple[Link | None, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def lowest(self) -> tuple[Bound, ...]:
        """The bounds that are explained no further, each once, from left to right."""
        if not self.below:
            return self.rule.conjuncts
        found: dict[Bound, None] = {}
        for bound, link in zip(self.rule.conjuncts, self.below, strict=True):
            found |= dict.fromkeys((bound,) if link is None else link.lowest)
        return tuple(found)

    def at(self, depth: int) -> tuple[Bound, ...]:
        """The bounds `depth` layers below this rule's, or the lowest above where the chain ends earlier."""
        if depth == 0 or not self.below:
            return self.rule.conjuncts
        found: dict[Bound, None] = {}
        for bound, link in zip(self.rule.conjuncts, self.below, strict=True):
            found |= dict.fromkeys((bound,) if link is None else link.at(depth - 1))
        return tuple(found)

    def __iter__(self) -> Iterator[Link]:
        """This link and all below it, a rule before those that explain it."""
        yield self
        for link in self.below:
            if link is not None:
                yield from link

    def describe(self) -> dict[str, Any]:
        """The tree as plain data."""
        below = [None if link is None else link.describe() for link in self.below]
        return {"rule": self.rule.describe(), "below": below, "why": list(self.why)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Link:
        """The link that `describe` told of."""
        below = tuple(None if each is None else cls.from_plain(each) for each in data["below"])
        return cls(Interpolant.from_plain(data["rule"]), below, tuple(data["why"]))


class Level(NamedTuple):
    """All bounds of one depth together, and how they do against the first conclusion."""

    layer: str
    premise: Conjunction
    train: Counts
    test: Counts


@dataclass(frozen=True)
class Chain:
    """A tree of rules from a conclusion down to the lowest of `layers`.

    levels: for each layer, what its bounds together are worth against the first conclusion; a bound that could not be
    explained stays in the levels below.
    """

    root: Link
    layers: tuple[str, ...]
    levels: tuple[Level, ...]
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def conclusion(self) -> Predicate:
        """What is explained."""
        return self.root.rule.conclusion

    @property
    def train(self) -> Counts:
        """The lowest rules together against the conclusion, on the training split."""
        return self.levels[-1].train

    @property
    def test(self) -> Counts:
        """The same on the test split: the end-to-end precision."""
        return self.levels[-1].test

    def describe(self) -> dict[str, Any]:
        """Everything, as plain data that `from_plain` reads."""
        labels = self.root.rule.labels
        return {
            "root": self.root.describe(),
            "layers": list(self.layers),
            "levels": [
                {
                    "layer": level.layer,
                    "premise": level.premise.describe(labels),
                    "train": level.train.describe(),
                    "test": level.test.describe(),
                }
                for level in self.levels
            ],
            "rules": sum(1 for _ in self.root),
            "notes": dict(self.notes),
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Chain:
        """The chain that `describe` told of; ValueError where it tells of none."""
        try:
            root = Link.from_plain(data["root"])
            levels = tuple(
                Level(
                    level["layer"],
                    Conjunction(root.at(depth)),
                    *(Counts(**{k: level[s][k] for k in ("n", "f", "p", "total")}) for s in ("train", "test")),
                )
                for depth, level in enumerate(data["levels"])
            )
            return cls(root, tuple(data["layers"]), levels, data["notes"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a saved chain: {error}; save one with chain.to_json()") from error

    def to_json(self) -> bytes:
        """Everything, as a JSON file."""
        return json.dumps(self.describe(), indent=2, ensure_ascii=False, allow_nan=False).encode()

    @classmethod
    def from_json(cls, source: bytes | str) -> Chain:
        """Read what `to_json` wrote; ValueError for anything else."""
        try:
            data = json.loads(source)
        except ValueError as error:
            raise ValueError(f"not a saved chain: {error}; save one with chain.to_json()") from error
        return cls.from_plain(data)


def chain(
    search: Search,
    train: Activations,
    test: Activations,
    layers: Sequence[str],
    conclusion: Predicate,
    key: Key,
    cones: Cones,
) -> Chain:
    """Explain `conclusion` at the first of `layers`, each conjunct found there at the next, and so on.

    layers: from the highest to the lowest; all recorded in `train` and `test`.

    Raises: LookupError for a layer that was not recorded; ValueError where `layers` is empty or not in that order, or
    where the conclusion is false for the image.
    """
    if not layers:
        raise ValueError("a chain needs at least one layer, got none; name them from the highest to the lowest")
    order = list(cones.shapes)
    places = [order.index(name) for name in layers if name in order]
    if len(places) < len(layers):
        missing = next(name for name in layers if name not in order)
        raise LookupError(f"{cones.model.name} has no layer {missing!r}; its layers are {', '.join(order)}")
    if any(a <= b for a, b in pairwise(places)):
        raise ValueError(f"layers are named from the highest to the lowest, got {', '.join(layers)}; turn them round")
    walker = _Walker(search, train, test, tuple(layers), key, cones)
    root = walker.link(0, conclusion)
    levels = []
    for depth, layer in enumerate(layers):
        premise = Conjunction(root.at(depth))
        levels.append(Level(layer, premise, count(train, premise, conclusion), count(test, premise, conclusion)))
    return Chain(root, tuple(layers), tuple(levels), dict(cones.notes))


def with_regions(rule: Interpolant, cones: Cones) -> Interpolant:
    """The rule with the pixels that each of its units sees."""
    boxes = tuple(cones.box(bound.layer, bound.unit) for bound in rule.conjuncts)
    return replace(rule, regions=boxes, notes={**rule.notes, **cones.notes})


class _Walker:
    """Learns the rules of a chain; the same bound is explained once."""

    def __init__(
        self, search: Search, train: Activations, test: Activations, layers: tuple[str, ...], key: Key, cones: Cones
    ) -> None:
        self.search, self.train, self.test, self.layers = search, train, test, layers
        self.key, self.cones = key, cones
        self._known: dict[Predicate, Link] = {}

    def link(self, depth: int, conclusion: Predicate) -> Link:
        """The rule for `conclusion` at layer number `depth`, and all below it."""
        if conclusion not in self._known:
            rule = self._rule(self.layers[depth], conclusion)
            if depth + 1 == len(self.layers):
                self._known[conclusion] = Link(rule)
            else:
                stage = f"explaining {rule.layer} at {self.layers[depth + 1]}"
                tried = [self._tried(depth + 1, bound) for bound in track(rule.conjuncts, stage)]
                self._known[conclusion] = Link(rule, tuple(link for link, _ in tried), tuple(why for _, why in tried))
        return self._known[conclusion]

    def _tried(self, depth: int, bound: Bound) -> tuple[Link | None, str]:
        try:
            return self.link(depth, bound), ""
        except ValueError as error:
            return None, str(error)

    def _rule(self, layer: str, conclusion: Predicate) -> Interpolant:
        cone = None
        if isinstance(conclusion, Bound):
            cone = self.cones.units(conclusion.layer, conclusion.unit, layer)
        rule = self.search.learn(self.train, self.test, layer, conclusion, self.key, cone)
        labels = rule.labels or self.cones.model.labels
        return with_regions(replace(rule, labels=labels), self.cones)
