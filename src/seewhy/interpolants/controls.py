"""Random rules to hold a rule against: as many bounds, at the same layer, true of the same image, as often true."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seewhy.inference.activations import Activations, LayerUnits
from seewhy.interpolants.keys import Key
from seewhy.predicates import Bound, Op

NEAR = 1.5  # a control may hold for this many times more or fewer images
DRAWS = 200  # random sets of units that are tried for one control


def control(
    train: Activations, layer: str, size: int, support: int, key: Key, random: np.random.Generator
) -> tuple[Bound, ...]:
    """`size` bounds on random units of `layer`, true of the image, that hold for about `support` training images.

    Raises: ValueError where 200 draws gave no such rule.
    """
    units = train.layer(layer)
    for _ in range(DRAWS):
        rows = random.choice(units.count, size, replace=False)
        ops: list[Op] = [">=" if up else "<=" for up in random.random(size) < 0.5]
        bounds = _fitted(units, rows, ops, support, key)
        if bounds is not None:
            return bounds
    raise ValueError(
        f"no random rule of {size} bounds holds for about {support} of {train.count:,} images; "
        "test a rule that holds for more images"
    )


def _fitted(
    units: LayerUnits, rows: NDArray[np.intp], ops: list[Op], support: int, key: Key
) -> tuple[Bound, ...] | None:
    """Bounds that each keep the same share of all images, found by bisection; None where none fits."""
    own = key.units[units.name][0, rows].astype(np.float64)
    values = [np.asarray(units.values[row]).astype(np.float64) for row in rows]
    ordered = [np.sort(v) for v in values]
    count = len(ordered[0])
    low, high = 0, count - 1
    while low <= high:
        cut = (low + high) // 2  # how many images each bound leaves out, before it lets the image itself in
        thresholds = [
            min(o[cut], x) if op == ">=" else max(o[count - 1 - cut], x)
            for o, x, op in zip(ordered, own, ops, strict=True)
        ]
        holds = np.logical_and.reduce(
            [v >= t if op == ">=" else v <= t for v, t, op in zip(values, thresholds, ops, strict=True)]
        )
        n = int(holds.sum())
        if support / NEAR <= n <= support * NEAR:
            return tuple(
                Bound(units.name, units.unit(int(row)), op, float(t))
                for row, op, t in zip(rows, ops, thresholds, strict=True)
            )
        low, high = (cut + 1, high) if n > support else (low, cut - 1)
    return None
