"""An explanation judged by a metric: brings the metric what it asks for. Knows metrics and explainers by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from seewhy import catalog, images
from seewhy.classifiers.base import Classifier
from seewhy.datasets.shortcuts import Shortcuts
from seewhy.inference.fills import filled
from seewhy.metrics.agreement import Agreement
from seewhy.metrics.base import Metric
from seewhy.metrics.results import Measurement
from seewhy.results import Explanation
from seewhy.targets import ClassScore

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench

INSIDE = 0.5  # from this brightness on, a pixel of a mask's picture is inside


def measured(
    model: Classifier,
    why: Explanation,
    metric: Metric,
    mask: NDArray[Any] | None = None,
    others: Sequence[NDArray[Any]] = (),
) -> Measurement:
    """What `metric` says of `why`, a map of `model`, beside random maps.

    mask: (H, W), where the evidence truly is. others: maps to hold it against; by default those of the
    metric's methods.

    Raises: ValueError where the map is another model's, or for a mask of another size; TypeError where the model
    lacks what the metric needs.
    """
    if why.fingerprint and why.fingerprint != model.fingerprint:
        raise ValueError(f"the map was made with {why.model} as it was then, not with this {model.name}; explain again")
    target = ClassScore(why.target["class"], why.target["versus"], why.target["output"])
    names: list[str] = []
    if isinstance(metric, Agreement) and not len(others):
        names, others = _other_maps(model, why, metric, target)
    recipe, x = catalog.recipe(why.method, why.settings), torch.from_numpy(why.image)[None]
    against = getattr(recipe, "baseline", None)
    found = metric.measure(
        model,
        x,
        target,
        why.values,
        mask=mask,
        recipe=recipe,
        others=others,
        baseline=filled(against, x, model) if isinstance(against, str) else None,
    )
    return replace(found, notes={**found.notes, "methods": names}) if names else found


def as_mask(picture: Any, model: Classifier) -> NDArray[np.bool_]:
    """Where the evidence truly is, (H, W): any picture, bright inside, framed as the model frames its pictures.

    A mask (H, W) of the model's own size is taken as it is: everything but 0 is inside.
    """
    if getattr(picture, "ndim", 0) == 2 and tuple(picture.shape) == model.input_shape[1:]:
        return np.asarray(picture) > 0
    return np.asarray(model.frame(images.read(picture)).max(0) >= INSIDE)


def mask_at(bench: Workbench, wish: str, address: str | None, model: Classifier) -> NDArray[np.bool_]:
    """The mask (H, W) that `wish` means for the picture at `address`.

    wish: the address of a picture that is bright inside, or "true" or "planted" for an image of the set "shortcuts".

    Raises: LookupError and ValueError where there is none, or one that marks nothing or everything.
    """
    if wish in ("true", "planted"):
        name, split, index = [*(address or "").split("/"), "", ""][:3]
        data = bench.dataset(name) if name == Shortcuts.name else None
        if not isinstance(data, Shortcuts):
            raise ValueError(f"only images of the set shortcuts know the mask {wish!r}; name a picture as mask")
        marked: NDArray[Any] = getattr(data.causes(split), wish)[int(index)]
        return as_mask(marked.astype(np.float32)[None], model)
    found = as_mask(bench.image(wish).image, model)
    if not found.any() or found.all():
        raise ValueError(
            f"the mask {wish[:80]!r} marks none of the picture or all of it; it must be bright inside only"
        )
    return found


def _other_maps(
    model: Classifier, why: Explanation, metric: Agreement, target: ClassScore
) -> tuple[list[str], list[NDArray[Any]]]:
    """The maps of the metric's methods, but for the map's own and those that the model refuses."""
    kinds = {name: catalog.explainer(name) for name in metric.methods if name != why.method}
    names = [name for name, kind in kinds.items() if kind.refusal(model) is None]
    if not names:
        refused = f"{model.name} takes none of {', '.join(kinds)}" if kinds else f"{why.method} is the only one named"
        raise ValueError(f"agreement needs another method, but {refused}; name other methods")
    return names, [kinds[name]()(model, why.image, target).values for name in names]
