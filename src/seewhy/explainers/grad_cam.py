"""Grad-CAM: which maps of a layer speak for the target, added up."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.targets import ClassScore


class GradCam(Explainer):
    """Weigh each map of a convolution layer by how much the target grows with it, and keep what speaks for it.

    The gradient of the score (before the softmax) with respect to a layer's maps is averaged over each map; the maps
    are added with these weights, what is negative is dropped, and the small result is enlarged to the image.
    """

    name: ClassVar[str] = "grad-cam"
    title: ClassVar[str] = "Grad-CAM"
    needs: ClassVar[Ability] = "layers"
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

    layer: str | None = Field(
        None,
        description="the layer whose maps are weighed; by default the last of the convolutional part",
        json_schema_extra={"layer": True},
    )

    @property
    def signed(self) -> bool:
        """The ReLU leaves only what speaks for the target."""
        return False

    @classmethod
    def refusal(cls, model: Classifier) -> str | None:
        """Grad-CAM also needs maps to weigh."""
        general = super().refusal(model)
        if general is None and default_layer(model) is None:
            return f"Grad-CAM needs convolution layers; {model.name} has none; use 'integrated-gradients'"
        return general

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Values ≥ 0; arrays: `small_map` (h, w) before enlarging, `weights` (K,) of the layer's maps."""
        layer = self.layer or default_layer(model)
        if layer is None:
            raise TypeError(self.refusal(model))
        scores, kept = model.activations(x.detach(), [layer])
        maps = kept[layer]
        if maps.ndim != 4:
            raise ValueError(f"Grad-CAM needs a layer with maps (N, K, h, w), but {layer!r} gives {tuple(maps.shape)}")
        (gradients,) = torch.autograd.grad(target.of(scores).sum(), maps)
        weights = gradients.mean((2, 3))
        small = F.relu((weights[:, :, None, None] * maps).sum(1)).detach()
        values = F.interpolate(small[:, None], x.shape[2:], mode="bilinear", align_corners=False)[:, 0]
        notes = tuple(_notes(layer, one) for one in small)
        return Attribution(values, notes, arrays={"small_map": small, "weights": weights})


def default_layer(model: Classifier) -> str | None:
    """The last layer as large as the last convolution's maps: the end of the convolutional part, before it shrinks."""
    layers = model.layers()
    convolutions = [info.shape for info in layers.values() if "conv" in info.kind.lower() and info.spatial]
    if not convolutions:
        return None
    size = convolutions[-1][1:]
    return [name for name, info in layers.items() if info.spatial and info.shape[1:] == size][-1]


def _notes(layer: str, small: Tensor) -> dict[str, object]:
    warnings = [] if bool(small.any()) else [f"Nothing in layer {layer!r} speaks for the target; another layer may."]
    return {"layer": layer, "map_size": list(small.shape), "warnings": warnings}
