"""What hardening brought: the same measurements before and after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seewhy.classifiers.base import Classifier
from seewhy.shares import wilson


@dataclass(frozen=True)
class Standing:
    """How a model stands, as plain data: what it knows, what it withstands, and what nonsense it accepts.

    right of tested: unseen images. robustness: what `Robustness.describe` says, empty where nothing was attacked.
    rubbish: newly made pieces by form and in all, made and accepted. kept: of the kept holes those without meaning, and
    how many are accepted. nudges: of the kept nudged pictures, how many are called what they are.
    """

    right: int
    tested: int
    robustness: Mapping[str, Any] = field(repr=False)
    rubbish: Mapping[str, Any] = field(repr=False)
    kept: Mapping[str, int]
    nudges: Mapping[str, int]

    @property
    def accuracy(self) -> float:
        """The share of unseen images that are called what they are."""
        return self.right / self.tested

    @property
    def accepted(self) -> float:
        """The share of newly made rubbish that the model accepts."""
        return float(self.rubbish["all"]["share"] or 0.0)

    def describe(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "accuracy": self.accuracy,
            "interval": list(wilson(self.right, self.tested) or (0.0, 1.0)),
            "right": self.right,
            "tested": self.tested,
            "robustness": dict(self.robustness),
            "rubbish": dict(self.rubbish),
            "kept": dict(self.kept),
            "nudges": dict(self.nudges),
        }


@dataclass(frozen=True)
class Hardened:
    """A model that was hardened, and how it stood before and after.

    model: the hardened one, ready to be asked; card: what was written beside its weights.
    """

    model: Classifier = field(repr=False)
    before: Standing
    after: Standing
    history: tuple[Mapping[str, Any], ...] = field(repr=False)
    card: Mapping[str, Any] = field(repr=False)
    seconds: float

    @property
    def sentence(self) -> str:
        """The outcome in words, no more than it shows."""
        return in_words(self.describe())

    def describe(self) -> dict[str, Any]:
        """Everything but the weights, as plain data."""
        return dict(self.card)

    def to_json(self) -> bytes:
        """The facts as a JSON file."""
        return json.dumps(self.describe(), indent=2, ensure_ascii=False).encode()


def in_words(facts: Mapping[str, Any]) -> str:
    """What `Hardened.describe` says, in a sentence."""
    before, after = facts["before"], facts["after"]
    made, new = before["rubbish"]["all"], after["rubbish"]["all"]
    change = 100 * (after["accuracy"] - before["accuracy"])
    return (
        f"Of newly made rubbish the model accepted {made['accepted']} of {made['made']} before and "
        f"{new['accepted']} of {new['made']} now{_fewer(made, new)}; it is right on {after['accuracy']:.2%} of "
        f"{after['tested']:,} unseen images, {change:+.2f} points."
    )


def _fewer(made: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if not (made["accepted"] and new["accepted"]):
        return ""
    times = made["share"] / new["share"]
    return f", {times:.1f} times fewer" if times > 1 else ""
