"""Recorded outputs of layers: mapped from disk, one row a unit, so that a question about a unit reads one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seewhy.inference.units import Unit, index_of_unit, named_shape, unit_at

if TYPE_CHECKING:
    from seewhy.predicates import Bound, Predicate

Numbers = NDArray[Any]


@dataclass(frozen=True)
class LayerUnits:
    """The units of one layer over all images.

    shape: the layer's own, (C, H, W) or (U,) or (T, D).
    values: (U, N) float16 or float32, units in the order of `inference.units`; ranks: (U, N) uint16, how many images
    have a smaller value. Neither may be written to.
    """

    name: str
    shape: tuple[int, ...]
    values: Numbers = field(repr=False)
    ranks: NDArray[np.uint16] = field(repr=False)

    @property
    def count(self) -> int:
        """How many units the layer has."""
        return prod(self.shape)

    @property
    def output(self) -> Numbers:
        """The same values as the layer gives them, (N, C, H, W) or (N, …); nothing is copied."""
        whole = self.values.reshape(*named_shape(self.shape), self.values.shape[1])
        return whole.transpose(3, 2, 0, 1) if len(self.shape) == 3 else np.moveaxis(whole, -1, 0)

    def row(self, unit: Unit) -> Numbers:
        """The values (N,) of one unit."""
        row: Numbers = self.values[self.index(unit)]
        return row

    def index(self, unit: Unit) -> int:
        """The row of `unit`; LookupError where the layer has no such unit."""
        return index_of_unit(self.shape, unit)

    def unit(self, index: int) -> Unit:
        """The name of the unit in row `index`."""
        return unit_at(self.shape, index)

    def rounded(self, values: Numbers) -> Numbers:
        """`values` as they would have been stored."""
        with np.errstate(over="ignore"):
            stored: Numbers = values.astype(self.values.dtype) + self.values.dtype.type(0)  # +0 instead of −0
        return stored


@dataclass(frozen=True)
class Activations:
    """What a model's layers say about the first `count` images of a split.

    scores: (N, K) float32; labels: (N,) true classes, −1 where not known, or None where none is.
    layers: the names of what was recorded; passes: how many images went through the model to make this, 0 if stored.
    """

    key: str
    split: str
    scores: NDArray[np.float32] = field(repr=False)
    labels: NDArray[np.int64] | None = field(repr=False)
    units: Mapping[str, LayerUnits] = field(repr=False)
    passes: int = 0

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(self.units)

    @property
    def count(self) -> int:
        return len(self.scores)

    @property
    def bytes(self) -> int:
        """Bytes on disk of the layers named here."""
        return sum(units.values.nbytes + units.ranks.nbytes for units in self.units.values())

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The class with the highest score, (N,); the first of equals."""
        best: NDArray[np.int64] = self.scores.argmax(axis=1)
        return best

    @property
    def outputs(self) -> Mapping[str, Numbers]:
        """Layer by layer the outputs (N, C, H, W) or (N, …), as `Predicate.holds` wants them."""
        return _Outputs(self.units)

    def layer(self, name: str) -> LayerUnits:
        """The units of layer `name`; LookupError where it was not recorded."""
        if name not in self.units:
            raise LookupError(f"layer {name!r} was not recorded, only {', '.join(self.units) or 'none'}; record it too")
        return self.units[name]

    def of(self, predicate: Predicate) -> NDArray[np.bool_]:
        """For which images `predicate` is true, (N,)."""
        return predicate.holds(self.scores, self.outputs)

    def row(self, bound: Bound) -> Numbers:
        """The values (N,) of the unit that `bound` is about."""
        return self.layer(bound.layer).row(bound.unit)


class _Outputs(Mapping[str, Numbers]):
    """Outputs by layer, mapped when asked for."""

    def __init__(self, units: Mapping[str, LayerUnits]) -> None:
        self._units = units

    def __getitem__(self, name: str) -> Numbers:
        return self._units[name].output

    def __iter__(self) -> Iterator[str]:
        return iter(self._units)

    def __len__(self) -> int:
        return len(self._units)
