"""What a rule is worth, whoever found it: counted on both splits, with what its numbers warn of. Knows no search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.inference.activations import Activations
from seewhy.interpolants.base import Counts, Interpolant
from seewhy.interpolants.keys import Key
from seewhy.predicates import Bound, Conjunction, Predicate


def told(
    premise: Conjunction,
    splits: tuple[Activations, Activations],
    layer: str,
    conclusion: Predicate,
    key: Key,
    *,
    settings: Mapping[str, Any],
    notes: Mapping[str, Any],
    seconds: float,
    unmet: Callable[[Counts], str | None],
) -> Interpolant:
    """The rule with its counts on `splits`, for training and test.

    unmet: what the search wanted and did not reach, in words, from the counts on the training images.
    """
    train, test = splits
    counts = [count(split, premise, conclusion) for split in splits]
    bounds = [part for part in premise.parts if isinstance(part, Bound)]
    rows = train.layer(layer)
    doubts = [unmet(counts[0])]
    doubts += [f"{name}: {c.warning}" for name, c in zip(("training", "test"), counts, strict=True) if c.warning]
    return Interpolant(
        layer=layer,
        conclusion=conclusion,
        premise=premise,
        train=counts[0],
        test=counts[1],
        fractions=tuple((fraction(train, bound), fraction(test, bound)) for bound in bounds),
        key_values=tuple(float(key.units[layer][0, rows.index(bound.unit)]) for bound in bounds),
        settings=settings,
        notes={**notes, "warnings": [doubt for doubt in doubts if doubt]},
        seconds=seconds,
    )


def count(split: Activations, premise: Predicate, conclusion: Predicate) -> Counts:
    """How a rule does on a split."""
    holds, true = split.of(premise), split.of(conclusion)
    return Counts(int(holds.sum()), int((holds & ~true).sum()), int(true.sum()), split.count)


def fraction(split: Activations, bound: Bound) -> float:
    """The share of a split's images that satisfy one bound."""
    return float(bound.holds_for(split.row(bound)).mean())


def positives(sample: Activations, conclusion: Predicate, key: Key) -> NDArray[np.bool_]:
    """(N,) for which images of the sample the conclusion is true.

    Raises: ValueError where it is false for an image of `key`, or for all of the sample.
    """
    if not key.of(conclusion).all():
        raise ValueError(f"'{conclusion}' is false for the image itself; explain what is true of it")
    true = sample.of(conclusion)
    if not true.any():
        raise ValueError(
            f"'{conclusion}' is true for none of {sample.count:,} images, so no rule can be learned; "
            "take a larger size or another conclusion"
        )
    return true
