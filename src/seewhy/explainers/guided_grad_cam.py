"""Guided Grad-CAM: the lines of guided backpropagation where Grad-CAM looks."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.explainers.base import Attribution
from seewhy.explainers.cams import Cam, Reading, weighted
from seewhy.explainers.guiding import guided_gradients
from seewhy.targets import ClassScore


class GuidedGradCam(Cam):
    """Multiply guided gradients by the Grad-CAM map: fine lines, but only in the region that speaks for the target.

    Grad-CAM tells classes apart and is coarse; guided backpropagation is fine and hardly tells them apart. The
    product takes its place from the one and its detail from the other.
    """

    name: ClassVar[str] = "guided-grad-cam"
    title: ClassVar[str] = "Guided Grad-CAM"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>G</mi><mi>i</mi></msub><mo>=</mo>"
        "<msub><mi>R</mi><mi>i</mi></msub><mo>·</mo><msub><mi>L</mi><mi>i</mi></msub><mo>,</mo>"
        "<mspace width='1em'></mspace><mi>L</mi><mo>=</mo><mi>ReLU</mi><mo>(</mo>"
        "<munder><mo>∑</mo><mi>k</mi></munder><msub><mi>α</mi><mi>k</mi></msub><msup><mi>A</mi><mi>k</mi></msup>"
        "<mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The detail comes from guided backpropagation, which hardly knows the class.",
        "Where Grad-CAM shows nothing, nothing is shown, whatever the gradient says there.",
        "The product has no unit that means anything by itself; compare places, not sizes.",
    )
    source: ClassVar[str] = "Selvaraju et al.: Grad-CAM, ICCV 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1610.02391"

    @property
    def signed(self) -> bool:
        """Guided gradients have signs."""
        return True

    def combine(self, seen: Reading) -> tuple[Tensor, dict[str, Tensor]]:
        """The Grad-CAM map; arrays: `weights` (K,) of the layer's maps."""
        weights = seen.gradients.mean((2, 3))
        return weighted(weights, seen.maps), {"weights": weights}

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed values, channels added; arrays: `small_map` (h, w), Grad-CAM before enlarging."""
        cam = super().attribute(model, x, target)
        guided, relus = guided_gradients(model, x, target)
        channels = guided * cam.values[:, None]
        notes = tuple(note | {"relus": relus} for note in cam.notes)
        return Attribution(channels.sum(1), notes, channels, cam.arrays)
