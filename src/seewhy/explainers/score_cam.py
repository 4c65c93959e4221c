"""Score-CAM: each map of a layer, used as a mask, is weighed by what the model says about what it lets through."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import torch
from pydantic import Field
from torch import Tensor

from seewhy import progress
from seewhy.explainers.cams import Cam, Reading, enlarged, weighted
from seewhy.inference.batches import batch_size, in_batches

SKETCH = 8  # maps tried while somebody draws


class ScoreCam(Cam):
    """Let each map of a layer through as a mask over the image, and weigh it by the target's score for what is left.

    No gradient is needed: a map counts as much as the part of the image that it shows convinces the model. The scores
    become weights by a softmax, and the maps are added with these weights.
    """

    name: ClassVar[str] = "score-cam"
    title: ClassVar[str] = "Score-CAM"
    formula: ClassVar[str] = (
        "<math display='block'><mi>L</mi><mo>=</mo><mi>ReLU</mi><mo>(</mo>"
        "<munder><mo>∑</mo><mi>k</mi></munder><msub><mi>α</mi><mi>k</mi></msub><msup><mi>A</mi><mi>k</mi></msup>"
        "<mo>)</mo><mo>,</mo><mspace width='1em'></mspace><mi>α</mi><mo>=</mo><mi>softmax</mi><mo>(</mo>"
        "<mi>F</mi><mo>(</mo><mi>x</mi><mo>∘</mo><mi>s</mi><mo>(</mo><msup><mi>A</mi><mi>k</mi></msup><mo>)</mo><mo>)</mo>"
        "<mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Masked images are unlike anything the model trained on; here what is masked turns black.",
        "The softmax lets few maps decide when scores differ by much.",
        "It costs one pass for each map of the layer that is tried.",
    )
    source: ClassVar[str] = "Wang et al.: Score-CAM, CVPR Workshops 2020"
    link: ClassVar[str] = "https://arxiv.org/abs/1910.01279"

    channels: int = Field(
        256, ge=1, le=4096, description="at most so many maps are tried: those that vary most over the image"
    )

    def sketch(self) -> Self:
        """Only the maps that vary most."""
        return self.model_copy(update={"channels": min(self.channels, SKETCH)})

    def combine(self, seen: Reading) -> tuple[Tensor, dict[str, Tensor]]:
        """Arrays: `weights` (K,) of the layer's maps (0: not tried), `scores` (K,) of what each lets through."""
        maps = seen.maps.detach()
        tried = maps.flatten(2).std(2).topk(min(self.channels, maps.shape[1])).indices.sort().values  # (N, tried)
        scores = torch.full(maps.shape[:2], -torch.inf).to(maps)
        work = [
            (index, batch) for index in range(len(maps)) for batch in in_batches(tried.shape[1], batch_size(seen.x))
        ]
        with torch.no_grad():
            for index, batch in progress.track(work, "masking"):
                chosen = tried[index, list(batch)]
                masks = _stretched(enlarged(maps[index, chosen], seen.x))
                scores[index, chosen] = seen.target(seen.model, seen.x[index] * masks[:, None].to(seen.x)).to(maps)
        weights = torch.softmax(scores, 1)
        return weighted(weights, maps), {"weights": weights, "scores": torch.where(scores.isfinite(), scores, 0)}

    def remarks(self, seen: Reading, index: int, small: Tensor) -> dict[str, Any]:
        """Also how many maps there are."""
        count = seen.maps.shape[1]
        return super().remarks(seen, index, small) | {"maps": count, "maps_tried": min(self.channels, count)}


def _stretched(maps: Tensor) -> Tensor:
    """Each map (…, H, W) from 0 to 1; 0 everywhere where it does not vary."""
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - low) / torch.where(high > low, high - low, 1)
