"""What class activation maps share: a layer is read, its maps become one, that is enlarged. Knows no formula."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from seewhy.classifiers.base import Ability, Classifier, Prediction
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.layers import as_maps, default_layer
from seewhy.inference.sharing import shared, sharing
from seewhy.targets import ClassScore

LOUDEST = 8  # maps that are kept to be shown


@dataclass(frozen=True)
class Reading:
    """A layer while the model looked at `x`: its maps (N, K, h, w), and what the target says about them."""

    model: Classifier
    x: Tensor
    target: ClassScore
    layer: str
    scores: Tensor
    output: Tensor
    maps: Tensor

    @cached_property
    def gradients(self) -> Tensor:
        """How the target grows with each place of each map (N, K, h, w)."""
        score = self.target.of(self.scores).sum()
        (gradients,) = torch.autograd.grad(score, self.output, retain_graph=sharing())
        maps = as_maps(gradients)
        assert maps is not None  # the output has maps, and its gradient the output's shape
        return maps


class Cam(Explainer):
    """A class activation map: the maps of one layer, made one."""

    needs: ClassVar[Ability] = "layers"
    predicts: ClassVar[bool] = True

    layer: str | None = Field(
        None,
        description="the layer whose maps are added; by default the last of the convolutional part",
        json_schema_extra={"layer": True},
    )

    @abstractmethod
    def combine(self, seen: Reading) -> tuple[Tensor, dict[str, Tensor]]:
        """One small map (N, h, w) of what a layer shows, and the arrays that tell how it came about."""

    @property
    def signed(self) -> bool:
        """Only what speaks for the target is left."""
        return False

    @classmethod
    def refusal(cls, model: Classifier) -> str | None:
        """A class activation map also needs maps to add."""
        general = super().refusal(model)
        if general is None and default_layer(model) is None:
            return f"{cls.title} needs convolution layers; {model.name} has none; use 'integrated-gradients'"
        return general

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Values ≥ 0; arrays: `small_map` (h, w) before enlarging, and what the method adds.

        Where that is one weight a map, also the `votes`, loudest first.
        """
        seen = self.read(model, x.detach(), target)
        small, arrays = self.combine(seen)
        small = small.detach()
        notes = tuple(self.remarks(seen, index, one) for index, one in enumerate(small))
        if "weights" in arrays:
            arrays |= votes(arrays["weights"].detach(), seen.maps.detach())
        return Attribution(enlarged(small, x), notes, arrays={"small_map": small} | arrays)

    def read(self, model: Classifier, x: Tensor, target: ClassScore) -> Reading:
        """What the chosen layer shows for `x`; ValueError where it has no maps."""
        layer, (scores, kept) = self._passed(model, x)
        maps = as_maps(kept[layer])
        if maps is None:
            raise ValueError(
                f"{self.title} needs a layer with maps (N, K, h, w) or tokens (N, T, D) on a square grid, "
                f"but {layer!r} gives {tuple(kept[layer].shape)}"
            )
        return Reading(model, x, target, layer, scores, kept[layer], maps)

    def predictions(self, model: Classifier, x: Tensor) -> list[Prediction]:
        """From the pass that reads the layer, so that one explanation needs one pass."""
        with torch.enable_grad():
            scores = self._passed(model, x)[1][0]
        return [Prediction.from_logits(model.labels, row) for row in scores.detach().cpu().numpy()]

    def _passed(self, model: Classifier, x: Tensor) -> tuple[str, tuple[Tensor, dict[str, Tensor]]]:
        """The chosen layer, and the scores and outputs of a pass that reads it."""
        layer = self.layer or default_layer(model)
        if layer is None:
            raise TypeError(self.refusal(model))
        return layer, shared("layer", model, (layer,), x, lambda: model.activations(x, [layer]))

    def remarks(self, seen: Reading, index: int, small: Tensor) -> dict[str, Any]:
        """What is to be known about image `index` and its small map (h, w)."""
        warnings = []
        if not bool(small.any()):
            warnings.append(f"Nothing in layer {seen.layer!r} speaks for the target; another layer may.")
        if small.numel() == 1:
            warnings.append(f"Layer {seen.layer!r} has one place (1 × 1), so the map is the same everywhere.")
        return {"layer": seen.layer, "map_size": list(small.shape), "warnings": warnings}


def weighted(weights: Tensor, maps: Tensor) -> Tensor:
    """What is left above zero of maps (N, K, h, w) added with `weights` (N, K)."""
    return F.relu((weights[:, :, None, None] * maps).sum(1))


def votes(weights: Tensor, maps: Tensor) -> dict[str, Tensor]:
    """How weights (N, K) of maps (N, K, h, w) make one map, for those who want to see it.

    `summed` (N, h, w): all maps by their weights, before anything is dropped; `loudest` (N, L): the numbers of the maps
    with the largest weights of either sign; `loudest_maps` (N, L, h, w).
    """
    loudest = weights.abs().topk(min(LOUDEST, weights.shape[1]), 1).indices
    return {
        "summed": (weights[:, :, None, None] * maps).sum(1),
        "loudest": loudest,
        "loudest_maps": torch.stack([one[chosen] for one, chosen in zip(maps, loudest, strict=True)]),
    }


def enlarged(small: Tensor, x: Tensor) -> Tensor:
    """Small maps (N, h, w) at the size of the images `x`, smoothly."""
    return F.interpolate(small[:, None], x.shape[2:], mode="bilinear", align_corners=False)[:, 0]
