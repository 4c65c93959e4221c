"""The image in question, or several, as the recorded layers see them; one pass of it where it was not recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.inference.activations import Activations, LayerUnits
from seewhy.inference.activations.ranking import below_and_upto
from seewhy.inference.units import in_order
from seewhy.interpolants.rows import blocks, for_each
from seewhy.predicates import Predicate


@dataclass(frozen=True)
class Key:
    """What a model makes of the images in question.

    scores: (A, K) of A images; units: by layer (A, U), rounded as the recording is, in the order of the units.
    places: which images of the recording they are, where they are some.
    """

    scores: NDArray[np.float32]
    units: Mapping[str, NDArray[Any]] = field(repr=False)
    shapes: Mapping[str, tuple[int, ...]] = field(repr=False)
    places: tuple[int, ...] | None = None

    def of(self, predicate: Predicate) -> NDArray[np.bool_]:
        """For which of the images `predicate` is true, (A,)."""
        outputs = {}
        for name in predicate.layers:
            if name not in self.units:
                raise LookupError(f"layer {name!r} was not recorded, only {', '.join(self.units) or 'none'}")
            shape = self.shapes[name]
            rows = self.units[name]
            if len(shape) == 3:
                outputs[name] = rows.reshape(len(rows), *shape[1:], shape[0]).transpose(0, 3, 1, 2)
            else:
                outputs[name] = rows.reshape(len(rows), *shape)
        return predicate.holds(self.scores, outputs)


@dataclass(frozen=True)
class Places:
    """Where the images in question would stand among the recorded ones, unit by unit: (A, U) each.

    below: how many recorded values are smaller; upto: how many are not larger, less one. A recorded value is at least
    the image's where its rank is at least `below`, and at most the image's where its rank is at most `upto`.
    """

    below: NDArray[np.int32]
    upto: NDArray[np.int32]


def recorded(activations: Activations, *places: int, layers: Sequence[str] | None = None) -> Key:
    """Images of the recording itself; no pass is needed.

    Raises: LookupError where an image is not in the recording.
    """
    for place in places:
        if not 0 <= place < activations.count:
            raise LookupError(f"images 0 to {activations.count - 1} were recorded, got {place}")
    chosen = [activations.layer(name) for name in (activations.layers if layers is None else layers)]
    index = list(places)
    return Key(
        activations.scores[index],
        {layer.name: np.ascontiguousarray(layer.values[:, index].T) for layer in chosen},
        {layer.name: layer.shape for layer in chosen},
        tuple(places),
    )


def forwarded(model: Classifier, x: Tensor, activations: Activations, layers: Sequence[str] | None = None) -> Key:
    """Any images x (A, C, H, W), through the model once."""
    names = list(activations.layers if layers is None else layers)
    with torch.no_grad():
        scores, outputs = model.activations(x, names)
    units = {n: activations.layer(n).rounded(in_order(outputs[n].detach().float().cpu().numpy())) for n in names}
    shapes = {n: activations.layer(n).shape for n in names}
    return Key(scores.detach().float().cpu().numpy(), units, shapes)


def places_among(key: Key, layer: LayerUnits) -> Places:
    """Where the images stand among the recorded ones at one layer."""
    if key.places is not None:
        ranks = np.ascontiguousarray(layer.ranks[:, list(key.places)].T).astype(np.int32)
        return Places(ranks, ranks)
    values = key.units[layer.name]

    def work(rows: NDArray[np.intp]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        return below_and_upto(layer.values[rows[0] : rows[-1] + 1], values[:, rows])

    parts = blocks(np.arange(layer.count), layer.values.shape[1])
    found = list(for_each(work, parts, "placing the image"))
    below, upto = (np.concatenate([part[i] for part in found], axis=1) for i in (0, 1))
    return Places(below, upto - 1)
