"""Models, layers and data sets as plain data, for lists and forms; asks them, changes nothing."""

from __future__ import annotations

from typing import Any

import torch

from seewhy import __version__, catalog
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.explainers.layers import default_layer


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
        "fingerprint": model.fingerprint,
    }


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
