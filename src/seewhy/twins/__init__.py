"""Twins: another network that gives every picture the same scores. Knows networks, nothing of explanations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from torch import fx

from seewhy.classifiers.keras import KerasClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.twins.maxima import by_relus
from seewhy.twins.norms import folded, unfolded
from seewhy.twins.other_framework import keras_twin
from seewhy.twins.tracing import EXACT, largest_difference, traced
from seewhy.twins.widening import widened

Twin = Literal["norms", "wide", "maxima", "keras"]
TWINS: tuple[Twin, ...] = get_args(Twin)


@dataclass(frozen=True)
class Pair:
    """A network in double precision, its twin, and what was changed, in one sentence."""

    one: PyTorchClassifier
    other: PyTorchClassifier
    twin: Twin
    sentence: str


def pair(model: object, twin: Twin, seed: int = 0) -> Pair:
    """`model` and a twin of it, both in double precision, so that rounding is not mistaken for a difference.

    twin: "norms" (batch norm folded, or put in where there is none), "wide" (twice as wide and shuffled), "maxima" (max
    pooling written with ReLUs), or "keras" (the same layers there).

    Raises: TypeError for a model that is no PyTorch module, ValueError where its code or a layer of it has no twin,
    ImportError where Keras is missing.
    """
    if not isinstance(model, PyTorchClassifier) or isinstance(model, KerasClassifier):
        raise TypeError("twins are made of PyTorch modules; choose a model of the framework torch")
    shape = model.input_shape
    try:
        own, graph = traced(model.module, shape), traced(model.module, shape)
        if twin == "keras":
            other = _like(model, keras_twin(graph, shape), "in Keras", KerasClassifier)
            return Pair(_like(model, own, ""), other, twin, "The same layers with the same weights, run by Keras.")
        sentence = _rewritten(graph, twin, seed)
    except ValueError as error:
        raise ValueError(f"{model.name} has no such twin: {error}") from error
    far, size = largest_difference(own, graph, shape)
    if far > EXACT * size:
        raise ValueError(f"{model.name} has no such twin: its scores would differ by {far:.2g}")
    return Pair(_like(model, own, ""), _like(model, graph, twin), twin, sentence)


def _rewritten(graph: fx.GraphModule, twin: Twin, seed: int) -> str:
    if twin == "norms":
        gone = folded(graph)
        if gone:
            return f"{_count(len(gone), 'batch norm')} folded into the layers before."
        made = unfolded(graph, seed)
        if not made:
            raise ValueError("it has neither batch norms nor convolutions")
        return f"{_count(len(made), 'batch norm')} put in and undone by the convolutions before."
    if twin == "maxima":
        pools = by_relus(graph)
        if not pools:
            raise ValueError("it has no plain max pooling")
        return f"{_count(len(pools), 'max pooling')} written as a + ReLU(b − a)."
    added = widened(graph, seed)
    if not added:
        raise ValueError("none of its hidden units can be copied")
    return f"{_count(added, 'hidden unit')} copied, all of them shuffled, and the weights behind shared unequally."


def _like(
    model: PyTorchClassifier, module: object, what: str, kind: type[PyTorchClassifier] = PyTorchClassifier
) -> PyTorchClassifier:
    """A classifier that sees pictures as `model` does."""
    name = f"{model.name}, {what}" if what else model.name
    mean, std = model.mean.flatten().tolist(), model.std.flatten().tolist()
    return kind(module, model.labels, model.input_shape, mean, std, name, None, model.framing)  # type: ignore[arg-type]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
