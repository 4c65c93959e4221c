"""The steps of an ONNX graph as a PyTorch module, one child for each; knows the operators that image classifiers use.

Meaning of the operators: https://onnx.ai/onnx/operators
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seewhy.classifiers.onnx_modules import module_for
from seewhy.classifiers.onnx_operators import OPERATORS


class Graph(nn.Module):
    """A graph of ONNX steps from images (N, C, H, W) to logits (N, K)."""

    def __init__(self, message: Any, channels_last: bool) -> None:
        super().__init__()
        import onnx

        graph = message.graph
        self._channels_last = channels_last
        weights = {tensor.name: _tensor(onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer}
        self._input = next(one.name for one in graph.input if one.name not in weights)
        self._output = graph.output[0].name
        steps = list(graph.node)
        if steps and steps[-1].op_type == "Softmax" and steps[-1].output[0] == self._output:
            self._output = steps.pop().input[0]  # scores are logits
        self._constants = {}
        self._steps: list[tuple[nn.Module, list[str], list[str]]] = []
        kinds: dict[str, str] = {}
        for index, node in enumerate(steps):
            attributes = {a.name: _value(onnx.helper.get_attribute_value(a), onnx) for a in node.attribute}
            if node.op_type == "Constant":
                self._constants[node.output[0]] = _constant(attributes)
                continue
            own = {name: weights[name] for name in node.input if name in weights}
            inputs = list(node.input)
            others = [weights.get(name) for name in inputs[1:] if name]
            behind = kinds.get(inputs[0], "") if inputs else ""
            native = module_for(node.op_type, attributes, others, behind)
            step = Step(node.op_type, attributes, own) if native is None else native
            kinds |= dict.fromkeys(node.output, node.op_type)
            self._steps.append((step, inputs if native is None else inputs[:1], list(node.output)))
            self.add_module(_free_name(self, node.name or f"{node.op_type}_{index}"), step)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, K)."""
        known: dict[str, Any] = {**self._constants, self._input: x.permute(0, 2, 3, 1) if self._channels_last else x}
        for step, inputs, outputs in self._steps:
            own = step.own if isinstance(step, Step) else lambda name: None
            found = step(*(known[name] if name in known else own(name) for name in inputs))
            known.update(zip(outputs, found if isinstance(found, tuple | list) else [found], strict=False))
        result: Tensor = known[self._output]
        return result.flatten(1)


class Step(nn.Module):
    """One ONNX node with the weights it reads."""

    def __init__(self, kind: str, attributes: dict[str, Any], weights: dict[str, Tensor]) -> None:
        super().__init__()
        if kind not in OPERATORS:
            raise ValueError(f"its step {kind} is not known in PyTorch here")
        self.kind = kind
        self.attributes = attributes
        for index, tensor in enumerate(weights.values()):
            if tensor.is_floating_point():
                self.register_parameter(f"weight{index}", nn.Parameter(tensor))
            else:
                self.register_buffer(f"weight{index}", tensor)
        self._names = {name: f"weight{index}" for index, name in enumerate(weights)}

    def own(self, name: str) -> Tensor | None:
        """The step's weight that the graph calls `name`; None for an input that is left out."""
        return getattr(self, self._names[name]) if name in self._names else None

    def extra_repr(self) -> str:
        """What the step is, for the fingerprint."""
        return f"{self.kind} {self.attributes}"

    def forward(self, *inputs: Any) -> Any:
        """What the operator gives for its inputs."""
        return OPERATORS[self.kind](self.attributes, *inputs)


def as_module(message: Any, channels_last: bool) -> nn.Module:
    """The graph in an ONNX message as a module; ValueError where a step is not known."""
    return Graph(message, channels_last).eval()


def _tensor(array: Any) -> Tensor:
    return torch.from_numpy(np.array(array))


def _value(value: Any, onnx: Any) -> Any:
    if isinstance(value, onnx.TensorProto):
        return _tensor(onnx.numpy_helper.to_array(value))
    if isinstance(value, bytes):
        return value.decode()
    return list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def _constant(attributes: dict[str, Any]) -> Tensor:
    (value,) = attributes.values()
    return value if isinstance(value, Tensor) else torch.tensor(value)


def _free_name(module: nn.Module, name: str) -> str:
    name = name.strip("/").replace("/", "_").replace(".", "_") or "step"
    while hasattr(module, name):
        name += "_"
    return name
