"""Cones: which pixels, and which units of an earlier layer, a unit can see.

A unit of a convolution sees a window of the layer below, each place of that window a window of the layer further
down, and so on to the picture. What lies outside a cone can never change the unit. Traced networks are walked
exactly; of others that have gradients the cones are measured, of the rest a unit sees everything, and `notes` say so.
"""

from __future__ import annotations

from functools import reduce
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seewhy.classifiers.base import Classifier
from seewhy.inference.units import in_order, index_of_unit
from seewhy.interpolants import reads
from seewhy.interpolants.base import Box
from seewhy.interpolants.reads import Reach, Shape
from seewhy.interpolants.walking import Walk

PROBES = 32  # random images, at most, on which the cones of a model that cannot be traced are measured
TOGETHER = 4  # of them in one pass
QUIET = 3  # passes that find nothing new before it is enough


class Cones:
    """What the units of `model` see; layers are named as `model.layers()` names them, and "input".

    Units are named and ordered as in `inference.units`.

    notes: {"cones": how they are known}.

    >>> import seewhy
    >>> cones = Cones(seewhy.load("mnist-cnn"))
    >>> cones.box("conv1", (0, 5, 3)), cones.notes
    (Box(top=0, left=3, bottom=2, right=7), {'cones': 'traced'})
    """

    def __init__(self, model: Classifier) -> None:
        self.model = model
        self.shapes: dict[str, Shape] = {"input": model.input_shape}
        self.shapes |= {name: info.shape for name, info in model.layers().items()}
        self._seeing, told = _seeing(model, self.shapes)
        self.notes = {"cones": told}
        self._known: dict[tuple[str, tuple[int, ...], str], Reach] = {}

    def box(self, layer: str, unit: tuple[int, ...], below: str = "input") -> Box:
        """The rows and columns of `below` that `unit` of `layer` sees.

        Raises: LookupError for an unknown layer or unit; ValueError where `below` has no rows and columns, or where
        the unit sees nothing of it.
        """
        reach = self._reach(layer, unit, below)
        if len(reach) != 3:
            raise ValueError(f"a layer of maps was wanted below, but {below!r} gives {self.shapes[below]}; use `units`")
        if reads.is_empty(reach):
            raise ValueError(f"{layer!r} sees nothing of {below!r}; choose a layer that it is computed from")
        (top, *_, bottom), (left, *_, right) = (np.flatnonzero(axis).repeat(2) for axis in reach[1:])
        return Box(int(top), int(left), int(bottom), int(right))

    def units(self, layer: str, unit: tuple[int, ...], below: str) -> NDArray[np.bool_]:
        """Whether `unit` of `layer` sees each unit of `below`, (U,).

        Raises: LookupError for an unknown layer or unit.
        """
        reach = self._reach(layer, unit, below)
        seen: NDArray[np.bool_] = reduce(np.logical_and.outer, reach)
        return np.asarray(in_order(seen[None])[0])

    def _reach(self, layer: str, unit: tuple[int, ...], below: str) -> Reach:
        for name in (layer, below):
            if name not in self.shapes:
                raise LookupError(f"{self.model.name} has no layer {name!r}; its layers are {', '.join(self.shapes)}")
        shape = self.shapes[layer]
        index_of_unit(shape, unit)
        place = (unit[2], *unit[:2]) if len(shape) == 3 else unit
        key = (layer, unit, below)
        if key not in self._known:
            self._known[key] = self._seeing.back(layer, place, below)
        return self._known[key]


class Seeing(Protocol):
    """A way to know what a unit sees; `place` is in the order of the layer's own shape."""

    def back(self, layer: str, place: tuple[int, ...], below: str) -> Reach: ...


def _seeing(model: Classifier, shapes: dict[str, Shape]) -> tuple[Seeing, str]:
    """The best way there is for `model`, and its name."""
    try:
        return Traced(model, shapes), "traced"
    except ValueError as error:
        reason = str(error)
    if "gradients" in model.abilities and "layers" in model.abilities:
        return Measured(model, shapes), f"measured on up to {PROBES} random images: {reason}"
    return Unknown(shapes), f"everything: {reason}"


class Traced:
    """By walking the network's graph backwards."""

    def __init__(self, model: Classifier, shapes: dict[str, Shape]) -> None:
        module = model.frozen()
        if not isinstance(module, nn.Module):
            raise ValueError("it is no torch module")
        self.walk = Walk(module, model.input_shape)
        inner = {f"{name}.": part for name, part in module.named_children() if name}
        self.names = {"input": self.walk.names["input"]}
        for name in shapes:
            for prefix in ("", *inner):
                node = self.walk.names.get(prefix + name)
                if node is not None and self.walk.shapes.get(node) == shapes[name]:
                    self.names.setdefault(name, node)
        missing = [name for name in shapes if name not in self.names]
        if missing:
            raise ValueError(f"its layer {missing[0]!r} is not in its graph")

    def back(self, layer: str, place: tuple[int, ...], below: str) -> Reach:
        start = self.names[layer]
        return self.walk.back(start, reads.one(self.walk.shapes[start], place), self.names[below])


class Measured:
    """By gradients: from the first to the last place with one that is not 0, on any of several random images."""

    def __init__(self, model: Classifier, shapes: dict[str, Shape]) -> None:
        self.model, self.shapes = model, shapes
        generator = torch.Generator().manual_seed(0)
        noise = torch.rand(PROBES, *model.input_shape, generator=generator)
        contrast = torch.linspace(0.1, 1, PROBES).reshape(-1, 1, 1, 1)
        self.x = noise * contrast + torch.rand(PROBES, 1, 1, 1, generator=generator) * (1 - contrast)

    def back(self, layer: str, place: tuple[int, ...], below: str) -> Reach:
        if layer == below:
            return reads.one(self.shapes[layer], place)
        seen = np.zeros(self.shapes[below], np.bool_)
        quiet = 0
        for part in self.x.split(TOGETHER):
            touched = self._touched(part, layer, place, below)
            if touched is None:
                return reads.nothing(self.shapes[below])
            quiet = quiet + 1 if seen.any() and not (touched & ~seen).any() else 0
            seen |= touched
            if seen.all() or quiet == QUIET:
                break
        if not seen.any():  # the unit never moved: nothing is known about it
            return reads.everything(self.shapes[below])
        maps = seen.ndim == 3
        found = [np.asarray(np.moveaxis(seen, axis, 0).reshape(n, -1).any(1)) for axis, n in enumerate(seen.shape)]
        return tuple(axis if maps and number == 0 else _filled(axis) for number, axis in enumerate(found))

    def _touched(self, x: Tensor, layer: str, place: tuple[int, ...], below: str) -> NDArray[np.bool_] | None:
        """The values of `below` with a gradient that is not 0, for any of the images `x`; None where none can be."""
        x = x.clone().requires_grad_()
        with torch.enable_grad():
            _, kept = self.model.activations(x, [name for name in (layer, below) if name != "input"])
            source: Tensor = x if below == "input" else kept[below]
            unit = kept[layer].movedim(0, -1)[place].sum()
            (gradient,) = torch.autograd.grad(unit, source, allow_unused=True)
        if gradient is None:
            return None
        return np.asarray((gradient != 0).any(0).cpu().numpy())


class Unknown:
    """Everything."""

    def __init__(self, shapes: dict[str, Shape]) -> None:
        self.shapes = shapes

    def back(self, layer: str, place: tuple[int, ...], below: str) -> Reach:
        return reads.everything(self.shapes[below])


def _filled(axis: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All places from the first to the last."""
    return np.logical_or.accumulate(axis) & np.logical_or.accumulate(axis[::-1])[::-1]
