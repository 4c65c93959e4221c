"""What each ONNX operator computes, in PyTorch; only those that image classifiers use.

A function takes the node's attributes and its inputs in ONNX's order; an input that is left out is None.
Meaning: https://onnx.ai/onnx/operators
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Attributes = dict[str, Any]
Operator = Callable[..., Any]


def _pads(attributes: Attributes, x: Tensor, kernel: list[int]) -> list[int]:
    """Padding as PyTorch's `pad` takes it: the last axis first, before and behind."""
    axes = len(kernel)
    pads = attributes.get("pads", [0] * 2 * axes)
    how = attributes.get("auto_pad", "NOTSET")
    if how.startswith("SAME"):
        strides, dilations = (attributes.get(key, [1] * axes) for key in ("strides", "dilations"))
        pads = [0] * 2 * axes
        for axis, (k, s, d) in enumerate(zip(kernel, strides, dilations, strict=True)):
            size = x.shape[2 + axis]
            missing = max(0, (-(-size // s) - 1) * s + (k - 1) * d + 1 - size)
            first = missing // 2 if how == "SAME_UPPER" else missing - missing // 2
            pads[axis], pads[axis + axes] = first, missing - first
    return [side for axis in reversed(range(axes)) for side in (pads[axis], pads[axis + axes])]


def _padded(attributes: Attributes, x: Tensor, kernel: list[int], value: float) -> Tensor:
    pads = _pads(attributes, x, kernel)
    return F.pad(x, pads, value=value) if any(pads) else x


def _conv(attributes: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    kernel = list(weight.shape[2:])
    stride, dilation = (attributes.get(key, [1] * len(kernel)) for key in ("strides", "dilations"))
    convolve = {1: F.conv1d, 2: F.conv2d}[len(kernel)]
    return convolve(_padded(attributes, x, kernel, 0.0), weight, bias, stride, 0, dilation, attributes.get("group", 1))


def _max_pool(attributes: Attributes, x: Tensor) -> Tensor:
    kernel = attributes["kernel_shape"]
    stride, dilation = (attributes.get(key, [1] * len(kernel)) for key in ("strides", "dilations"))
    x = _padded(attributes, x, kernel, -torch.inf)
    return F.max_pool2d(x, kernel, stride, 0, dilation, ceil_mode=bool(attributes.get("ceil_mode", 0)))


def _average_pool(attributes: Attributes, x: Tensor) -> Tensor:
    if attributes.get("ceil_mode", 0):
        raise ValueError("its AveragePool rounds sizes up, which PyTorch counts otherwise")
    kernel = attributes["kernel_shape"]
    stride = attributes.get("strides", [1] * len(kernel))
    sums = F.avg_pool2d(_padded(attributes, x, kernel, 0.0), kernel, stride)
    if attributes.get("count_include_pad", 0):
        return sums
    inside = _padded(attributes, torch.ones_like(x[:1, :1]), kernel, 0.0)
    return sums / F.avg_pool2d(inside, kernel, stride)


def _batch_norm(attributes: Attributes, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, var: Tensor) -> Tensor:
    return F.batch_norm(x, mean, var, scale, bias, False, 0.0, attributes.get("epsilon", 1e-5))


def _gemm(attributes: Attributes, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    a = a.mT if attributes.get("transA", 0) else a
    b = b.mT if attributes.get("transB", 0) else b
    product: Tensor = attributes.get("alpha", 1.0) * (a @ b)
    return product if c is None else product + attributes.get("beta", 1.0) * c


def _clip(attributes: Attributes, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    least, most = attributes.get("min") if low is None else low, attributes.get("max") if high is None else high
    return x if least is None and most is None else torch.clip(x, least, most)


def _reshape(attributes: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    keep = not attributes.get("allowzero", 0)
    sides = [x.shape[i] if side == 0 and keep else side for i, side in enumerate(shape.tolist())]
    if sides and sides[0] == 1 and len(x) > 1:  # exported with one image at a time
        sides[0] = len(x)
    return x.reshape(sides)


def _flatten(attributes: Attributes, x: Tensor) -> Tensor:
    axis = attributes.get("axis", 1) % (x.ndim + 1)
    return x.flatten(axis) if axis == 1 else x.reshape(int(torch.tensor(x.shape[:axis]).prod()), -1)


def _axes(attributes: Attributes, axes: Tensor | None) -> list[int] | None:
    found = attributes.get("axes") if axes is None else axes.reshape(-1).tolist()
    return found or None


def _reduce(function: Callable[..., Tensor]) -> Operator:
    def reduced(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
        chosen = _axes(attributes, axes)
        if chosen is None and attributes.get("noop_with_empty_axes", 0):
            return x
        return function(x, dim=chosen or list(range(x.ndim)), keepdim=bool(attributes.get("keepdims", 1)))

    return reduced


def _squeeze(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    chosen = _axes(attributes, axes)
    return x.squeeze() if chosen is None else x.squeeze(tuple(chosen))


def _unsqueeze(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    chosen = _axes(attributes, axes) or []
    for axis in sorted(axis % (x.ndim + len(chosen)) for axis in chosen):
        x = x.unsqueeze(axis)
    return x


def _pad(
    attributes: Attributes, x: Tensor, pads: Tensor | None = None, value: Any = None, axes: Tensor | None = None
) -> Tensor:
    wanted = attributes["pads"] if pads is None else pads.tolist()
    chosen = list(range(x.ndim)) if axes is None else [axis % x.ndim for axis in axes.tolist()]
    before, behind = [0] * x.ndim, [0] * x.ndim
    for place, axis in enumerate(chosen):
        before[axis], behind[axis] = wanted[place], wanted[place + len(chosen)]
    order = [side for axis in reversed(range(x.ndim)) for side in (before[axis], behind[axis])]
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}[attributes.get("mode", "constant")]
    if mode == "constant":
        return F.pad(x, order, value=float(attributes.get("value", 0.0) if value is None else value))
    return F.pad(x, order[:4], mode)


def _slice(attributes: Attributes, x: Tensor, *where: Tensor | None) -> Tensor:
    starts, ends, axes, steps = (
        list(part.tolist()) if part is not None else None for part in (*where, *[None] * 4)[:4]
    )
    starts, ends = starts or attributes["starts"], ends or attributes["ends"]
    axes, steps = axes or attributes.get("axes") or list(range(len(starts))), steps or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        size = x.shape[axis]
        x = x.index_select(axis, torch.tensor(range(size)[slice(start, end if end > -size - 1 else None, step)]))
    return x


def _split(attributes: Attributes, x: Tensor, sizes: Tensor | None = None) -> tuple[Tensor, ...]:
    axis, wanted = attributes.get("axis", 0), attributes.get("split") if sizes is None else sizes.tolist()
    if wanted is None:
        wanted = -(-x.shape[axis] // attributes["num_outputs"])
    return tuple(x.split(wanted, axis))


def _gather(attributes: Attributes, x: Tensor, index: Tensor) -> Tensor:
    axis = attributes.get("axis", 0)
    index = torch.where(index < 0, index + x.shape[axis], index)
    return x.index_select(axis, index.reshape(-1)).reshape(*x.shape[:axis], *index.shape, *x.shape[axis:][1:])


def _constant(attributes: Attributes, shape: Tensor) -> Tensor:
    value: Tensor = attributes.get("value", torch.zeros(1))
    return value.reshape(()).expand(shape.tolist()).clone()


def _softmax(function: Callable[..., Tensor]) -> Operator:
    return lambda attributes, x: function(x, dim=attributes.get("axis", -1))


def _layer_norm(attributes: Attributes, x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Tensor:
    axis = attributes.get("axis", -1) % x.ndim
    return F.layer_norm(x, x.shape[axis:], scale, bias, attributes.get("epsilon", 1e-5))


def _cast(attributes: Attributes, x: Tensor) -> Tensor:
    return x.to({1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool, 11: torch.float64}[attributes["to"]])


def _gelu(attributes: Attributes, x: Tensor) -> Tensor:
    return F.gelu(x, approximate=attributes.get("approximate", "none"))


def _hard_sigmoid(attributes: Attributes, x: Tensor) -> Tensor:
    rising: Tensor = attributes.get("alpha", 0.2) * x + attributes.get("beta", 0.5)
    return rising.clip(0, 1)


def _global(function: Callable[..., Tensor]) -> Operator:
    return lambda _, x: function(x, dim=tuple(range(2, x.ndim)), keepdim=True)


def _plain(function: Callable[..., Any]) -> Operator:
    return lambda _, *inputs: function(*inputs)


OPERATORS: dict[str, Operator] = {
    "Abs": _plain(torch.abs),
    "Add": _plain(torch.add),
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda attributes, *parts: torch.cat(parts, attributes["axis"]),
    "ConstantOfShape": _constant,
    "Conv": _conv,
    "Div": _plain(torch.div),
    "Dropout": lambda _, x, *rest: x,
    "Elu": lambda attributes, x: F.elu(x, attributes.get("alpha", 1.0)),
    "Erf": _plain(torch.erf),
    "Exp": _plain(torch.exp),
    "Expand": lambda _, x, shape: x * torch.ones(shape.tolist(), dtype=x.dtype),
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": _global(torch.mean),
    "GlobalMaxPool": _global(torch.amax),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _plain(F.hardswish),
    "Identity": _plain(lambda x: x),
    "LayerNormalization": _layer_norm,
    "LeakyRelu": lambda attributes, x: F.leaky_relu(x, attributes.get("alpha", 0.01)),
    "Log": _plain(torch.log),
    "LogSoftmax": _softmax(torch.log_softmax),
    "MatMul": _plain(torch.matmul),
    "MaxPool": _max_pool,
    "Mul": _plain(torch.mul),
    "Neg": _plain(torch.neg),
    "PRelu": lambda _, x, slope: torch.where(x >= 0, x, x * slope),
    "Pad": _pad,
    "Pow": _plain(torch.pow),
    "Reciprocal": _plain(torch.reciprocal),
    "ReduceMax": _reduce(torch.amax),
    "ReduceMean": _reduce(torch.mean),
    "ReduceSum": _reduce(torch.sum),
    "Relu": _plain(F.relu),
    "Reshape": _reshape,
    "Selu": _plain(F.selu),
    "Shape": lambda _, x: torch.tensor(x.shape),
    "Sigmoid": _plain(torch.sigmoid),
    "Slice": _slice,
    "Softmax": _softmax(torch.softmax),
    "Softplus": _plain(F.softplus),
    "Split": _split,
    "Sqrt": _plain(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _plain(torch.sub),
    "Sum": lambda _, *parts: torch.stack(torch.broadcast_tensors(*parts)).sum(0),
    "Tanh": _plain(torch.tanh),
    "Transpose": lambda attributes, x: x.permute(attributes.get("perm", list(reversed(range(x.ndim))))),
    "Unsqueeze": _unsqueeze,
}
