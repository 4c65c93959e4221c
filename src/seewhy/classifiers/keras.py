"""Keras models as classifiers: Keras 3 computes with PyTorch, so its layers are run as steps of a PyTorch module."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.images import WHOLE, Framing


def imported() -> Any:
    """The package `keras`, computing with PyTorch.

    Raises: ValueError where this process has imported Keras already, computing with something else.
    """
    if "keras" not in sys.modules:
        before = os.environ.get("KERAS_BACKEND")
        os.environ["KERAS_BACKEND"] = "torch"
        try:
            import keras
        finally:
            os.environ.pop("KERAS_BACKEND")
            if before is not None:
                os.environ["KERAS_BACKEND"] = before
    import keras

    if keras.backend.backend() != "torch":
        raise ValueError(
            f"Keras must compute with PyTorch here, but was imported with {keras.backend.backend()}; "
            "set KERAS_BACKEND=torch before Python starts, or import seewhy's model first"
        )
    return keras


class KerasClassifier(PyTorchClassifier):
    """A Keras model of one image that ends in logits or in a softmax, whose logits are then taken.

    Layers have Keras's names and come in forward order; their outputs are (C, H, W), as everywhere here.
    mean, std: the model sees (x − mean) / std in its own layout, its channels in reverse where `bgr` says so.
    """

    framework = "keras"

    def __init__(
        self,
        model: Any,
        labels: Sequence[str],
        input_shape: Sequence[int],
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
        name: str | None = None,
        about: Mapping[str, Any] | None = None,
        framing: Framing = WHOLE,
        bgr: bool = False,
    ) -> None:
        network = as_module(model, bgr)
        super().__init__(network, labels, input_shape, mean, std, name or str(model.name), about, framing)

    def frozen(self) -> nn.Module:
        """There is none: steps of Keras cannot be taken apart."""
        raise ValueError("its layers are Keras's")


def is_model(thing: object) -> bool:
    """Whether `thing` is a Keras model, told without importing Keras."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(thing, keras.Model)


def image_shape(model: Any) -> tuple[int | None, ...]:
    """The (C, H, W) that a Keras model of one image takes; None for a side that it leaves open.

    Raises: ValueError where it takes something else.
    """
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise ValueError(f"a Keras model of one image (N, H, W, C) was wanted, got inputs {shape}; wrap it as such")
    return tuple(shape[1:]) if _channels_first(model) else (shape[3], shape[1], shape[2])


def as_module(model: Any, bgr: bool = False) -> nn.Module:
    """`model` as a PyTorch module from images (N, C, H, W) to logits (N, K)."""
    return _Network(model, bgr)


class _Network(nn.Module):
    """The steps of a Keras model, one child module for each layer, in the order in which they run."""

    def __init__(self, model: Any, bgr: bool = False, inside: bool = False) -> None:
        super().__init__()
        self.kind = type(model).__name__
        self.bgr = bgr
        self._first = _channels_first(model)
        self._inputs = [id(tensor) for tensor in model.inputs]
        self._outputs = [id(tensor) for tensor in model.outputs]
        self._steps: list[tuple[nn.Module, Any]] = []
        self._config = str(model.get_config())
        head = None if inside else _head(model)
        made: dict[int, nn.Module] = {}
        for node in _nodes(model):
            operation = node.operation
            if id(operation) not in made:
                step = self._step(operation, ends=operation is head)
                made[id(operation)] = step
                self.add_module(_free_name(self, operation.name), step)
            self._steps.append((made[id(operation)], node))

    def _step(self, operation: Any, ends: bool) -> nn.Module:
        if hasattr(operation, "_nodes_by_depth") or hasattr(operation, "_functional"):
            return _Network(operation, inside=not ends)
        return _Step(operation, self._first, _before_softmax(operation) if ends else operation)

    def extra_repr(self) -> str:
        """Everything that decides the answers beside the weights."""
        return f"bgr={self.bgr}, {self._config}"

    def forward(self, x: Tensor) -> Tensor:
        """Of the outermost network, images (N, C, H, W) to logits (N, K)."""
        x = x.flip(1) if self.bgr else x
        return self._run([_theirs(x, self._first)])

    def _run(self, inputs: Sequence[Tensor]) -> Tensor:
        known: dict[int, Any] = dict(zip(self._inputs, inputs, strict=True))
        for step, node in self._steps:
            arguments, named = node.arguments.fill_in(known)
            if isinstance(step, _Network):
                outputs: Any = [step._run(arguments[0] if isinstance(arguments[0], list) else arguments[:1])]
            else:
                outputs = step(*arguments, **named)
                outputs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
                outputs = [_theirs(output, self._first) for output in outputs]
            known.update((id(symbol), value) for symbol, value in zip(node.outputs, outputs, strict=True))
        found: Tensor = known[self._outputs[0]]
        return found


class _Step(nn.Module):
    """One Keras layer or operation; its input is in Keras's layout, its output (N, C, H, W) like everything here."""

    def __init__(self, operation: Any, first: bool, call: Callable[..., Any]) -> None:
        super().__init__()
        self.kind = type(operation).__name__
        self.weights = nn.ParameterList([variable.value for variable in getattr(operation, "weights", [])])
        self._first = first
        self._call = (call, _takes_training(operation))  # in a tuple, PyTorch does not look for hooks inside

    def forward(self, *arguments: Any, **named: Any) -> Any:
        """The layer's output, or a list of them."""
        call, takes_training = self._call
        found = call(*arguments, **named | ({"training": False} if takes_training else {}))
        return [_ours(f, self._first) for f in found] if isinstance(found, list | tuple) else _ours(found, self._first)


def _nodes(model: Any) -> list[Any]:
    """What is computed, in an order in which it can be."""
    functional = getattr(model, "_functional", None) or model
    depths = functional._nodes_by_depth
    return [
        node for depth in sorted(depths, reverse=True) for node in depths[depth] if node.operation and not node.is_input
    ]


def _head(model: Any) -> Any:
    """The operation that gives the model's output, inside models that are used as layers too."""
    if len(model.outputs) != 1:
        raise ValueError(f"a classifier gives one output, got {len(model.outputs)} from {model.name}; choose one")
    return model.outputs[0]._keras_history.operation


def _before_softmax(operation: Any) -> Callable[..., Any]:
    """The last operation without its softmax, so that scores are logits."""
    import keras

    activation = getattr(operation, "activation", None)
    if isinstance(operation, keras.layers.Softmax):
        return lambda x, **_: x
    if activation is None or activation is keras.activations.linear:
        return operation  # type: ignore[no-any-return]
    if activation is not keras.activations.softmax:
        raise ValueError(
            f"a classifier ends in logits or a softmax, got {getattr(activation, '__name__', activation)} in "
            f"{operation.name}; rebuild the end with activation=None"
        )
    if isinstance(operation, keras.layers.Activation):
        return lambda x, **_: x

    def without(*arguments: Any, **named: Any) -> Any:
        operation.activation = keras.activations.linear
        try:
            return operation(*arguments, **named)
        finally:
            operation.activation = activation

    return without


def _takes_training(operation: Any) -> bool:
    return bool(getattr(operation, "_call_has_training_arg", False))


def _channels_first(model: Any) -> bool:
    layers = model._flatten_layers() if hasattr(model, "_flatten_layers") else model.layers
    formats = [layer.data_format for layer in layers if getattr(layer, "data_format", None)]
    return bool(formats) and formats[0] == "channels_first"


def _ours(value: Any, first: bool) -> Any:
    return value.permute(0, 3, 1, 2) if isinstance(value, Tensor) and value.ndim == 4 and not first else value


def _theirs(value: Any, first: bool) -> Any:
    return value.permute(0, 2, 3, 1) if isinstance(value, Tensor) and value.ndim == 4 and not first else value


def _free_name(module: nn.Module, name: str) -> str:
    """Keras's name, changed only where a PyTorch module cannot have a child of that name."""
    name = name.replace(".", "_") or "layer"
    while hasattr(module, name):
        name += "_"
    return name


def normalisation_of(preprocess: Callable[[Any], Any]) -> tuple[list[float], list[float], bool]:
    """mean, std (units of [0, 1]) and whether channels are reversed, of a function on pixels (H, W, 3) from 0 to 255.

    Found by asking it about black and about pure colours; it must treat each channel by itself.
    """
    import numpy as np

    probes = np.concatenate([np.zeros((1, 3)), np.eye(3) * 255]).astype("float32")
    answers = np.asarray(preprocess(probes.reshape(1, 4, 3).copy())).reshape(4, 3).astype(float)
    rises = answers[1:] - answers[0]  # from channel (row) to channel (column)
    bgr = bool(abs(rises[0, 2]) > abs(rises[0, 0]))
    slopes, offsets = (np.diag(rises[:, ::-1]), answers[0][::-1]) if bgr else (np.diag(rises), answers[0])
    return (-offsets / slopes).tolist(), (1 / slopes).tolist(), bgr
