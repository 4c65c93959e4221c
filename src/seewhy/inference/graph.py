"""A network as a list of steps, walked with torch.fx; batch norms are folded and dropout is gone."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from seewhy.inference import ops
from seewhy.inference.boxes import Window
from seewhy.inference.simplify import activated, in_memory_order, simplified

TOLERANCE = 1e-4  # of the scores' range: the steps must give what the module gives


@dataclass(frozen=True)
class Step:
    """One operation on the values of earlier steps.

    shape: its output for one image, without the batch; None where the image has no influence or it gives no tensor.
    dies: the values that no later step needs. overwrites: whether its first input may be overwritten.
    """

    op: ops.Op
    inputs: tuple[int, ...]
    shape: tuple[int, ...] | None = None
    dies: tuple[int, ...] = ()
    overwrites: bool = False

    @property
    def maps(self) -> bool:
        """Whether it gives maps (C, H, W)."""
        return self.shape is not None and len(self.shape) == 3


@dataclass(frozen=True)
class Program:
    """Steps in the order in which they run; the first is the image, the last gives the scores."""

    steps: tuple[Step, ...]
    device: torch.device
    dtype: torch.dtype

    @cached_property
    def whole_steps(self) -> list[tuple[int, Step]]:
        """The steps behind the image with their numbers, as whole passes take them."""
        return activated(self.steps)

    def read(self, x: Tensor) -> Tensor:
        """Images as the first step takes them."""
        return x.to(self.device, self.dtype).contiguous(memory_format=torch.channels_last)

    def scores(self, x: Tensor) -> Tensor:
        """Scores (N, K) of images (N, C, H, W); forgets each value as soon as nobody needs it."""
        values: dict[int, Any] = {0: self.read(x)}
        for index, step in self.whole_steps:
            values[index] = compute(step, [values[i] for i in step.inputs])
            for dead in step.dies:
                del values[dead]
        return values[len(self.steps) - 1]  # type: ignore[no-any-return]

    def values(self, x: Tensor) -> list[Any]:
        """What every step gives."""
        values: list[Any] = [self.read(x)]
        for step in self.steps[1:]:
            values.append(step.op.whole(*(values[i] for i in step.inputs)))
        return values


def compute(step: Step, inputs: list[Any]) -> Any:
    """The step's output; overwrites its first input where nobody else needs it."""
    if step.overwrites and isinstance(step.op, ops.Relu):
        return step.op.overwriting(inputs[0])
    return step.op.whole(*inputs)


def trace(module: nn.Module, shape: tuple[int, ...], device: torch.device, dtype: torch.dtype) -> Program:
    """`module`, in eval mode, as a program for images of `shape` (C, H, W).

    Raises: ValueError with the reason where it cannot be written as steps.
    """
    try:
        graph = Tracer().graph_of(module)
    except Exception as error:  # whatever the module's own code raises when it meets no real tensor
        raise ValueError(f"its code cannot be traced ({type(error).__name__})") from error
    steps = simplified(list(_written(graph, dict(module.named_modules()), module)))
    program = Program(tuple(_needed(steps)), device, dtype)
    generator = torch.Generator().manual_seed(0)
    probe = torch.rand(2, *shape, generator=generator)
    with torch.no_grad():
        wanted = module(program.read(probe))
        try:
            program = _described(program, program.values(probe))
            given = program.scores(probe)
        except (RuntimeError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise ValueError(f"its traced steps do not run ({type(error).__name__})") from error
    if given.shape != wanted.shape or not bool((given - wanted).abs().max() <= TOLERANCE * wanted.abs().max()):
        raise ValueError("its traced steps give other scores than its own code")
    return program


class Tracer(fx.Tracer):
    """torch.fx, with two lines of its own: while it traces, modules that run in other threads run as always."""

    _one_at_a_time = threading.Lock()

    def graph_of(self, module: nn.Module) -> fx.Graph:
        self._thread = threading.get_ident()
        with self._one_at_a_time:
            return self.trace(module)

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def _written(graph: fx.Graph, modules: Mapping[str, nn.Module], root: nn.Module) -> Iterator[Step]:
    places: dict[fx.Node, int] = {}
    count = 0
    nodes = [node for node in graph.nodes if node.op != "output"]
    (result,) = (node.args[0] for node in graph.nodes if node.op == "output")
    if not isinstance(result, fx.Node) or [n.op for n in nodes].count("placeholder") != 1:
        raise ValueError("it does not take one image and give one tensor")
    for node in nodes:
        layer = modules[node.target] if node.op == "call_module" else None
        source = node.all_input_nodes[0] if node.all_input_nodes else None
        if _does_nothing(node, layer):
            assert source is not None
            places[node] = places[source]
            continue
        op: ops.Op
        folded = _folded(source, layer, modules)
        if folded is not None and source is not None and len(source.users) == 1:
            op, inputs = folded, source.all_input_nodes
        elif layer is not None and _is_folded_later(node, layer, modules):
            continue
        else:
            op, inputs = _op(node, layer, root)
        yield Step(op, tuple(places[i] for i in inputs))
        places[node] = count
        count += 1
        if in_place(node, layer) and source is not None:
            for other, place in list(places.items()):
                if place == places[source]:
                    places[other] = places[node]  # whoever reads the old name from here on reads what was written
    if places[result] != count - 1:  # the last step must be the answer
        yield Step(ops.Other(lambda x: x), (places[result],))


def _needed(steps: list[Step]) -> list[Step]:
    """The steps that the last one needs, and the first."""
    kept = {0, len(steps) - 1}
    for index in range(len(steps) - 1, 0, -1):
        if index in kept:
            kept.update(steps[index].inputs)
    new = {old: index for index, old in enumerate(sorted(kept))}
    return [replace(steps[old], inputs=tuple(new[i] for i in steps[old].inputs)) for old in sorted(kept)]


def _described(program: Program, values: list[Any]) -> Program:
    """The steps with their shapes, and with the end of each value."""
    varies = [True]
    for step in program.steps[1:]:
        varies.append(any(varies[i] for i in step.inputs))
    last = {i: index for index, step in enumerate(program.steps) for i in step.inputs}
    described = []
    for index, (step, value) in enumerate(zip(program.steps, values, strict=True)):
        dies = tuple(i for i, end in last.items() if end == index)
        first = step.inputs[0] if step.inputs else 0
        mine = first in dies and varies[first] and program.steps[first].op.fresh
        shape = tuple(value.shape[1:]) if isinstance(value, Tensor) and varies[index] else None
        described.append(replace(step, shape=shape, dies=dies, overwrites=mine))
    return replace(program, steps=in_memory_order(tuple(described)))


# What each node is


def _op(node: fx.Node, layer: nn.Module | None, root: nn.Module) -> tuple[ops.Op, list[fx.Node]]:
    if node.op == "placeholder":
        return ops.Input(), []
    if node.op == "get_attr":
        value = operator.attrgetter(str(node.target))(root)
        return ops.Other(lambda: value), []
    known = _layer(layer) if layer is not None else _call(node)
    if known is not None and (layer is not None or isinstance(known, ops.Concat)):
        return known, node.all_input_nodes
    if known is not None:
        return known, node.all_input_nodes[:1]
    arithmetic = _arithmetic(node, root) if layer is None else None
    if arithmetic is not None:
        return arithmetic
    function, pointwise = _caller(node, layer), _is_pointwise(node, layer)
    return (ops.Pointwise(function) if pointwise else ops.Other(function)), node.all_input_nodes


def _layer(layer: nn.Module) -> ops.Op | None:
    """The layer as a step that can work on parts; None where it is of another kind."""
    match layer:
        case nn.Conv2d() if type(layer) is nn.Conv2d and layer.padding_mode == "zeros":
            return _conv(layer, layer.weight, layer.bias)
        case nn.BatchNorm2d() if type(layer) is nn.BatchNorm2d and layer.running_mean is not None:
            scale, shift = (v.to(layer.running_mean.dtype)[:, None, None] for v in ops.normalisation(layer))
            return ops.Affine(scale[None], shift[None])
        case nn.ReLU():
            return ops.Relu()
        case nn.ReLU6():
            return ops.Relu(6.0)
        case nn.MaxPool2d() if not layer.return_indices:
            return _max_pool(layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode)
        case nn.AvgPool2d():
            return _average_pool(
                layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode, layer.count_include_pad,
                layer.divisor_override,
            )  # fmt: skip
        case nn.AdaptiveAvgPool2d() if layer.output_size in (1, (1, 1)):
            return ops.GlobalMean(keepdim=True)
        case nn.Flatten() if (layer.start_dim, layer.end_dim) == (1, -1):
            return ops.Flatten()
        case nn.Linear() if type(layer) is nn.Linear:
            return ops.Linear(layer.weight, layer.bias)
    return None


def _call(node: fx.Node) -> ops.Op | None:
    """The function or method as a step that can work on parts; None where it is of another kind."""
    args, kwargs = node.args[1:], node.kwargs
    match node.target:
        case F.relu | torch.relu | torch.relu_ | "relu" | "relu_":
            return ops.Relu()
        case F.relu6:
            return ops.Relu(6.0)
        case torch.cat | torch.concat if isinstance(node.args[0], list | tuple):
            dim = kwargs.get("dim", args[0] if args else 0)
            return ops.Concat() if dim in (1, -3) and len(set(node.args[0])) == len(node.args[0]) else None
        case F.max_pool2d | torch.max_pool2d:
            names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
            given = _bound(names, args, kwargs)
            return None if given.pop("return_indices", False) else _max_pool(**given)
        case F.avg_pool2d:
            names = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
            return _average_pool(**_bound(names, args, kwargs))
        case F.adaptive_avg_pool2d if _bound(("output_size",), args, kwargs)["output_size"] in (1, (1, 1), [1, 1]):
            return ops.GlobalMean(keepdim=True)
        case torch.mean | "mean":
            given = _bound(("dim", "keepdim"), args, kwargs)
            if set(given) <= {"dim", "keepdim"} and given.get("dim") in ((2, 3), [2, 3], (-2, -1), [-2, -1]):
                return ops.GlobalMean(keepdim=bool(given.get("keepdim", False)))
        case torch.flatten | "flatten":
            given = _bound(("start_dim", "end_dim"), args, kwargs)
            return ops.Flatten() if (given.get("start_dim", 0), given.get("end_dim", -1)) == (1, -1) else None
        case "view" | "reshape" if len(args) == 2 and args[1] == -1 and _is_batch(args[0], node.args[0]):
            return ops.Flatten()
    return None


def _arithmetic(node: fx.Node, root: nn.Module) -> tuple[ops.Op, list[fx.Node]] | None:
    """A sum of two maps, or a map and a number for each channel; None for anything else."""
    if len(node.args) != 2 or node.kwargs or len(node.all_input_nodes) != 2:
        return None
    first, second = node.all_input_nodes
    if first.op == "get_attr" or first is not node.args[0]:
        return None
    if second.op != "get_attr":
        return (ops.Add(), [first, second]) if node.target in SUMS else None
    value = operator.attrgetter(str(second.target))(root)
    if not isinstance(value, Tensor) or value.dim() != 4 or value.numel() != value.shape[1]:
        return None
    one, nothing = torch.ones_like(value), torch.zeros_like(value)
    match node.target:
        case operator.sub:
            return ops.Affine(one, -value), [first]
        case operator.truediv:
            return ops.Affine(one / value, nothing), [first]
        case operator.mul:
            return ops.Affine(value, nothing), [first]
        case operator.add:
            return ops.Affine(one, value), [first]
    return None


def _is_batch(size: Any, of: Any) -> bool:
    """Whether `size` is the number of images of the node `of`."""
    if not isinstance(size, fx.Node):
        return False
    if size.target == "size":
        return bool(size.args == (of, 0))
    shape = size.args[0]
    is_shape = isinstance(shape, fx.Node) and (
        (shape.target is getattr and shape.args == (of, "shape")) or (shape.target == "size" and shape.args == (of,))
    )
    return bool(is_shape and size.target is operator.getitem and size.args[1] == 0)


def _conv(layer: nn.Conv2d, weight: Tensor, bias: Tensor | None) -> ops.Conv:
    before, after = _paddings(layer)
    windows = tuple(
        Window(layer.kernel_size[axis], layer.stride[axis], before[axis], layer.dilation[axis]) for axis in (0, 1)
    )
    weight = weight.detach().contiguous(memory_format=torch.channels_last)
    return ops.Conv(windows, after, 0.0, weight, None if bias is None else bias.detach(), layer.groups)  # type: ignore[arg-type]


def _paddings(layer: nn.Conv2d) -> tuple[ops.Pair, ops.Pair]:
    if not isinstance(layer.padding, str):
        return layer.padding, layer.padding  # type: ignore[return-value]
    if layer.padding == "valid":
        return (0, 0), (0, 0)
    total = [dilation * (kernel - 1) for dilation, kernel in zip(layer.dilation, layer.kernel_size, strict=True)]
    return (total[0] // 2, total[1] // 2), (total[0] - total[0] // 2, total[1] - total[1] // 2)


def _max_pool(
    kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> ops.Op | None:
    if ceil_mode:
        return None
    kernel, padding = _pair(kernel_size), _pair(padding)
    windows = _windows(kernel, _pair(stride or kernel_size), padding, _pair(dilation))
    return ops.MaxPool(windows, padding, float("-inf"))


def _average_pool(
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> ops.Op | None:
    kernel, padding = _pair(kernel_size), _pair(padding)
    same_divisor = divisor_override is not None or count_include_pad or padding == (0, 0)
    if ceil_mode or not same_divisor:
        return None
    windows = _windows(kernel, _pair(stride or kernel_size), padding, (1, 1))
    return ops.AveragePool(windows, padding, 0.0, divisor_override or kernel[0] * kernel[1])


def _windows(kernel: ops.Pair, stride: ops.Pair, padding: ops.Pair, dilation: ops.Pair) -> tuple[Window, Window]:
    one, two = (Window(kernel[axis], stride[axis], padding[axis], dilation[axis]) for axis in (0, 1))
    return one, two


def _pair(value: Any) -> ops.Pair:
    one, two = (value, value) if isinstance(value, int) else (value * 2 if len(value) == 1 else value)
    return int(one), int(two)


def _bound(names: Iterable[str], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip(names, args, strict=False)) | dict(kwargs)


POINTWISE_LAYERS = (
    nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid, nn.Tanh, nn.Softplus,
    nn.Softsign, nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.LogSigmoid, nn.Threshold,
)  # fmt: skip
POINTWISE_FUNCTIONS = (
    F.relu6, F.leaky_relu, F.elu, F.celu, F.selu, F.gelu, F.silu, F.mish, F.sigmoid, F.tanh, F.softplus, F.hardswish,
    F.hardsigmoid, F.hardtanh, torch.sigmoid, torch.tanh, torch.abs, torch.exp, torch.clamp,
    operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow,
    operator.iadd, operator.isub, operator.imul, operator.itruediv,
    torch.add, torch.sub, torch.mul, torch.div,
)  # fmt: skip
POINTWISE_METHODS = (
    "sigmoid", "tanh", "abs", "exp", "clamp", "add", "sub", "mul", "div",
    "add_", "sub_", "mul_", "div_", "sigmoid_", "tanh_", "clamp_",
)  # fmt: skip
SUMS = (operator.add, operator.iadd, torch.add, "add", "add_")
WRITING: dict[Any, Callable[..., Any]] = {
    operator.iadd: operator.add,
    operator.isub: operator.sub,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
}


def _is_pointwise(node: fx.Node, layer: nn.Module | None) -> bool:
    if layer is not None:
        return type(layer) in POINTWISE_LAYERS
    return node.target in (POINTWISE_METHODS if node.op == "call_method" else POINTWISE_FUNCTIONS)


def _does_nothing(node: fx.Node, layer: nn.Module | None) -> bool:
    if layer is not None:
        return isinstance(layer, nn.Identity | nn.Dropout | nn.Dropout1d | nn.Dropout2d | nn.Dropout3d)
    if node.target in (F.dropout, F.dropout2d):
        return not _bound(("p", "training"), node.args[1:], node.kwargs).get("training", True)
    return node.op == "call_method" and node.target in ("contiguous", "detach")


def in_place(node: fx.Node, layer: nn.Module | None) -> bool:
    if layer is not None:
        return bool(getattr(layer, "inplace", False))
    if node.op == "call_method":
        return str(node.target).endswith("_") and not str(node.target).endswith("__")
    return node.target in WRITING or node.target is torch.relu_ or bool(node.kwargs.get("inplace", False))


def _caller(node: fx.Node, layer: nn.Module | None) -> Callable[..., Any]:
    """The node as a function of its inputs' values that changes none of them."""
    nodes = node.all_input_nodes
    kwargs = {key: value for key, value in node.kwargs.items() if key != "inplace"}
    target: Any = _calm(layer) if layer is not None else WRITING.get(node.target, node.target)

    def call(*values: Any) -> Any:
        known = dict(zip(nodes, values, strict=True))
        filled: Any = fx.node.map_arg((node.args, kwargs), known.__getitem__)
        args, named = filled
        if node.op != "call_method":
            return target(*args, **named)
        if target == "view":
            return args[0].reshape(*args[1:], **named)  # channels-last maps cannot be viewed as vectors
        return getattr(args[0], target.removesuffix("_"))(*args[1:], **named)

    return call


def _calm(layer: nn.Module) -> nn.Module:
    """The layer, not in place; it belongs to our copy."""
    if getattr(layer, "inplace", False):
        layer.inplace = False  # type: ignore[assignment]
    return layer


# Folding


def _folded(source: fx.Node | None, layer: nn.Module | None, modules: Mapping[str, nn.Module]) -> ops.Conv | None:
    """The convolution `source` and the batch norm `layer` as one convolution; None where they are not that."""
    if type(layer) is not nn.BatchNorm2d or layer.running_mean is None or source is None:
        return None
    conv = modules.get(str(source.target)) if source.op == "call_module" else None
    if type(conv) is not nn.Conv2d or conv.padding_mode != "zeros" or len(source.users) != 1:
        return None
    scale, shift = ops.normalisation(layer)
    weight = conv.weight.double() * scale[:, None, None, None]
    bias = shift if conv.bias is None else conv.bias.double() * scale + shift
    return _conv(conv, weight.to(conv.weight.dtype), bias.to(conv.weight.dtype))


def _is_folded_later(node: fx.Node, layer: nn.Module, modules: Mapping[str, nn.Module]) -> bool:
    user = next(iter(node.users), None)
    following = modules.get(str(user.target)) if user is not None and user.op == "call_module" else None
    return type(layer) is nn.Conv2d and _folded(node, following, modules) is not None
