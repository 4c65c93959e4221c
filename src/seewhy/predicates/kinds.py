"""A truth to explain or to explain with: a class is predicted, a unit lies beyond a bound; knows no search.

Bounds are not strict, so a rule holds for the image whose own value became a threshold. Units are named
(row, column, channel) for maps and (index,) for flat layers, see `inference.units`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seewhy.classifiers.labels import index_of

Op = Literal[">=", "<="]
Outputs = Mapping[str, NDArray[Any]]


class Predicate(ABC):
    """Something that is true or false of an image as a model sees it."""

    @property
    @abstractmethod
    def layers(self) -> tuple[str, ...]:
        """The layers whose outputs are read, each once."""

    @abstractmethod
    def holds(self, scores: NDArray[Any], units: Outputs) -> NDArray[np.bool_]:
        """Whether it is true, (N,), given scores (N, K) and the outputs (N, C, H, W) or (N, …) of `layers`."""

    @abstractmethod
    def describe(self, labels: Sequence[str]) -> dict[str, Any]:
        """Plain data from which `from_plain` makes it again; `text` is for people."""

    @abstractmethod
    def __str__(self) -> str:
        """Exact text that `parse` reads."""

    def negated(self) -> Predicate:
        """What is true where this is not."""
        return Negation(self)


@dataclass(frozen=True)
class PredictsClass(Predicate):
    """No class has a higher score than class `index`; a tie counts as true."""

    index: int

    @property
    def layers(self) -> tuple[str, ...]:
        return ()

    def holds(self, scores: NDArray[Any], units: Outputs) -> NDArray[np.bool_]:
        beaten: NDArray[np.bool_] = scores[:, self.index] < scores.max(axis=1)
        return ~beaten

    def describe(self, labels: Sequence[str]) -> dict[str, Any]:
        label = _label(labels, self.index)
        return {"kind": "class", "class": self.index, "label": label, "text": f"predicts {label}"}

    def __str__(self) -> str:
        return f"class {self.index}"


@dataclass(frozen=True)
class Margin(Predicate):
    """The score of class `index` is at least `at_least` above that of class `versus`."""

    index: int
    versus: int
    at_least: float = 0.0

    def __post_init__(self) -> None:
        if self.index == self.versus:
            raise ValueError(f"a class cannot be compared with itself, got {self.index} twice; choose another class")
        _check_number(self.at_least, "a margin")

    @property
    def layers(self) -> tuple[str, ...]:
        return ()

    def holds(self, scores: NDArray[Any], units: Outputs) -> NDArray[np.bool_]:
        exact = scores[:, [self.index, self.versus]].astype(np.float64)
        ahead: NDArray[np.bool_] = exact[:, 0] - exact[:, 1] >= self.at_least
        return ahead

    def describe(self, labels: Sequence[str]) -> dict[str, Any]:
        label, versus = _label(labels, self.index), _label(labels, self.versus)
        return {
            "kind": "margin",
            "class": self.index,
            "label": label,
            "versus": self.versus,
            "versus_label": versus,
            "at_least": self.at_least,
            "text": f"{label} at least {self.at_least:.4g} ahead of {versus}",
        }

    def __str__(self) -> str:
        return f"margin({self.index},{self.versus}) >= {self.at_least!r}"


@dataclass(frozen=True)
class Bound(Predicate):
    """The value of one unit of `layer` is at least (">=") or at most ("<=") `threshold`."""

    layer: str
    unit: tuple[int, ...]
    op: Op
    threshold: float

    def __post_init__(self) -> None:
        if self.op not in (">=", "<="):
            raise ValueError(f"a bound is '>=' or '<=', got {self.op!r}; choose one of these")
        if not self.unit or min(self.unit) < 0:
            raise ValueError(f"a unit is (row, column, channel) or (index,), counted from 0, got {self.unit}")
        _check_number(self.threshold, "a threshold")

    @property
    def layers(self) -> tuple[str, ...]:
        return (self.layer,)

    def holds(self, scores: NDArray[Any], units: Outputs) -> NDArray[np.bool_]:
        return self.holds_for(self.value(units[self.layer]))

    def value(self, output: NDArray[Any]) -> NDArray[np.float64]:
        """The unit's own values (N,) in the layer's output (N, C, H, W) or (N, …)."""
        unit = (self.unit[2], *self.unit[:2]) if output.ndim == 4 and len(self.unit) == 3 else self.unit
        if len(unit) != output.ndim - 1 or any(i >= side for i, side in zip(unit, output.shape[1:], strict=True)):
            raise LookupError(f"layer {self.layer!r} of shape {output.shape[1:]} has no unit {self.unit}")
        place: tuple[slice | int, ...] = (slice(None), *unit)
        values: NDArray[np.float64] = output[place].astype(np.float64)
        return values

    def holds_for(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether it is true of each of `values`, compared in double precision."""
        exact = np.asarray(values, dtype=np.float64)
        within: NDArray[np.bool_] = exact >= self.threshold if self.op == ">=" else exact <= self.threshold
        return within

    def describe(self, labels: Sequence[str]) -> dict[str, Any]:
        return {
            "kind": "bound",
            "layer": self.layer,
            "unit": list(self.unit),
            "op": self.op,
            "threshold": self.threshold,
            "text": f"v({', '.join(map(str, self.unit))}) {_SIGNS[self.op]} {self.threshold:.4g}",
        }

    def __str__(self) -> str:
        return f"{_quoted(self.layer)}: {self._text()}"

    def _text(self) -> str:
        return f"v({','.join(map(str, self.unit))}) {self.op} {self.threshold!r}"


@dataclass(frozen=True)
class Conjunction(Predicate):
    """All `parts` are true; without parts it is true of everything."""

    parts: tuple[Predicate, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(layer for part in self.parts for layer in part.layers))

    def holds(self, scores: NDArray[Any], units: Outputs) -> NDArray[np.bool_]:
        all_of_them = np.ones(len(scores), dtype=np.bool_)
        for part in self.parts:
            all_of_them &= part.holds(scores, units)
        return all_of_them

    def describe(self, labels: Sequence[str]) -> dict[str, Any]:
        parts = [part.describe(labels) for part in self.parts]
        return {"kind": "conjunction", "parts": parts, "text": " & ".join(p["text"] for p in parts) or "true"}

    def __str__(self) -> str:
        texts, layer = [], None
        for part in self.parts:
            same = isinstance(part, Bound) and part.layer == layer
            texts.append(part._text() if isinstance(part, Bound) and same else _enclosed(part))
            layer = part.layer if isinstance(part, Bound) else None
        return " & ".join(texts) or "true"


@dataclass(frozen=True)
class Negation(Predicate):
    """`part` is not true."""

    part: Predicate

    @property
    def layers(self) -> tuple[str, ...]:
        return self.part.layers

    def holds(self, scores: NDArray[Any], units: Outputs) -> NDArray[np.bool_]:
        return ~self.part.holds(scores, units)

    def negated(self) -> Predicate:
        return self.part

    def describe(self, labels: Sequence[str]) -> dict[str, Any]:
        part = self.part.describe(labels)
        return {"kind": "negation", "part": part, "text": f"not ({part['text']})"}

    def __str__(self) -> str:
        return f"not ({self.part})"


def from_plain(data: Mapping[str, Any]) -> Predicate:
    """The predicate that `describe` told of; ValueError where it tells of none."""
    try:
        match data["kind"]:
            case "class":
                return PredictsClass(int(data["class"]))
            case "margin":
                return Margin(int(data["class"]), int(data["versus"]), float(data["at_least"]))
            case "bound":
                return Bound(data["layer"], tuple(map(int, data["unit"])), data["op"], float(data["threshold"]))
            case "conjunction":
                return Conjunction(tuple(from_plain(part) for part in data["parts"]))
            case "negation":
                return Negation(from_plain(data["part"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a predicate: {error}; make one with predicate.describe(labels)") from error
    raise ValueError(f"no predicate of kind {data['kind']!r}; there are class, margin, bound, conjunction, negation")


_SIGNS = {">=": "≥", "<=": "≤"}


def _check_number(value: float, what: str) -> None:
    if not isfinite(value):
        raise ValueError(f"{what} must be a finite number, got {value}")


def _label(labels: Sequence[str], index: int) -> str:
    return labels[index_of(index, labels)] if labels else f"class {index}"


def _quoted(layer: str) -> str:
    """A layer's name as it is, or in quotation marks where it holds what the text form uses."""
    plain = layer and all(sign.isalnum() or sign in "._-/" for sign in layer)
    return layer if plain else '"' + layer.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _enclosed(part: Predicate) -> str:
    return f"({part})" if isinstance(part, Conjunction) else str(part)
