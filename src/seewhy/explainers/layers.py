"""Which layer a method looks at, and a layer's output as maps; knows no method."""

from __future__ import annotations

from math import isqrt

from torch import Tensor

from seewhy.classifiers.base import Classifier, LayerInfo


def default_layer(model: Classifier) -> str | None:
    """The end of the convolutional part, or of a transformer's tokens what the last block reads; None without either.

    The end of the convolutional part is the last layer as large as the last convolution's maps, before they shrink.
    A transformer has norms before attention, before the small network of each block, and at its end: the third from
    the end is what the last attention reads. Behind it, where only a class token is asked, the others have no say.
    """
    layers = model.layers()
    norms = [name for name, info in layers.items() if "norm" in info.kind.lower() and tokens(info)]
    if norms:
        return norms[max(0, len(norms) - 3)]
    convolutions = [info.shape for info in layers.values() if "conv" in info.kind.lower() and info.spatial]
    if not convolutions:
        return None
    size = convolutions[-1][1:]
    return [name for name, info in layers.items() if info.spatial and info.shape[1:] == size][-1]


def tokens(info: LayerInfo) -> bool:
    """Whether the layer gives tokens (T, D) that lie on a square grid, with or without a class token before them."""
    return len(info.shape) == 2 and info.shape[0] > 2 and _side(info.shape[0]) is not None


def as_maps(output: Tensor) -> Tensor | None:
    """A layer's output as maps (N, K, h, w): what it is, or tokens (N, T, D) laid on their grid; None where neither.

    A token more than the grid has is the class token; it comes first and belongs to no place.
    """
    if output.ndim == 4:
        return output
    side = _side(output.shape[1]) if output.ndim == 3 else None
    if side is None:
        return None
    places = output[:, -side * side :]
    return places.transpose(1, 2).reshape(len(output), -1, side, side)


def _side(count: int) -> int | None:
    """The side of the square grid that `count` tokens, or all but the first, fill."""
    side = isqrt(count)
    return side if side >= 1 and count in (side**2, side**2 + 1) else None
