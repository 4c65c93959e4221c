"""Maps that a person should not believe: of noise, of the picture alone, of another class, of a shuffled network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, sobel

from seewhy import catalog, load
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.verdicts.truth import Verified

Floats = NDArray[np.float32]
Maker = Callable[[Classifier, Verified], Floats]


def explained(name: str, later: int = 0) -> Maker:
    """Maps of the method called `name`, as it comes, for what the model says; or for a class `later` ones on."""
    recipe = catalog.recipe(name, {})
    return lambda model, one: recipe(model, one.image, (one.said + later) % len(model.labels)).values


def bad_maps(model: Classifier) -> dict[str, Maker]:
    """The makers by name, in brackets."""
    strange = shuffled(model.name)
    lost = {name: explained(name) for name in ("integrated-gradients", "grad-cam", "guided-backprop")}
    other = {name: explained(name, 1) for name in ("integrated-gradients", "grad-cam", "occlusion")}
    return {
        **{f"({name} of another class)": maker for name, maker in other.items()},
        **{f"({name} of a shuffled network)": _of(strange, maker) for name, maker in lost.items()},
        **{f"(noise, smooth over {width} px)": _noise(width) for width in (0, 2, 4)},
        "(edges of the picture)": lambda _, one: edges(one.image),
        "(the middle of the picture)": lambda _, one: middle(one.inside.shape),
    }


def edges(image: Floats) -> Floats:
    """How steep the grey picture is at each pixel."""
    grey = image.mean(0)
    steep: Floats = np.hypot(sobel(grey, 0), sobel(grey, 1))
    return steep


def middle(size: tuple[int, ...]) -> Floats:
    """A hill in the middle, as wide as a quarter of the picture."""
    down, across = np.mgrid[: size[0], : size[1]]
    far = (down - (size[0] - 1) / 2) ** 2 + (across - (size[1] - 1) / 2) ** 2
    hill: Floats = np.exp(-far / (2 * (min(size) / 6) ** 2)).astype(np.float32)
    return hill


def shuffled(name: str) -> Classifier:
    """The network called `name` with the numbers of each of its tensors in another order."""
    model = load(name)
    assert isinstance(model, PyTorchClassifier)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.module.parameters():
            mixed = torch.randperm(parameter.numel(), generator=generator)
            parameter.copy_(parameter.flatten()[mixed].view_as(parameter))
    return model


def _of(model: Classifier, maker: Maker) -> Maker:
    return lambda _, one: maker(model, one)


def _noise(width: int) -> Maker:
    def make(_: Classifier, one: Verified) -> Floats:
        noise = np.random.default_rng(one.index).normal(size=one.inside.shape).astype(np.float32)
        return gaussian_filter(noise, width, mode="wrap") if width else noise

    return make
