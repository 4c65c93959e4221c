"""Which layers, functions and methods read in the same way: one value each, whole axes, or values that only move."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from seewhy.inference import graph


def is_pointwise(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    """Whether each value of the step comes from the values at the same place."""
    if node.op == "call_module":
        return isinstance(modules[str(node.target)], graph.POINTWISE_LAYERS + POINTWISE_LAYERS)
    methods, functions = graph.POINTWISE_METHODS + POINTWISE_METHODS, graph.POINTWISE_FUNCTIONS + POINTWISE_FUNCTIONS
    return node.target in (methods if node.op == "call_method" else functions)


def moves(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    """Whether the step only moves, copies and drops values."""
    if node.op == "call_module":
        layer = modules[str(node.target)]
        return isinstance(layer, MOVING_LAYERS) or (isinstance(layer, nn.Upsample) and layer.mode == "nearest")
    if node.target is F.interpolate:
        return node.kwargs.get("mode", node.args[3] if len(node.args) > 3 else "nearest") == "nearest"
    return node.target in (MOVING_METHODS if node.op == "call_method" else MOVING_FUNCTIONS)


NUMBERS = ("item", "tolist", "numpy")
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
POOLINGS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
ADAPTIVE = (
    nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d,
    nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d,
)  # fmt: skip
INSTANCE_NORMS = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
POOLING_FUNCTIONS: dict[Callable[..., Any], tuple[str, ...]] = {
    F.max_pool1d: ("kernel_size", "stride", "padding", "dilation"),
    F.max_pool2d: ("kernel_size", "stride", "padding", "dilation"),
    F.avg_pool1d: ("kernel_size", "stride", "padding"),
    F.avg_pool2d: ("kernel_size", "stride", "padding"),
    torch.max_pool2d: ("kernel_size", "stride", "padding", "dilation"),
}
REDUCTIONS = (torch.mean, torch.sum, torch.amax, torch.amin, "mean", "sum", "amax", "amin")
POINTWISE_LAYERS = (
    nn.ReLU, nn.Identity, nn.PReLU, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout,
    nn.Hardshrink, nn.Softshrink, nn.Tanhshrink, nn.RReLU,
)  # fmt: skip
POINTWISE_FUNCTIONS = (
    F.relu, torch.relu, torch.relu_, F.dropout, F.dropout2d, torch.maximum, torch.minimum, torch.where, torch.sqrt,
    torch.rsqrt, torch.square, torch.log, torch.sign, torch.pow, torch.addcmul, F.hardsigmoid, F.logsigmoid,
    operator.gt, operator.lt, operator.ge, operator.le,
)  # fmt: skip
POINTWISE_METHODS = (
    "relu", "relu_", "contiguous", "detach", "clone", "to", "float", "double", "half", "sqrt", "rsqrt", "square",
    "log", "sign", "pow", "neg", "type_as", "abs_", "clamp_min", "clamp_max",
)  # fmt: skip
MOVING_LAYERS = (
    nn.Flatten, nn.Unflatten, nn.PixelShuffle, nn.PixelUnshuffle, nn.ChannelShuffle, nn.Unfold, nn.ZeroPad2d,
    nn.ConstantPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d, nn.CircularPad2d,
)  # fmt: skip
MOVING_FUNCTIONS = (
    operator.getitem, torch.flatten, torch.reshape, torch.permute, torch.transpose, torch.swapaxes, torch.movedim,
    torch.squeeze, torch.unsqueeze, torch.chunk, torch.split, torch.narrow, torch.roll, torch.flip, torch.tile,
    torch.unbind, F.pad, F.pixel_shuffle, F.pixel_unshuffle, F.channel_shuffle, F.unfold,
)  # fmt: skip
MOVING_METHODS = (
    "flatten", "view", "reshape", "permute", "transpose", "swapaxes", "movedim", "squeeze", "unsqueeze", "chunk",
    "split", "narrow", "roll", "flip", "tile", "repeat", "expand", "unbind", "unflatten",
)  # fmt: skip
