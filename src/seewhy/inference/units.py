"""How the units of a layer are named and ordered; the one place that knows both our order and the rules' order.

A layer's output is (C, H, W) for maps and (U,) or (T, D) otherwise. A unit of a map is named (row, column, channel),
and units are counted in the order height, width, channel, which is the order in which the published rules were
written; the units of anything else keep the layer's own order.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)

Unit = tuple[int, ...]


def named_shape(shape: Sequence[int]) -> Unit:
    """The shape in the order of the names: (H, W, C) for maps (C, H, W).

    >>> named_shape((64, 8, 8)), named_shape((10,))
    ((8, 8, 64), (10,))
    """
    return (shape[1], shape[2], shape[0]) if len(shape) == 3 else tuple(shape)


def unit_at(shape: Sequence[int], index: int) -> Unit:
    """The name of unit number `index` of a layer of `shape`.

    >>> unit_at((64, 8, 8), 67)
    (0, 1, 3)
    """
    size = prod(shape)
    if not 0 <= index < size:
        raise LookupError(
            f"a layer of shape {tuple(shape)} has units 0 to {size - 1}, got {index}; choose one of these"
        )
    return tuple(int(i) for i in np.unravel_index(index, named_shape(shape)))


def index_of_unit(shape: Sequence[int], unit: Unit) -> int:
    """The number of `unit` of a layer of `shape`.

    >>> index_of_unit((64, 8, 8), (0, 1, 3))
    67

    Raises: LookupError where the layer has no such unit.
    """
    sides = named_shape(shape)
    if len(unit) != len(sides) or not all(0 <= i < side for i, side in zip(unit, sides, strict=True)):
        names = "(row, column, channel)" if len(sides) == 3 else "unit"
        raise LookupError(f"no unit {unit} in a layer of {names} sizes {sides}; count each from 0")
    return int(np.ravel_multi_index(unit, sides))


def in_order(values: NDArray[T]) -> NDArray[T]:
    """Outputs (N, C, H, W) or (N, …) of a layer as rows (N, U) in the order of the units.

    >>> in_order(np.arange(8).reshape(1, 2, 2, 2)).tolist()
    [[0, 4, 1, 5, 2, 6, 3, 7]]
    """
    if values.ndim == 4:
        values = values.transpose(0, 2, 3, 1)
    return values.reshape(len(values), -1)
