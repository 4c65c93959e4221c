"""Which values of its inputs a step of a network reads, for every kind of layer; knows no model and no names.

A reach is a set of values of one image's tensor: for every axis, which places of it. (C, H, W) maps have three axes.
What a step's kind does not tell, it reads: unknown steps read everything.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from seewhy.interpolants import kinds

Mask = NDArray[np.bool_]
Reach = tuple[Mask, ...]
Shape = tuple[int, ...]


def everything(shape: Shape) -> Reach:
    """All values of a tensor."""
    return tuple(np.ones(size, bool) for size in shape)


def nothing(shape: Shape) -> Reach:
    """No value of a tensor."""
    return tuple(np.zeros(size, bool) for size in shape)


def one(shape: Shape, place: tuple[int, ...]) -> Reach:
    """One value of a tensor."""
    reach = nothing(shape)
    for axis, index in zip(reach, place, strict=True):
        axis[index] = True
    return reach


def both(first: Reach, second: Reach) -> Reach:
    """The smallest reach with both in it."""
    if is_empty(first):
        return second
    return first if is_empty(second) else tuple(a | b for a, b in zip(first, second, strict=True))


def is_empty(reach: Reach) -> bool:
    """Whether there is no value in it."""
    return any(not axis.any() for axis in reach)


# Layers with windows


def window(
    axis: Mask, length: int, kernel: int, stride: int = 1, dilation: int = 1, before: int = 0, padding: str = "constant"
) -> Mask:
    """The places of an input axis of `length` that the windows at the places `axis` of the output see.

    >>> window(np.array([True, False, False, False]), 4, kernel=3, before=1).astype(int)
    array([1, 1, 0, 0])
    """
    starts = np.flatnonzero(axis) * stride - before
    places = (starts[:, None] + dilation * np.arange(kernel)).ravel()
    if padding != "constant":  # what lies outside is a copy of something inside
        reach = max(0, -int(places.min(initial=0)), int(places.max(initial=0)) - length + 1)
        copies = np.pad(np.arange(length), reach, mode=padding)  # type: ignore[call-overload]
        places = copies[places + reach]
    seen = np.zeros(length, bool)
    seen[places[(places >= 0) & (places < length)]] = True
    return seen


def transposed(axis: Mask, length: int, kernel: int, stride: int, dilation: int, before: int) -> Mask:
    """The same for a transposed convolution: input i goes to the places i · stride − before + dilation · k."""
    ends = np.arange(length)[:, None] * stride - before + dilation * np.arange(kernel)
    inside = (ends >= 0) & (ends < len(axis))
    return np.asarray((inside & axis[ends.clip(0, len(axis) - 1)]).any(1))


def adaptive(axis: Mask, length: int) -> Mask:
    """The same for adaptive pooling: place i sees from ⌊i · L / n⌋ to before ⌈(i + 1) · L / n⌉."""
    seen, count = np.zeros(length, bool), len(axis)
    for place in np.flatnonzero(axis):
        seen[place * length // count : -(-(place + 1) * length // count)] = True
    return seen


def groups(channels: Mask, before: int, count: int) -> Mask:
    """The input channels in the same groups as the output `channels`."""
    return np.repeat(channels.reshape(count, -1).any(1), before // count)


def convolution(layer: Any, reach: Reach, shape: Shape) -> Reach:
    """What a convolution of any number of axes reads, grouped, dilated, and padded in any way."""
    before = padding_before(layer)
    mode = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[layer.padding_mode]
    settings = zip(layer.kernel_size, layer.stride, layer.dilation, before, strict=True)
    places = (
        window(axis, n, *setting, padding=mode) for axis, n, setting in zip(reach[1:], shape[1:], settings, strict=True)
    )
    return groups(reach[0], shape[0], layer.groups), *places


def transposed_convolution(layer: Any, reach: Reach, shape: Shape) -> Reach:
    """What a transposed convolution reads."""
    settings = zip(layer.kernel_size, layer.stride, layer.dilation, layer.padding, strict=True)
    places = (transposed(axis, n, *setting) for axis, n, setting in zip(reach[1:], shape[1:], settings, strict=True))
    return groups(reach[0], shape[0], layer.groups), *places


def pooling(settings: dict[str, Any], reach: Reach, shape: Shape) -> Reach:
    """What a pooling of any number of axes reads: its own channel."""
    count = len(shape) - 1
    kernel = each(settings["kernel_size"], count)
    stride = each(settings.get("stride") or kernel, count)
    dilation, before = each(settings.get("dilation", 1), count), each(settings.get("padding", 0), count)
    places = zip(reach[1:], shape[1:], kernel, stride, dilation, before, strict=True)
    return reach[0], *(window(*place) for place in places)


def padding_before(layer: Any) -> tuple[int, ...]:
    """The places of padding before each axis; the second half of an uneven "same" is larger."""
    if not isinstance(layer.padding, str):
        return tuple(layer.padding)
    if layer.padding == "valid":
        return (0,) * len(layer.kernel_size)
    return tuple(d * (k - 1) // 2 for d, k in zip(layer.dilation, layer.kernel_size, strict=True))


def each(value: Any, count: int) -> tuple[int, ...]:
    """A setting of a layer, for each of its axes."""
    if isinstance(value, int):
        return (value,) * count
    return tuple(value) * count if len(value) == 1 else tuple(value)


# Layers that mix along whole axes


def along(axes: tuple[int, ...], reach: Reach, shape: Shape) -> Reach:
    """What a step reads that mixes all places of `axes`, counted without the batch, and keeps the others apart."""
    whole = {axis % len(shape) for axis in axes}
    return tuple(np.ones(n, bool) if i in whole else axis for i, (axis, n) in enumerate(zip(reach, shape, strict=True)))


def reduced(axes: tuple[int, ...], kept: bool, reach: Reach, shape: Shape) -> Reach:
    """The same where the output has lost `axes`, or keeps them with length 1."""
    whole = {axis % len(shape) for axis in axes}
    rest = iter([axis for i, axis in enumerate(reach) if not (kept and i in whole)])
    return tuple(np.ones(n, bool) if i in whole else next(rest) for i, n in enumerate(shape))


def broadcast(reach: Reach, shape: Shape) -> Reach:
    """What an element-wise step reads of an input that was broadcast; shapes without the batch."""
    own = reach[len(reach) - len(shape) :]
    return tuple(axis if len(axis) == n else np.array([axis.any()]) for axis, n in zip(own, shape, strict=True))


def module_reads(layer: nn.Module, reach: Reach, shape: Shape) -> Reach | None:
    """What `layer` reads of its input of `shape` for the values `reach` of its output; None for unknown kinds."""
    kind = type(layer)
    match layer:
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d() if kind in kinds.CONVOLUTIONS:
            return convolution(layer, reach, shape)
        case nn.ConvTranspose1d() | nn.ConvTranspose2d() | nn.ConvTranspose3d() if kind in kinds.TRANSPOSED:
            return transposed_convolution(layer, reach, shape)
        case nn.MaxPool1d() | nn.MaxPool2d() | nn.MaxPool3d() | nn.AvgPool1d() | nn.AvgPool2d() | nn.AvgPool3d():
            return pooling(vars(layer), reach, shape) if kind in kinds.POOLINGS else None
        case nn.Linear() if kind is nn.Linear:
            return along((-1,), reach, shape)
        case nn.BatchNorm1d() | nn.BatchNorm2d() | nn.BatchNorm3d() if layer.running_mean is not None:
            return reach
        case nn.LayerNorm():
            return along(tuple(range(-len(layer.normalized_shape), 0)), reach, shape)
        case nn.GroupNorm():
            return groups(reach[0], shape[0], layer.num_groups), *everything(shape[1:])
        case nn.Softmax() | nn.LogSoftmax() if layer.dim not in (None, 0):
            return along((axis_of(int(layer.dim or 0), shape),), reach, shape)
    if kind in kinds.ADAPTIVE:
        return reach[0], *(adaptive(axis, n) for axis, n in zip(reach[1:], shape[1:], strict=True))
    if kind in kinds.INSTANCE_NORMS:
        return reach[0], *everything(shape[1:])
    return None


def axis_of(dim: int, shape: Shape) -> int:
    """An axis as torch counts it, with the batch, counted without it: −1 stays the last."""
    return dim - 1 if dim > 0 else dim + len(shape)
