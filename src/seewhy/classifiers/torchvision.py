"""Networks of torchvision, what is published about their weights, and how to import it beside any PyTorch."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import nn

_LIBRARY: list[torch.library.Library] = []  # alive as long as the placeholders are needed
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


@dataclass(frozen=True)
class Published:
    """Weights that are published for a network: where, the beginning of their SHA-256, and what images they want.

    size: side of the square the network sees; resize: the shorter side before that square is cut out of the middle.
    """

    name: str
    url: str
    checksum: str
    size: int
    resize: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str


def imported() -> Any:
    """The module `torchvision.models`.

    Beside a PyTorch that was built elsewhere, torchvision's compiled operators are missing, and importing it stops
    where it describes two of them (finding boxes, which classifiers do not). They are declared here, then it imports.
    """
    try:
        return import_module("torchvision.models")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    if not _LIBRARY:
        _LIBRARY.append(torch.library.Library("torchvision", "FRAGMENT"))
        for operator in ("nms", "qnms"):
            _LIBRARY[0].define(operator + _SIGNATURE)
    return import_module("torchvision.models")


def names() -> list[str]:
    """Every classifier there is."""
    models = imported()
    return list(models.list_models(module=models))


def network(name: str, settings: Mapping[str, Any]) -> nn.Module:
    """The network called `name`, with fresh weights."""
    own = {"init_weights": False} if name in ("inception_v3", "googlenet") else {}
    if own:  # the published weights were trained on other units than the rest, and torchvision converts inside
        own["transform_input"] = True
    made: nn.Module = imported().get_model(name, weights=None, **own | dict(settings))
    return made


def published(name: str, which: str | None = None) -> Published:
    """The weights called `which` of the network `name`, by default those that torchvision recommends.

    Raises: LookupError where there are none of that name.
    """
    every = imported().get_model_weights(name)
    if which is not None and which not in every.__members__:
        raise LookupError(f"{name} has no weights called {which!r}; there are {', '.join(every.__members__)}")
    weights = every.DEFAULT if which is None else every[which]
    images = weights.transforms()
    return Published(
        weights.name,
        weights.url,
        _checksum(weights.url),
        images.crop_size[0],
        images.resize_size[0],
        tuple(images.mean),
        tuple(images.std),
        images.interpolation.value,
    )


def first_weights(name: str) -> str:
    """The weights that were published first: what most weights from elsewhere were trained like."""
    return str(next(iter(imported().get_model_weights(name).__members__)))


def _checksum(url: str) -> str:
    match = re.search(r"-([0-9a-f]{8,})\.\w+$", url)
    if match is None:
        raise ValueError(f"{url} does not say its checksum; download it and put its path behind @")
    return match[1]
