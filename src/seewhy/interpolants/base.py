"""What a rule is and how far it can be trusted: frozen values, counts with intervals; knows no model and no search.

Bayesian interpolants: K. McMillan, 2020, https://arxiv.org/abs/2004.04198.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from seewhy.predicates import Bound, Conjunction, Predicate, from_plain
from seewhy.shares import Interval, wilson

ENOUGH = 30  # images that satisfy a rule, below which its precision says little


class Box(NamedTuple):
    """A rectangle of an image or a map, all four sides inside it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Counts:
    """How a rule does on one split.

    n: images that satisfy the rule; f: those of them for which the conclusion is false; p: images for which the
    conclusion is true; total: all images.
    """

    n: int
    f: int
    p: int
    total: int

    def __post_init__(self) -> None:
        if not (0 <= self.f <= self.n <= self.total and self.n - self.f <= self.p <= self.total - self.f):
            raise ValueError(f"no sample has n={self.n}, f={self.f}, p={self.p} of {self.total} images; count again")

    @property
    def precision(self) -> float | None:
        """The share of images satisfying the rule for which the conclusion is true; None where there are none."""
        return _share(self.n - self.f, self.n)

    @property
    def recall(self) -> float | None:
        """The share of images with the conclusion that satisfy the rule; None where there are none."""
        return _share(self.n - self.f, self.p)

    @property
    def base_rate(self) -> float | None:
        """The precision that a rule which is always true would have."""
        return _share(self.p, self.total)

    @property
    def lift(self) -> float | None:
        """How many times the base rate the precision is; None where either is not there or nothing is true."""
        if self.precision is None or not self.base_rate:
            return None
        return self.precision / self.base_rate

    def interval(self, which: Literal["precision", "recall"]) -> Interval | None:
        """The 95 % Wilson interval of a share; None where the share is not there."""
        return wilson(self.n - self.f, self.n if which == "precision" else self.p)

    @property
    def warning(self) -> str | None:
        """A sentence where the rule holds for too few images to trust its precision."""
        if self.n >= ENOUGH:
            return None
        images = "no image satisfies" if self.n == 0 else f"only {self.n} image{'s satisfy' * (self.n > 1)}"
        images += " satisfies" if self.n == 1 else ""
        return f"{images} the rule here; below {ENOUGH} the precision says little"

    def describe(self) -> dict[str, Any]:
        """The counts and what follows from them, as plain data."""
        return {
            "n": self.n,
            "f": self.f,
            "p": self.p,
            "total": self.total,
            "precision": self.precision,
            "recall": self.recall,
            "base_rate": self.base_rate,
            "lift": self.lift,
            "precision_interval": _plain(self.interval("precision")),
            "recall_interval": _plain(self.interval("recall")),
            "warning": self.warning,
        }


@dataclass(frozen=True)
class Interpolant:
    """A rule about one layer: images with `premise` there have `conclusion`, as the image in question does.

    train, test: how the rule does on the split it was learned on and on the other.
    regions: for each conjunct the pixels its unit can see; fractions: for each the share of (train, test) images that
    satisfy it alone; key_values: the unit's value for the image in question.
    notes: facts met on the way; notes["warnings"] is a list of sentences.
    """

    layer: str
    conclusion: Predicate
    premise: Conjunction
    train: Counts
    test: Counts
    regions: tuple[Box, ...] = ()
    fractions: tuple[tuple[float, float], ...] = ()
    key_values: tuple[float, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    model: str = ""
    data: str = ""
    image: str | None = None
    fingerprint: str = ""
    seconds: float = 0.0

    @property
    def conjuncts(self) -> tuple[Bound, ...]:
        """The parts of the premise, in the order in which the search found them."""
        return tuple(part for part in self.premise.parts if isinstance(part, Bound))

    @property
    def sentence(self) -> str:
        """The rule and what it is worth, in words."""
        premise, conclusion = (p.describe(self.labels)["text"] for p in (self.premise, self.conclusion))
        return f"At {self.layer}: {premise} ⇒ {conclusion}. On test images: {_worth(self.test)}."

    def describe(self) -> dict[str, Any]:
        """Everything, as plain data that `from_plain` reads."""
        return {
            "layer": self.layer,
            "conclusion": self.conclusion.describe(self.labels),
            "premise": self.premise.describe(self.labels),
            "text": f"{self.premise} ⇒ {self.conclusion}",
            "sentence": self.sentence,
            "train": self.train.describe(),
            "test": self.test.describe(),
            "regions": [list(box) for box in self.regions],
            "fractions": [list(pair) for pair in self.fractions],
            "key_values": list(self.key_values),
            "settings": dict(self.settings),
            "notes": dict(self.notes),
            "labels": list(self.labels),
            "model": self.model,
            "data": self.data,
            "image": self.image,
            "fingerprint": self.fingerprint,
            "seconds": self.seconds,
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Interpolant:
        """The interpolant that `describe` told of; ValueError where it tells of none."""
        try:
            premise = from_plain(data["premise"])
            if not isinstance(premise, Conjunction):
                raise ValueError(f"a premise is a conjunction, got {data['premise']['kind']!r}")
            return cls(
                layer=data["layer"],
                conclusion=from_plain(data["conclusion"]),
                premise=premise,
                train=_counts(data["train"]),
                test=_counts(data["test"]),
                regions=tuple(Box(*map(int, box)) for box in data["regions"]),
                fractions=tuple((float(a), float(b)) for a, b in data["fractions"]),
                key_values=tuple(map(float, data["key_values"])),
                labels=tuple(data["labels"]),
                **{name: data[name] for name in _AS_THEY_ARE},
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a saved interpolant: {error}; save one with interpolant.to_json()") from error

    def to_json(self) -> bytes:
        """Everything, as a JSON file."""
        return json.dumps(self.describe(), indent=2, ensure_ascii=False, allow_nan=False).encode()

    @classmethod
    def from_json(cls, source: bytes | str) -> Interpolant:
        """Read what `to_json` wrote; ValueError for anything else."""
        try:
            data = json.loads(source)
        except ValueError as error:
            raise ValueError(f"not a saved interpolant: {error}; save one with interpolant.to_json()") from error
        if not isinstance(data, Mapping):
            raise ValueError(f"a saved interpolant is an object, got {type(data).__name__}")
        return cls.from_plain(data)


_AS_THEY_ARE = ("settings", "notes", "model", "data", "image", "fingerprint", "seconds")


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _plain(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _counts(data: Mapping[str, Any]) -> Counts:
    return Counts(*(int(data[name]) for name in ("n", "f", "p", "total")))


def _worth(counts: Counts) -> str:
    interval = counts.interval("precision")
    if counts.precision is None or interval is None:
        return "no image satisfies it"
    return f"{counts.precision:.1%} precise ({interval.low:.1%} to {interval.high:.1%}), N {counts.n}"
