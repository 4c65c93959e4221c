"""A network made twice as wide, its units shuffled: each hidden unit twice, what follows weighs the two unequally.

The copies of a unit hold the same value, so the layers behind may share its weight between them in any two parts that
add up to 1, also 1.3 and −0.3. Channels that are added to each other must be shuffled alike: they form one space.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from seewhy.twins.tracing import layer_of, shape_of

# what treats each channel alone: equal channels stay equal
ALONE = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid,
    nn.Identity, nn.Dropout, nn.Dropout2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d,
    nn.Flatten,
)  # fmt: skip
ALONE_FUNCTIONS = {
    F.relu, torch.relu, F.gelu, F.silu, torch.sigmoid, torch.tanh, F.dropout, F.max_pool2d, F.avg_pool2d,
    F.adaptive_avg_pool2d, torch.flatten, "relu", "relu_", "flatten", "contiguous", "clone", "sigmoid", "tanh",
}  # fmt: skip
TOGETHER = {operator.add, operator.iadd, operator.mul, operator.imul, torch.add, torch.mul}


@dataclass
class Space:
    """Units that must be copied and shuffled alike, and the layers that make, pass on or read them."""

    units: int
    fixed: bool = False
    makers: list[fx.Node] = field(default_factory=list)
    passers: list[fx.Node] = field(default_factory=list)
    readers: list[fx.Node] = field(default_factory=list)

    def join(self, other: Space) -> None:
        """Take over all that belongs to `other`."""
        self.fixed |= other.fixed or self.units != other.units
        self.makers += other.makers
        self.passers += other.passers
        self.readers += other.readers


def widened(graph: fx.GraphModule, seed: int = 0) -> int:
    """Double and shuffle every space that can be; gives the number of units that were added."""
    generator = torch.Generator().manual_seed(seed)
    added = 0
    for space in _spaces(graph):
        if space.fixed or not space.makers:
            continue
        order = torch.randperm(2 * space.units, generator=generator)
        copies = torch.arange(space.units).repeat(2)[order]
        share = 0.6 + 0.8 * torch.rand(space.units, generator=generator, dtype=torch.float64)  # 0.6 to 1.4
        shares = torch.cat([share, 1 - share])[order]
        for node in space.makers:
            _make(graph.get_submodule(str(node.target)), copies)
        for node in space.passers:
            _pass_on(graph.get_submodule(str(node.target)), copies)
        for node in space.readers:
            _read(graph.get_submodule(str(node.target)), copies, shares, space.units)
        added += space.units
    return added


def _spaces(graph: fx.GraphModule) -> Iterator[Space]:
    """The spaces of units in a network; the image's and the scores' are fixed."""
    home: dict[fx.Node, Space] = {}
    for node in graph.graph.nodes:
        _place(graph, node, home)
    seen: set[int] = set()
    for space in home.values():
        if id(space) not in seen:
            seen.add(id(space))
            yield space


def _place(graph: fx.GraphModule, node: fx.Node, home: dict[fx.Node, Space]) -> None:
    """Find out to which space the units of `node` belong."""
    inputs = [other for other in node.all_input_nodes if other in home]
    layer, shape = layer_of(graph, node), shape_of(node)
    if node.op == "output" or shape is None:
        for other in inputs:
            home[other].fixed = True
        return
    first = home[inputs[0]] if inputs else None
    if first is not None and _weighs_all(layer):
        first.readers.append(node)
        home[node] = Space(shape[1], makers=[node])
    elif first is not None and (_norm(layer) or _one_to_one(layer)):
        first.passers.append(node)
        home[node] = first
    elif first is not None and len(inputs) == 1 and _alone(node, graph):
        home[node] = first
    elif len(inputs) == 2 and node.target in TOGETHER and _alike(inputs):
        _join(home, *inputs)
        home[node] = home[inputs[0]]
    else:
        for other in inputs:
            home[other].fixed = True
        home[node] = Space(shape[1] if len(shape) > 1 else 1, fixed=True)


def _join(home: dict[fx.Node, Space], one: fx.Node, other: fx.Node) -> None:
    kept, gone = home[one], home[other]
    if kept is gone:
        return
    kept.join(gone)
    for node, space in home.items():
        if space is gone:
            home[node] = kept


def _weighs_all(layer: nn.Module | None) -> bool:
    return isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.groups == 1)


def _one_to_one(layer: nn.Module | None) -> bool:
    return isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels == layer.out_channels


def _norm(layer: nn.Module | None) -> bool:
    return isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d)


def _alone(node: fx.Node, graph: fx.GraphModule) -> bool:
    """Whether the step treats each unit alone."""
    if node.op == "call_module":
        return isinstance(graph.get_submodule(str(node.target)), ALONE)
    if node.target in ALONE_FUNCTIONS:
        return "flatten" not in str(node.target) or _from_units(node)
    return node.target in {"mean", torch.mean} and _over_places(node)


def _from_units(node: fx.Node) -> bool:
    """Whether a flatten keeps the images apart."""
    start = node.args[1] if len(node.args) > 1 else node.kwargs.get("start_dim", 0)
    return bool(start == 1)


def _over_places(node: fx.Node) -> bool:
    """Whether a mean is over rows and columns only."""
    over: Any = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
    over = (over,) if isinstance(over, int) else over
    return over is not None and set(over) <= {2, 3, -1, -2}


def _alike(inputs: list[fx.Node]) -> bool:
    one, other = (shape_of(node) for node in inputs)
    return one is not None and other is not None and len(one) == len(other) and one[1] == other[1]


def _make(layer: nn.Module, copies: Tensor) -> None:
    """Rows of weights for the copies."""
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    layer.weight = nn.Parameter(layer.weight.detach()[copies])
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias.detach()[copies])
    _resize(layer, out=len(copies))


def _pass_on(layer: nn.Module, copies: Tensor) -> None:
    """What belongs to each unit alone, for the copies."""
    for name, tensor in [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]:
        if tensor.ndim:
            chosen = tensor.detach()[copies]
            setattr(layer, name, nn.Parameter(chosen) if isinstance(tensor, nn.Parameter) else chosen)
    if isinstance(layer, nn.Conv2d):
        layer.groups = layer.in_channels = layer.out_channels = len(copies)
    else:
        layer.num_features = len(copies)  # type: ignore[assignment]


def _read(layer: nn.Module, copies: Tensor, shares: Tensor, units: int) -> None:
    """Columns of weights for the copies, each with its share; a flattened unit has several columns."""
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    weight = layer.weight.detach()
    each = weight.shape[1] // units
    columns = (copies[:, None] * each + torch.arange(each)).flatten()
    parts = shares.repeat_interleave(each).reshape(1, -1, *[1] * (weight.ndim - 2))
    layer.weight = nn.Parameter(weight[:, columns] * parts)
    _resize(layer, into=len(columns))


def _resize(layer: nn.Conv2d | nn.Linear, out: int | None = None, into: int | None = None) -> None:
    for value, conv, linear in ((out, "out_channels", "out_features"), (into, "in_channels", "in_features")):
        if value is not None:
            setattr(layer, conv if isinstance(layer, nn.Conv2d) else linear, value)
