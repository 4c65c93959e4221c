"""Eigen-CAM: what the maps of a layer have most in common, whatever the target."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from seewhy.explainers.cams import Cam, Reading


class EigenCam(Cam):
    """Show the first principal component of a layer's maps: the pattern that most of them share.

    It asks neither for gradients nor for a class, and so tells what the layer sees, not why a class was chosen.
    """

    name: ClassVar[str] = "eigen-cam"
    title: ClassVar[str] = "Eigen-CAM"
    asks_target: ClassVar[bool] = False
    formula: ClassVar[str] = (
        "<math display='block'><mi>L</mi><mo>=</mo><mi>ReLU</mi><mo>(</mo>"
        "<mi>A</mi><msub><mi>v</mi><mn>1</mn></msub><mo>)</mo><mo>,</mo><mspace width='1em'></mspace>"
        "<mi>A</mi><mo>=</mo><mi>U</mi><mi>Σ</mi><msup><mi>V</mi><mi>T</mi></msup></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The map is the same for every class.",
        "The sign of a component is arbitrary; here it is the one in which the map grows with the sum of all maps.",
        "What varies most is often the most striking object, whether or not the model used it.",
    )
    source: ClassVar[str] = "Muhammad, Yeasin: Eigen-CAM, IJCNN 2020"
    link: ClassVar[str] = "https://arxiv.org/abs/2008.00299"

    centred: bool = Field(True, description="take each map's mean away first; off: as in the paper's formula")

    def combine(self, seen: Reading) -> tuple[Tensor, dict[str, Tensor]]:
        """Arrays: `share` (1,), how much of the maps' squares the component holds."""
        maps = seen.maps.detach().flatten(2).transpose(1, 2)  # (N, places, K)
        if self.centred:
            maps = maps - maps.mean(1, keepdim=True)
        _, sizes, directions = torch.linalg.svd(maps, full_matrices=False)
        component = (maps @ directions[:, :1].transpose(1, 2))[:, :, 0]
        sign = (component * maps.sum(2)).sum(1, keepdim=True).sign()
        share = sizes[:, :1] ** 2 / (sizes**2).sum(1, keepdim=True).clamp(min=1e-12)
        small = F.relu(sign * component).unflatten(1, seen.maps.shape[2:])
        return small, {"share": share}

    def remarks(self, seen: Reading, index: int, small: Tensor) -> dict[str, Any]:
        """Also that no class was asked for."""
        remarks = super().remarks(seen, index, small)
        remarks["warnings"] = ["Eigen-CAM does not look at the target: this map is the same for every class."]
        return remarks
