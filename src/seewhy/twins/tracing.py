"""A network as a graph that can be rewritten: a copy in double precision and eval mode; knows no rewriting."""

from __future__ import annotations

import copy
from collections import Counter

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from seewhy.inference.graph import Tracer

EXACT = 1e-9  # of the scores' range: in double precision, a twin must give what the network gives


def traced(module: nn.Module, shape: tuple[int, ...]) -> fx.GraphModule:
    """A copy of `module` whose nodes know the shapes of their outputs for an image (C, H, W).

    Raises: ValueError where its code cannot be traced.
    """
    try:
        own = copy.deepcopy(module).double().eval()
        graph = fx.GraphModule(own, Tracer().graph_of(own))
        with torch.no_grad():
            ShapeProp(graph).propagate(torch.zeros(1, *shape, dtype=torch.float64))
    except Exception as error:  # whatever the module's own code raises when it meets no real tensor
        raise ValueError(f"its code cannot be traced ({type(error).__name__})") from error
    return graph


def shape_of(node: fx.Node) -> tuple[int, ...] | None:
    """The shape of what a node gives; None where that is no tensor."""
    known = node.meta.get("tensor_meta")
    shape = getattr(known, "shape", None)
    return None if shape is None else tuple(shape)


def layer_of(graph: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    """The layer that a node runs, where it runs one and nobody else runs it."""
    if node.op != "call_module":
        return None
    runs = Counter(other.target for other in graph.graph.nodes if other.op == "call_module")
    return graph.get_submodule(str(node.target)) if runs[node.target] == 1 else None


def put(graph: fx.GraphModule, node: fx.Node, layer: nn.Module) -> None:
    """Another layer in the place of the one that a node runs."""
    place, _, name = str(node.target).rpartition(".")
    setattr(graph.get_submodule(place), name, layer)


def largest_difference(one: nn.Module, other: nn.Module, shape: tuple[int, ...], seed: int = 0) -> tuple[float, float]:
    """How far the scores of two networks differ at most for eight random images (C, H, W), and their largest size."""
    x = torch.randn(8, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    with torch.no_grad():
        first: Tensor = one(x)
        second: Tensor = other(x)
    return float((first - second).abs().max()), float(first.abs().max())
