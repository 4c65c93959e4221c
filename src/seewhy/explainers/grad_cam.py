"""Grad-CAM: which maps of a layer speak for the target, added up."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from seewhy.explainers.cams import Cam, Reading, weighted


class GradCam(Cam):
    """Weigh each map of a convolution layer by how much the target grows with it, and keep what speaks for it.

    The gradient of the score (before the softmax) with respect to a layer's maps is averaged over each map; the maps
    are added with these weights, what is negative is dropped, and the small result is enlarged to the image.
    """

    name: ClassVar[str] = "grad-cam"
    title: ClassVar[str] = "Grad-CAM"
    formula: ClassVar[str] = (
        "<math display='block'><mi>L</mi><mo>=</mo><mi>ReLU</mi><mo>(</mo>"
        "<munder><mo>∑</mo><mi>k</mi></munder><msub><mi>α</mi><mi>k</mi></msub><msup><mi>A</mi><mi>k</mi></msup>"
        "<mo>)</mo><mo>,</mo><mspace width='1em'></mspace><msub><mi>α</mi><mi>k</mi></msub><mo>=</mo>"
        "<mfrac><mn>1</mn><mi>Z</mi></mfrac><munder><mo>∑</mo><mrow><mi>i</mi><mi>j</mi></mrow></munder>"
        "<mfrac><mrow><mo>∂</mo><mi>y</mi></mrow>"
        "<mrow><mo>∂</mo><msubsup><mi>A</mi><mrow><mi>i</mi><mi>j</mi></mrow><mi>k</mi></msubsup></mrow></mfrac></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The map is as coarse as the layer; its smooth look comes from enlarging it.",
        "What speaks against the target is dropped, so the map is never negative.",
        "Averaging the gradient over a map can cancel: the map may miss one of several objects of a class.",
    )
    source: ClassVar[str] = "Selvaraju et al.: Grad-CAM, ICCV 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1610.02391"

    def combine(self, seen: Reading) -> tuple[Tensor, dict[str, Tensor]]:
        """Arrays: `weights` (K,) of the layer's maps."""
        weights = seen.gradients.mean((2, 3))
        return weighted(weights, seen.maps), {"weights": weights}
