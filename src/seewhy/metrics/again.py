"""Asking what made a map once more, about other pictures or another model; knows no method."""

from __future__ import annotations

import torch
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches
from seewhy.metrics.base import Case
from seewhy.progress import track


def explained(case: Case, model: Classifier, x: Tensor, stage: str) -> Tensor:
    """The maps (N, H, W) of `x` (N, C, H, W) by the recipe of `case`, for its target, in double precision."""
    if case.recipe is None:
        raise ValueError("this metric asks the explainer again; pass the recipe that made the map")
    found = []
    for batch in track(list(in_batches(len(x), batch_size(x))), stage):
        with torch.enable_grad():
            answer = case.recipe.attribute(model, x[batch.start : batch.stop], case.target)
        found.append(answer.values.detach().cpu().double())
    maps = torch.cat(found)
    if not torch.isfinite(maps).all():
        raise ValueError(f"asked again, the explainer gives values that are not finite for {model.name}")
    return maps
