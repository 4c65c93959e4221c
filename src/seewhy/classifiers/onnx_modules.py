"""ONNX steps that are one of PyTorch's own modules, so that whatever knows those modules knows these steps too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Attributes = dict[str, Any]
Weights = Sequence[Tensor | None]


def module_for(kind: str, attributes: Attributes, weights: Weights, behind: str) -> nn.Module | None:
    """The module that does what an ONNX step of `kind` does to its first input; None where PyTorch has none.

    weights: the step's other inputs, None for those that are computed; behind: the kind of step it follows.
    """
    if any(weight is None for weight in weights):
        return None
    if kind in _ACTIVATIONS:
        return _ACTIVATIONS[kind](attributes)
    if kind == "Conv":
        return _conv(attributes, weights)
    if kind == "Gemm":
        return _linear(attributes, weights)
    if kind == "BatchNormalization" and behind == "Conv":
        return _batch_norm(attributes, weights)
    if kind == "MaxPool":
        return _max_pool(attributes)
    if kind == "GlobalAveragePool":
        return nn.AdaptiveAvgPool2d(1)
    return nn.Flatten() if kind == "Flatten" and attributes.get("axis", 1) == 1 else None


_ACTIVATIONS: dict[str, Callable[[Attributes], nn.Module]] = {
    "Relu": lambda _: nn.ReLU(),
    "LeakyRelu": lambda attributes: nn.LeakyReLU(attributes.get("alpha", 0.01)),
    "Elu": lambda attributes: nn.ELU(attributes.get("alpha", 1.0)),
    "Sigmoid": lambda _: nn.Sigmoid(),
    "Tanh": lambda _: nn.Tanh(),
    "Softplus": lambda _: nn.Softplus(),
    "HardSwish": lambda _: nn.Hardswish(),
    "Identity": lambda _: nn.Identity(),
}


def _conv(attributes: Attributes, weights: Weights) -> nn.Module | None:
    weight, bias = weights[0], weights[1] if len(weights) > 1 else None
    pads = _symmetric(attributes)
    if weight is None or weight.ndim != 4 or pads is None:
        return None
    groups = attributes.get("group", 1)
    stride, dilation = (tuple(attributes.get(key, (1, 1))) for key in ("strides", "dilations"))
    kernel = (weight.shape[2], weight.shape[3])
    made = nn.utils.skip_init(
        nn.Conv2d, weight.shape[1] * groups, len(weight), kernel, stride, pads, dilation, groups, bias is not None
    )
    return _filled(made, weight=weight, bias=bias)


def _linear(attributes: Attributes, weights: Weights) -> nn.Module | None:
    weight, bias = weights[0], weights[1] if len(weights) > 1 else None
    plain = attributes.get("alpha", 1.0) == attributes.get("beta", 1.0) == 1.0 and not attributes.get("transA", 0)
    if weight is None or not plain or (bias is not None and bias.ndim != 1):
        return None
    weight = weight if attributes.get("transB", 0) else weight.T.contiguous()
    made = nn.utils.skip_init(nn.Linear, weight.shape[1], weight.shape[0], bias is not None)
    return _filled(made, weight=weight, bias=bias)


def _batch_norm(attributes: Attributes, weights: Weights) -> nn.Module:
    scale, bias, mean, variance = weights
    made = nn.BatchNorm2d(len(scale) if scale is not None else 0, attributes.get("epsilon", 1e-5))
    return _filled(made, weight=scale, bias=bias, running_mean=mean, running_var=variance)


def _max_pool(attributes: Attributes) -> nn.Module | None:
    kernel, pads = attributes["kernel_shape"], _symmetric(attributes)
    if len(kernel) != 2 or pads is None or any(2 * pad > side for pad, side in zip(pads, kernel, strict=True)):
        return None
    stride, dilation = (tuple(attributes.get(key, (1, 1))) for key in ("strides", "dilations"))
    return nn.MaxPool2d(tuple(kernel), stride, pads, dilation, ceil_mode=bool(attributes.get("ceil_mode", 0)))


def _symmetric(attributes: Attributes) -> tuple[int, int] | None:
    """Padding that is the same on both sides, as PyTorch's modules have it; None for any other."""
    pads = attributes.get("pads", [0, 0, 0, 0])
    plain = attributes.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    return (pads[0], pads[1]) if plain and len(pads) == 4 and pads[:2] == pads[2:] else None


def _filled(module: nn.Module, **tensors: Tensor | None) -> nn.Module:
    with torch.no_grad():
        for name, tensor in tensors.items():
            if tensor is not None:
                getattr(module, name).copy_(tensor)
    return module
