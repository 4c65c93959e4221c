"""Models, layers and data sets as plain data, for lists and forms; asks them, changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from seewhy import __version__, catalog
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.explainers.layers import default_layer
from seewhy.interpolants.regions import Cones

MEASURED = 64  # the largest side of a picture on which cones are measured just to be told


def machine_facts() -> dict[str, Any]:
    """What computes here."""
    return {"version": __version__, "torch": torch.__version__, "device": "cpu", "threads": torch.get_num_threads()}


def model_facts(address: str, model: Classifier) -> dict[str, Any]:
    """What a person wants to know before choosing a model."""
    channels, height, width = model.input_shape
    about = model.about
    return {
        "name": address,
        "title": about.get("title", model.name),
        "framework": model.framework,
        "input": {"channels": channels, "height": height, "width": width},
        "labels": list(model.labels),
        "abilities": sorted(model.abilities),
        "metrics": {"accuracy": about["accuracy"]} if "accuracy" in about else {},
        "default_layer": default_layer(model),
        "datasets": [name for name, made in catalog.datasets().items() if _suits(made, model)],
        "about": about.get("about", ""),
        "preprocessing": preprocessing_facts(model),
        "fingerprint": model.fingerprint,
    }


def preprocessing_facts(model: Classifier) -> dict[str, Any]:
    """How a picture becomes what the model sees: which part, how resized, and (x − mean) / std; null where it hides."""
    mean, std = (getattr(model, name, None) for name in ("mean", "std"))
    return {
        "keep": model.framing.keep,
        "resampling": model.framing.resampling,
        "mean": None if mean is None else [round(float(n), 6) for n in np.ravel(mean)],
        "std": None if std is None else [round(float(n), 6) for n in np.ravel(std)],
    }


def attack_facts(model: Classifier | None) -> list[dict[str, Any]]:
    """Every attack with its settings as a JSON schema; with `model`, also why it cannot work on it."""
    kinds = catalog.attacks().values()
    if model is None:
        return [catalog.describe_attack(kind) for kind in kinds]
    return [catalog.describe_attack(kind) | {"refusal": kind.refusal(model)} for kind in kinds]


def metric_facts(model: Classifier | None) -> list[dict[str, Any]]:
    """Every metric with its settings as a JSON schema; with `model`, also why it cannot judge its maps."""
    kinds = catalog.metrics().values()
    if model is None:
        return [catalog.describe_metric(kind) for kind in kinds]
    return [catalog.describe_metric(kind) | {"refusal": kind.refusal(model)} for kind in kinds]


def seen_facts(model: Classifier) -> dict[str, list[int]]:
    """For each layer of maps, how many rows and columns of the picture its middle unit sees.

    Empty where that cannot be read off the network and would have to be measured on a large picture.
    """
    cones = Cones(model)
    if cones.notes["cones"] != "traced" and max(model.input_shape[1:]) > MEASURED:
        return {}
    boxes = {
        name: cones.box(name, (layer.shape[1] // 2, layer.shape[2] // 2, 0))
        for name, layer in model.layers().items()
        if len(layer.shape) == 3
    }
    return {name: [box.bottom - box.top + 1, box.right - box.left + 1] for name, box in boxes.items()}


def layer_facts(model: Classifier) -> list[dict[str, Any]]:
    """The layers in forward order."""
    chosen = default_layer(model)
    return [
        {
            "index": index,
            "name": layer.name,
            "kind": layer.kind,
            "shape": list(layer.shape),
            "parameters": layer.parameters,
            "spatial": layer.spatial,
            "default": layer.name == chosen,
        }
        for index, layer in enumerate(model.layers().values())
    ]


def dataset_facts(data: ImageSet) -> dict[str, Any]:
    """A data set and how many images it has; null for what only a download would tell."""
    available = data.available()
    return {
        "name": data.name,
        "title": data.title,
        "splits": {split: data.size(split) if available else None for split in data.splits},
        "labels": list(data.labels),
        "about": data.about,
        "available": available,
    }


def _suits(data: type[ImageSet], model: Classifier) -> bool:
    """Whether the set's images look like what the model was made for and mean the same classes."""
    return data.shape == model.input_shape and tuple(data.labels) == model.labels
