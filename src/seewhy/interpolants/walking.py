"""A network as a graph that is walked backwards: which values of an earlier layer can reach a value of a later one."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn
from torch.nn import functional as F

from seewhy.inference import graph
from seewhy.interpolants import kinds, reads
from seewhy.interpolants.reads import Reach, Shape

SEVERAL = object()  # stands for the value of a step that gives several tensors
IMAGES = 2  # in the probe: what a step moves from one image into another is not walked


class Walk:
    """The steps of a module in eval mode, for images of one shape.

    names: the step that gives the output of each submodule, by its last run, and "input".
    shapes: of each step's tensor for one image; steps that the image has no influence on are not in it.

    Raises: ValueError with the reason where the module cannot be traced.
    """

    def __init__(self, module: nn.Module, shape: Shape) -> None:
        tracer = _NamingTracer()
        try:
            self._graph = tracer.graph_of(module)
        except Exception as error:  # whatever the module's own code raises when it meets no real tensor
            raise ValueError(f"its code cannot be traced ({type(error).__name__})") from error
        self._modules = dict(module.named_modules())
        self._nodes = list(self._graph.nodes)
        places = [node for node in self._nodes if node.op == "placeholder"]
        if len(places) != 1:
            raise ValueError("it does not take one image")
        self.names = {"input": places[0], **tracer.outputs}
        self._sources = self._resolved()
        self._values, self.shapes = self._run(module, shape)
        self._origins: dict[fx.Node, NDArray[np.int64] | None] = {}

    def back(self, start: fx.Node, reach: Reach, end: fx.Node) -> Reach:
        """The values of step `end` that can reach the values `reach` of step `start`."""
        reaches = {start: reach}
        if start is end:
            return reach
        first, last = self._nodes.index(end), self._nodes.index(start)
        for node in reversed(self._nodes[first + 1 : last + 1]):
            wanted = reaches.pop(node, None)
            if wanted is None or reads.is_empty(wanted):
                continue
            for source, part in self._reads(node, wanted):
                reaches[source] = reads.both(reaches[source], part) if source in reaches else part
        return reaches.get(end, reads.nothing(self.shapes[end]))

    # What one step reads

    def _reads(self, node: fx.Node, reach: Reach) -> list[tuple[fx.Node, Reach]]:
        sources = list(dict.fromkeys(self._sources[node].values()))
        several = [source for source in sources if self._values.get(source) is SEVERAL]
        if node.target is operator.getitem and several:
            return self._reads_of_part(node, several[0], reach)
        if several:
            parts = [s for source in several for s in self._sources[source].values()]
            inputs = dict.fromkeys(s for s in parts + sources if s in self.shapes)
            return [(s, reads.everything(self.shapes[s])) for s in inputs]
        if node.target in (torch.cat, torch.concat):
            return self._reads_of_joined(node, reach)
        known = [source for source in sources if source in self.shapes]
        return [(source, self._reads_of(node, source, reach, known)) for source in known]

    def _reads_of(self, node: fx.Node, source: fx.Node, reach: Reach, sources: list[fx.Node]) -> Reach:
        """What `node` reads of `source`; everything where its kind is unknown."""
        shape, found = self.shapes[source], None
        if node.op == "call_module":
            found = reads.module_reads(self._modules[str(node.target)], reach, shape)
        if found is None and kinds.is_pointwise(node, self._modules) and len(shape) == len(reach):
            found = reads.broadcast(reach, shape)
        if found is None and len(sources) == 1:
            found = self._reads_of_call(node, reach, shape)
        if found is None and len(sources) == 1 and kinds.moves(node, self._modules):
            found = self._moved(self._origin(node, source, self._function(node)), reach, shape)
        return reads.everything(shape) if found is None else found

    def _reads_of_call(self, node: fx.Node, reach: Reach, shape: Shape) -> Reach | None:
        """What functions and methods with settings read; None where they are of another kind."""
        args, kwargs = self._settings(node)
        if node.target in kinds.POOLING_FUNCTIONS:
            settings = dict(zip(kinds.POOLING_FUNCTIONS[node.target], args, strict=False)) | kwargs
            return reads.pooling(settings, reach, shape)
        if node.target in (F.adaptive_avg_pool2d, F.adaptive_max_pool2d, F.adaptive_avg_pool1d):
            return reach[0], *(reads.adaptive(axis, n) for axis, n in zip(reach[1:], shape[1:], strict=True))
        if node.target in (F.softmax, torch.softmax, "softmax", F.log_softmax, torch.log_softmax, "log_softmax"):
            dim = kwargs.get("dim", args[0] if args else None)
            return reads.along((reads.axis_of(dim, shape),), reach, shape) if isinstance(dim, int) and dim else None
        if node.target is F.layer_norm:
            return reads.along(tuple(range(-len(kwargs.get("normalized_shape") or args[0]), 0)), reach, shape)
        if node.target is F.linear:
            return reads.along((-1,), reach, shape)
        if node.target in kinds.REDUCTIONS:
            return self._reads_of_reduction(args, kwargs, reach, shape)
        return None

    def _reads_of_reduction(self, args: Any, kwargs: Any, reach: Reach, shape: Shape) -> Reach | None:
        given = dict(zip(("dim", "keepdim"), args, strict=False)) | kwargs
        dims = given.get("dim")
        dims = (dims,) if isinstance(dims, int) else tuple(dims or ())
        if not dims or 0 in dims or -len(shape) - 1 in dims:
            return None
        return reads.reduced(
            tuple(reads.axis_of(dim, shape) for dim in dims), bool(given.get("keepdim", False)), reach, shape
        )

    def _reads_of_joined(self, node: fx.Node, reach: Reach) -> list[tuple[fx.Node, Reach]]:
        """Each part of a concatenation reads what lies in its own part."""
        listed = node.args[0] if isinstance(node.args[0], tuple | list) else ()
        parts = [self._sources[node][part] for part in listed if isinstance(part, fx.Node)]
        dim = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 0)
        known = [part for part in parts if part in self.shapes]
        if not isinstance(dim, int) or dim in (0, -len(reach) - 1):
            return [(part, reads.everything(self.shapes[part])) for part in dict.fromkeys(known)]
        axis, start = reads.axis_of(dim, tuple(map(len, reach))), 0
        found: list[tuple[fx.Node, Reach]] = []
        for part in parts:
            size = self._all_shapes[part][axis + 1]
            if part in self.shapes:
                own = reach[axis][start : start + size]
                found.append((part, (*reach[:axis], own, *reach[axis + 1 :])))
            start += size
        return _merged(found)

    def _reads_of_part(self, node: fx.Node, source: fx.Node, reach: Reach) -> list[tuple[fx.Node, Reach]]:
        """One tensor out of several: what it reads of the inputs of the step that gave them all."""
        before = [s for s in self._sources[source].values() if s in self.shapes]
        if len(before) == 1 and kinds.moves(source, self._modules):
            split, number = self._function(source), node.args[1]
            origin = self._origin(node, before[0], lambda x: split(x)[number])
            found = self._moved(origin, reach, self.shapes[before[0]])
            if found is not None:
                return [(before[0], found)]
        return [(s, reads.everything(self.shapes[s])) for s in dict.fromkeys(before)]

    # Steps that only move values: what they do to the values' numbers tells where each comes from

    def _origin(self, node: fx.Node, source: fx.Node, function: Callable[[Tensor], Any]) -> NDArray[np.int64] | None:
        """For each value of `node`, which of `source` it is, from 1; 0 where it is none; None if not so simple."""
        if node not in self._origins and not self._is_plain(node, source):
            self._origins[node] = None  # it is moved to places that another computed tensor names
        if node not in self._origins:
            shape = self.shapes[source]
            count = int(np.prod(shape))
            numbers = torch.arange(1, IMAGES * count + 1, dtype=torch.float64).view(IMAGES, *shape)
            given = function(numbers)
            fits = isinstance(given, Tensor) and tuple(given.shape) == (IMAGES, *self.shapes[node])
            origin = given[0].nan_to_num(0, 0, 0).numpy() if fits else None
            stays = origin is not None and bool((origin <= count).all()) and bool((origin == origin.round()).all())
            self._origins[node] = origin.clip(0).astype(np.int64) if stays and origin is not None else None
        return self._origins[node]

    def _moved(self, origin: NDArray[np.int64] | None, reach: Reach, shape: Shape) -> Reach | None:
        if origin is None:
            return None
        chosen = origin[np.ix_(*reach)]
        found = reads.nothing(shape)
        for axis, places in zip(found, np.unravel_index(chosen[chosen > 0] - 1, shape), strict=True):
            axis[places] = True
        return found

    def _function(self, node: fx.Node) -> Callable[[Tensor], Any]:
        """The step as a function of its one tensor."""

        def call(x: Tensor) -> Any:
            if node.op == "call_module":
                return self._modules[str(node.target)](x)
            args, kwargs = self._settings(node)
            if node.op == "call_method":
                method = "reshape" if node.target == "view" else str(node.target)
                return getattr(x, method)(*args, **kwargs)
            return node.target(x, *args, **kwargs)  # type: ignore[operator]

        return call

    def _settings(self, node: fx.Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What stands behind the first argument; sizes that the module computed are filled in."""
        args, kwargs = fx.node.map_arg((node.args[1:], dict(node.kwargs)), lambda n: self._values.get(n))
        return args, dict(kwargs)

    # Once, at the start

    def _resolved(self) -> dict[fx.Node, dict[fx.Node, fx.Node]]:
        """For each step, its inputs and the steps that wrote them last: in-place steps overwrite what others read."""
        writer: dict[fx.Node, fx.Node] = {}
        sources: dict[fx.Node, dict[fx.Node, fx.Node]] = {}
        for node in self._nodes:
            sources[node] = {n: writer.get(n, n) for n in node.all_input_nodes}
            layer = self._modules[str(node.target)] if node.op == "call_module" else None
            if node.all_input_nodes and graph.in_place(node, layer):
                written = node.all_input_nodes[0]
                if len(node.all_input_nodes) > 1 and kinds.moves(written, self._modules):
                    raise ValueError("it writes into a part of a tensor")
                last = writer.get(written, written)
                for other in [written, *(n for n, w in writer.items() if w is last), last]:
                    writer[other] = node
        return sources

    def _run(self, module: nn.Module, shape: Shape) -> tuple[dict[fx.Node, Any], dict[fx.Node, Shape]]:
        """The sizes and other plain values of all steps, and the shapes of those that the image reaches."""
        like = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(()))
        probe = torch.rand(IMAGES, *shape, generator=torch.Generator().manual_seed(0)).to(like)
        recorder = _Recorder(module, self._graph)
        with torch.no_grad():
            wanted = module(probe)
            try:
                given = recorder.run(probe)
            except Exception as error:  # the module's own code, at other values
                raise ValueError(f"its traced steps do not run ({type(error).__name__})") from error
        if not isinstance(given, Tensor) or not isinstance(wanted, Tensor) or given.shape != wanted.shape:
            raise ValueError("it does not give one tensor")
        if not bool((given - wanted).abs().max() <= graph.TOLERANCE * wanted.abs().max()):
            raise ValueError("its traced steps give other scores than its own code")
        varies = {self.names["input"]}
        shapes: dict[fx.Node, Shape] = {}
        for node in self._nodes:
            if node not in varies and not any(s in varies for s in self._sources[node].values()):
                continue
            if node.target in kinds.NUMBERS:
                raise ValueError("it computes with plain numbers that it takes from images")
            full = recorder.shapes.get(node)
            if full is not None and full[:1] != (IMAGES,):
                raise ValueError("it mixes the images of a batch")
            if full is not None:
                shapes[node] = full[1:]
            if full is not None or recorder.values.get(node) is SEVERAL:
                varies.add(node)  # sizes do not vary
        self._all_shapes = recorder.shapes
        return recorder.values, shapes

    def _is_plain(self, node: fx.Node, source: fx.Node) -> bool:
        """Whether all that the step is told beside its one tensor are plain values."""
        others = {*self._sources[node].values()} - {source}
        return all(n in self._values for n in others)


class _NamingTracer(graph.Tracer):
    """Notes which step gives the output of each submodule, of those that are walked through too."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: dict[str, fx.Node] = {}

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        result = super().call_module(m, forward, args, kwargs)
        if isinstance(result, fx.Proxy):
            self.outputs[self.path_of_module(m)] = result.node
        return result


class _Recorder(fx.Interpreter):
    """Runs the steps; keeps the shapes of tensors, plain values, and what the module holds."""

    def __init__(self, module: nn.Module, steps: fx.Graph) -> None:
        super().__init__(module, graph=steps)
        self.values: dict[fx.Node, Any] = {}
        self.shapes: dict[fx.Node, Shape] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if n.op == "get_attr":
            self.values[n] = value
        if isinstance(value, Tensor):
            self.shapes[n] = tuple(value.shape)
        elif isinstance(value, tuple | list) and any(isinstance(v, Tensor) for v in value):
            self.values[n] = SEVERAL
        else:
            self.values[n] = value
        return value


def _merged(found: list[tuple[fx.Node, Reach]]) -> list[tuple[fx.Node, Reach]]:
    merged: dict[fx.Node, Reach] = {}
    for node, reach in found:
        merged[node] = reads.both(merged[node], reach) if node in merged else reach
    return list(merged.items())
