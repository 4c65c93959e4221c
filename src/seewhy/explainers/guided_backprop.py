"""Guided backpropagation: a gradient whose negative parts are cut at every ReLU."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.guiding import guided_gradients
from seewhy.targets import ClassScore


class GuidedBackprop(Explainer):
    """Follow the score back to the pixels, and at each ReLU let pass only what is positive.

    The maps are crisp, with the lines and edges that excite the model. Sharpness is not faithfulness: much of what
    they show is in the image, whatever the class.
    """

    name: ClassVar[str] = "guided-backprop"
    title: ClassVar[str] = "Guided backprop"
    needs: ClassVar[Ability] = "layers"
    formula: ClassVar[str] = (
        "<math display='block'><msup><mi>R</mi><mi>l</mi></msup><mo>=</mo>"
        "<mn>1</mn><mo>[</mo><msup><mi>f</mi><mi>l</mi></msup><mo>&gt;</mo><mn>0</mn><mo>]</mo><mo>·</mo>"
        "<mn>1</mn><mo>[</mo><msup><mi>R</mi><mrow><mi>l</mi><mo>+</mo><mn>1</mn></mrow></msup>"
        "<mo>&gt;</mo><mn>0</mn><mo>]</mo><mo>·</mo>"
        "<msup><mi>R</mi><mrow><mi>l</mi><mo>+</mo><mn>1</mn></mrow></msup></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Maps for different classes look much alike, and change little when upper layers are made random "
        "(Adebayo et al., 2018): it shows what excites the model rather than why it chose.",
        "What speaks against the target is cut at every ReLU, so signs and sizes are not those of the gradient.",
        "Only ReLUs are guided; other activations pass the gradient as it is.",
    )
    source: ClassVar[str] = "Springenberg et al.: Striving for Simplicity, 2014"
    link: ClassVar[str] = "https://arxiv.org/abs/1412.6806"

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed guided gradients, channels added; notes: `relus`, how many were guided."""
        channels, relus = guided_gradients(model, x, target)
        warnings = [] if relus else [f"{model.name} ran no ReLU, so this is the plain gradient."]
        return Attribution(channels.sum(1), tuple({"relus": relus, "warnings": list(warnings)} for _ in x), channels)
