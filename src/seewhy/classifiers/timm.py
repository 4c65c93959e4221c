"""Networks of timm and what they say about the images they want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from torch import nn

from seewhy.classifiers import torchvision


@dataclass(frozen=True)
class Wanted:
    """What images a network wants: (C, H, W), the part of the middle that it sees, and normalisation."""

    shape: tuple[int, int, int]
    keep: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str


def names() -> list[str]:
    """Every network there is, without the names of its weights."""
    return list(_imported().list_models())


def network(name: str, settings: Mapping[str, Any], published: bool) -> nn.Module:
    """The network called `name` (or name.weights), with fresh weights or those that are published.

    Raises: ConnectionError where the published weights cannot be had.
    """
    timm = _imported()
    if not published:
        made: nn.Module = timm.create_model(name, **settings)
        return made
    try:
        made = timm.create_model(name, pretrained=True, **settings)
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ConnectionError(
            f"the weights of {name} could not be downloaded ({reason}); check the network, or put a file behind @"
        ) from None
    return made


def wanted(module: nn.Module) -> Wanted:
    """What `module`, made by timm, says about its images."""
    said = import_module("timm.data").resolve_model_data_config(module)
    return Wanted(
        tuple(said["input_size"]), said["crop_pct"], tuple(said["mean"]), tuple(said["std"]), said["interpolation"]
    )


def _imported() -> Any:
    torchvision.imported()  # which timm imports, and which may need help
    import timm

    return timm
