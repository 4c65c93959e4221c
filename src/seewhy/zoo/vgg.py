"""VGG19 for 32 × 32 pixels, in Keras 3 on torch, so that a Keras network trains and is explained like any other.

K. Simonyan, A. Zisserman, 2015, https://arxiv.org/abs/1409.1556; normalised over the batch, without which nineteen
layers learn little from so few images. Channels come first, as torch computes them, so no axis is ever moved.
Keras is imported on first use.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seewhy.classifiers.keras import imported

_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))


class KerasNetwork(nn.Module):
    """A Keras model whose layers are seen, and whose batch norms follow the mode, as those of every torch module."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        for layer in model.layers:
            if isinstance(layer, nn.Module) and layer.name != "image":
                self.add_module(str(layer.name), layer)
        object.__setattr__(self, "model", model)  # no child, or each weight would have two names

    model: Any

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, K) of (N, C, H, W)."""
        scores: Tensor = self.model(x, training=self.training)
        return scores

    def __deepcopy__(self, memo: dict[int, Any]) -> KerasNetwork:
        """Keras copies the layers; a weight that `memo` has another tensor for is that tensor."""
        twin = KerasNetwork(_keras().models.clone_model(self.model))
        twin.load_state_dict(self.state_dict())
        ours = dict(self.named_parameters())
        for name, parameter in twin.named_parameters():
            shared = memo.get(id(ours[name]))
            parameter.data = parameter.data.to(ours[name].device) if shared is None else shared.data
            parameter.requires_grad_((ours[name] if shared is None else shared).requires_grad)
        return twin.train(self.training)


def vgg19() -> nn.Module:
    """Sixteen convolutions and three dense layers: (N, 3, 32, 32) normalised images to (N, 10) logits.

    Raises ImportError where Keras is missing, ValueError where it was imported computing with something else.
    """
    keras = _keras()
    layers = keras.layers
    first = {"data_format": "channels_first"}

    def kernel() -> Any:  # the chance is torch's, so that one seed decides
        return keras.initializers.HeNormal(seed=int(torch.randint(2**31, ())))

    inputs = x = keras.Input((3, 32, 32), name="image")
    for block, (depth, width) in enumerate(_BLOCKS, start=1):
        for number in range(1, depth + 1):
            name = f"block{block}_{{}}{number}".format
            x = layers.Conv2D(
                width, 3, padding="same", use_bias=False, kernel_initializer=kernel(), name=name("conv"), **first
            )(x)
            x = layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-5, name=name("norm"))(x)
            x = layers.ReLU(name=name("relu"))(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool", **first)(x)
    x = layers.Flatten(name="flatten", **first)(x)
    for number in (1, 2):
        x = layers.Dense(512, kernel_initializer=kernel(), name=f"dense{number}")(x)
        x = layers.ReLU(name=f"dense{number}_relu")(x)
    outputs = layers.Dense(10, kernel_initializer=kernel(), name="logits")(x)
    return KerasNetwork(keras.Model(inputs, outputs, name="vgg19"))


def _keras() -> Any:
    try:
        return imported()
    except ImportError as error:
        raise ImportError(f"VGG19 needs the package {error.name}; pip install 'seewhy[keras]'") from error
