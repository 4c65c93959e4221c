"""A layer without spatial maps: a class activation map of it is the same everywhere."""

from __future__ import annotations

from typing import ClassVar

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient
from seewhy.explainers.layers import default_layer, tokens


class Maps(Check):
    """Whether the layer that maps are drawn from has places."""

    name: ClassVar[str] = "maps"
    title: ClassVar[str] = "Layer without maps"
    looks: ClassVar[str] = "Does the layer of class activation maps have more than one place?"
    source: ClassVar[str] = "pytorch-grad-cam, issue 153: which layer?"
    link: ClassVar[str] = "https://github.com/jacobgil/pytorch-grad-cam/issues/153"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: the layer and its shape."""
        if "layers" not in patient.model.abilities:
            return self.skipped("The model shows no layers, so no map is drawn from one.")
        layers = patient.model.layers()
        wished = getattr(patient.recipe, "layer", None)
        name = wished or default_layer(patient.model)
        if patient.recipe is not None and "layer" not in type(patient.recipe).model_fields:
            return self.skipped(f"{patient.recipe.title} looks at no layer.")
        if name is None:
            if patient.recipe is None:
                return self.skipped("No layer has places, so class activation maps do not apply.")
            return self.warning("No layer has places.", "Use integrated-gradients, which needs none.")
        if name not in layers:
            raise LookupError(f"{patient.model.name} has no layer {name!r}; its layers are {', '.join(layers)}")
        shape = layers[name].shape
        measured = {"layer": name, "shape": list(shape)}
        if layers[name].spatial or tokens(layers[name]):
            return self.fine(f"Layer {name!r} has the shape {'×'.join(map(str, shape))}.", **measured)
        usual = default_layer(patient.model)
        return self.warning(
            f"Layer {name!r} has the shape {'×'.join(map(str, shape))}: no places to draw a map from.",
            f"Choose a layer with maps, such as {usual!r}." if usual else "Use integrated-gradients, which needs none.",
            **measured,
        )
