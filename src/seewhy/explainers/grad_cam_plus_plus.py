"""Grad-CAM++: Grad-CAM that weighs each place of a map, so that several objects of a class count alike."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from seewhy.explainers.cams import Cam, Reading, weighted


class GradCamPlusPlus(Cam):
    """Weigh each map by its positive gradients, each place with a share of its own, and keep what is above zero.

    Grad-CAM averages the gradient over a map, so a small object counts less than a large one. Here each place gets
    a share α of its own, and only places where the score grows with the map count.
    """

    name: ClassVar[str] = "grad-cam-plus-plus"
    title: ClassVar[str] = "Grad-CAM++"
    formula: ClassVar[str] = (
        "<math display='block'><mi>L</mi><mo>=</mo><mi>ReLU</mi><mo>(</mo>"
        "<munder><mo>∑</mo><mi>k</mi></munder><msub><mi>w</mi><mi>k</mi></msub><msup><mi>A</mi><mi>k</mi></msup>"
        "<mo>)</mo><mo>,</mo><mspace width='1em'></mspace><msub><mi>w</mi><mi>k</mi></msub><mo>=</mo>"
        "<munder><mo>∑</mo><mrow><mi>i</mi><mi>j</mi></mrow></munder>"
        "<msubsup><mi>α</mi><mrow><mi>i</mi><mi>j</mi></mrow><mi>k</mi></msubsup><mi>ReLU</mi><mo>(</mo>"
        "<msubsup><mi>g</mi><mrow><mi>i</mi><mi>j</mi></mrow><mi>k</mi></msubsup><mo>)</mo><mo>,</mo>"
        "<mspace width='1em'></mspace>"
        "<msubsup><mi>α</mi><mrow><mi>i</mi><mi>j</mi></mrow><mi>k</mi></msubsup><mo>=</mo>"
        "<mfrac><msup><mi>g</mi><mn>2</mn></msup><mrow><mn>2</mn><msup><mi>g</mi><mn>2</mn></msup><mo>+</mo>"
        "<msup><mi>g</mi><mn>3</mn></msup><mo>∑</mo><msup><mi>A</mi><mi>k</mi></msup></mrow></mfrac>"
        "<mo>=</mo><mfrac><mn>1</mn><mrow><mn>2</mn><mo>+</mo>"
        "<mi>g</mi><mo>∑</mo><msup><mi>A</mi><mi>k</mi></msup></mrow></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The map is as coarse as the layer; its smooth look comes from enlarging it.",
        "What speaks against the target is dropped twice: falling scores, and sums below zero.",
        "The shares were derived for maps that are not negative, so the layer should end with a ReLU.",
    )
    source: ClassVar[str] = "Chattopadhay et al.: Grad-CAM++, WACV 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1710.11063"

    def combine(self, seen: Reading) -> tuple[Tensor, dict[str, Tensor]]:
        """Arrays: `weights` (K,) of the layer's maps."""
        rising = F.relu(seen.gradients)
        weights = (rising / _denominator(seen)).sum((2, 3))  # g² is cancelled: where g is small, nothing is lost
        return weighted(weights, seen.maps), {"weights": weights}

    def remarks(self, seen: Reading, index: int, small: Tensor) -> dict[str, Any]:
        """Also whether the shares mean anything in this layer."""
        remarks = super().remarks(seen, index, small)
        bad = (_denominator(seen)[index] <= 0) & (seen.gradients[index] > 0)
        if bool(bad.any()):
            remarks["warnings"].append(
                f"Grad-CAM++ expects maps that are not negative, but some of layer {seen.layer!r} add up to less than "
                "zero, so that its shares make no sense; choose the ReLU behind it."
            )
        return remarks


def _denominator(seen: Reading) -> Tensor:
    """2 + g·ΣA (N, K, h, w), never exactly 0."""
    found = 2 + seen.gradients * seen.maps.detach().sum((2, 3), keepdim=True)
    return torch.where(found == 0, torch.finfo(found.dtype).eps, found)
