"""The same network in Keras: layer by layer, weights copied; what flattens maps is put into Keras's order."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, fx, nn

from seewhy.classifiers import keras as framework
from seewhy.twins.tracing import layer_of, shape_of


def keras_twin(graph: fx.GraphModule, shape: tuple[int, int, int]) -> Any:
    """A Keras model of (H, W, C) pictures, in double precision, with the weights of a chain of known layers.

    Raises: ValueError for a network with other layers; ImportError where Keras is missing.
    """
    keras = framework.imported()
    channels, height, width = shape
    value = entrance = keras.Input((height, width, channels), dtype="float64")
    weights: list[tuple[Any, list[np.ndarray]]] = []
    maps: tuple[int, ...] | None = None  # (C, H, W) before they were flattened
    for node in graph.graph.nodes:
        if node.op in ("placeholder", "output"):
            continue
        layer = layer_of(graph, node)
        before = shape_of(node.all_input_nodes[0])
        if isinstance(layer, nn.Flatten) and before is not None and len(before) == 4:
            maps = before[1:]
        made = _layer(keras, layer, str(node.target).replace(".", "_"))
        if made is None:
            raise ValueError(f"its {type(layer).__name__ if layer else node.target} has no twin in Keras here")
        for one, arrays in made(maps):
            value = one(value)
            if arrays:
                weights.append((one, arrays))
        if isinstance(layer, nn.Linear):
            maps = None
    model = keras.Model(entrance, value)
    for one, arrays in weights:
        one.set_weights(arrays)
    return model


def _layer(keras: Any, layer: nn.Module | None, name: str) -> Any:
    """What makes the Keras layers for `layer`, given the maps that were flattened before it; None where unknown."""
    ours = {"name": name, "dtype": "float64"}
    layers = keras.layers
    if isinstance(layer, nn.Conv2d) and layer.groups == 1 and not isinstance(layer.padding, str):
        return lambda _: _convolution(layers, layer, ours)
    if isinstance(layer, nn.Linear):
        return lambda maps: [(layers.Dense(layer.out_features, **ours), _dense(layer, maps))]
    if isinstance(layer, nn.BatchNorm2d):
        return lambda _: [(layers.BatchNormalization(epsilon=layer.eps, **ours), _norm(layer))]
    if isinstance(layer, nn.ReLU):
        return lambda _: [(layers.ReLU(**ours), [])]
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d) and layer.padding in (0, (0, 0)):
        kind = layers.MaxPooling2D if isinstance(layer, nn.MaxPool2d) else layers.AveragePooling2D
        return lambda _: [(kind(layer.kernel_size, layer.stride, **ours), [])]
    if isinstance(layer, nn.AdaptiveAvgPool2d) and layer.output_size in (1, (1, 1)):
        return lambda _: [(layers.GlobalAveragePooling2D(keepdims=True, **ours), [])]
    if isinstance(layer, nn.Flatten):
        return lambda _: [(layers.Flatten(**ours), [])]
    if isinstance(layer, nn.Dropout | nn.Identity):
        return lambda _: []
    return None


def _convolution(layers: Any, layer: nn.Conv2d, ours: dict[str, str]) -> list[tuple[Any, list[np.ndarray]]]:
    steps: list[tuple[Any, list[np.ndarray]]] = []
    if any(layer.padding):
        rows, columns = layer.padding[0], layer.padding[1]
        pad = layers.ZeroPadding2D((rows, columns), name=f"{ours['name']}_padding", dtype="float64")
        steps.append((pad, []))
    made = layers.Conv2D(
        layer.out_channels, layer.kernel_size, layer.stride, dilation_rate=layer.dilation,
        use_bias=layer.bias is not None, **ours,
    )  # fmt: skip
    arrays = [_array(layer.weight.permute(2, 3, 1, 0))]
    return [*steps, (made, arrays if layer.bias is None else [*arrays, _array(layer.bias)])]


def _dense(layer: nn.Linear, maps: tuple[int, ...] | None) -> list[np.ndarray]:
    """Weights; the columns of flattened maps go from (C, H, W) to (H, W, C)."""
    weight = layer.weight
    if maps is not None:
        weight = weight.reshape(-1, *maps).permute(0, 2, 3, 1).flatten(1)
    bias = layer.bias if layer.bias is not None else weight.new_zeros(len(weight))
    return [_array(weight.T), _array(bias)]


def _norm(layer: nn.BatchNorm2d) -> list[np.ndarray]:
    assert layer.running_mean is not None
    assert layer.running_var is not None
    return [_array(one) for one in (layer.weight, layer.bias, layer.running_mean, layer.running_var)]


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().double().numpy()
