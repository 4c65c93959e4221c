"""Networks made from another one so that the right answer about them is known; knows no explanation."""

from __future__ import annotations

import copy
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from seewhy.classifiers.keras import KerasClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier

Side = Literal["left", "right", "top", "bottom"]
SIDES: tuple[Side, ...] = get_args(Side)


class Capped(nn.Module):
    """Scores that rise no further than `cap`: min(score, cap), written with a ReLU as in the paper's example."""

    def __init__(self, inner: nn.Module, cap: float) -> None:
        super().__init__()
        self.inner, self.cap, self.bend = inner, cap, nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Capped scores (N, K)."""
        return self.cap - self.bend(self.cap - self.inner(x))  # type: ignore[no-any-return]


class Blinded(nn.Module):
    """Sees black wherever `hidden` (H, W) is True, whatever the picture shows there."""

    hidden: Tensor
    black: Tensor

    def __init__(self, inner: nn.Module, hidden: Tensor, black: Tensor) -> None:
        super().__init__()
        self.inner = inner
        self.register_buffer("hidden", hidden)
        self.register_buffer("black", black)

    def forward(self, x: Tensor) -> Tensor:
        """Scores (N, K) of what is left."""
        return self.inner(torch.where(self.hidden, self.black.to(x), x))  # type: ignore[no-any-return]


def capped(model: PyTorchClassifier, cap: float) -> PyTorchClassifier:
    """`model` with scores that rise no further than `cap`."""
    return _like(model, Capped(_exact(model), cap), f"capped at {cap:.3g}")


def blinded(model: PyTorchClassifier, side: Side) -> PyTorchClassifier:
    """`model` that cannot see one half of the picture."""
    return _like(model, Blinded(_exact(model), half(model.input_shape, side), -model.mean / model.std), f"blind {side}")


def half(shape: tuple[int, int, int], side: Side) -> Tensor:
    """(H, W): True in that half of a picture (C, H, W)."""
    _, height, width = shape
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None]
    where = {
        "left": columns < width // 2,
        "right": columns >= width - width // 2,
        "top": rows < height // 2,
        "bottom": rows >= height - height // 2,
    }
    return where[side].expand(height, width).clone()


def _exact(model: PyTorchClassifier) -> nn.Module:
    """The network in double precision, so that rounding is not mistaken for a value; Keras's as it is."""
    return model.module if isinstance(model, KerasClassifier) else copy.deepcopy(model.module).double().eval()


def _like(model: PyTorchClassifier, module: nn.Module, what: str) -> PyTorchClassifier:
    mean, std = model.mean.flatten().tolist(), model.std.flatten().tolist()
    return PyTorchClassifier(
        module, model.labels, model.input_shape, mean, std, f"{model.name}, {what}", None, model.framing
    )
