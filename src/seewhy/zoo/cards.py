"""The card that goes with trained weights: what was measured on which data, and how to repeat it."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seewhy.datasets.base import ImageSet
from seewhy.progress import track
from seewhy.zoo.courses import Course
from seewhy.zoo.recipes import TrainingRecipe

EVALUATION_BATCH = 500


def card(
    name: str,
    course: Course,
    recipe: TrainingRecipe,
    data: ImageSet,
    network: nn.Module,
    history: list[Any],
    start: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What is known of `network`, which was trained so; everything is measured now, in float32.

    start: what is known of the weights that the training began with, where these were not chance.
    """
    truth, guessed = data.truth("test"), predicted(network, course, data)
    settings = " ".join(f"--set {key}={value}" for key, value in recipe.model_dump().items())
    begun = f" --start {start['file']}" if start else ""
    return {
        "name": name,
        "title": course.title,
        "about": course.about,
        "accuracy": float((guessed == truth).mean()),
        "test_images": len(truth),
        "recall": {
            label: float((guessed[truth == index] == index).mean())
            for index, label in enumerate(data.labels)
            if (truth == index).any()
        },
        "elsewhere": {other.name: _accuracy(network, course, other) for other in (kind() for kind in course.elsewhere)},
        "also": {
            split: float((predicted(network, course, data, split) == data.truth(split)).mean()) for split in course.also
        },
        "data": data.name,
        "data_sha256": data.checksums(),
        "training_images": data.size(course.split),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "mean": course.mean,
        "std": course.std,
        "recipe": recipe.model_dump(),
        "history": history,
        **({"start": start} if start else {}),
        "seconds": round(sum(epoch["seconds"] for epoch in history), 1),
        "command": f"seewhy train {name}{begun} {settings}",
        "environment": f"torch {torch.__version__}, {platform.machine()}, {torch.get_num_threads()} threads",
        "date": datetime.now(UTC).date().isoformat(),
    }


def predicted(
    network: nn.Module, course: Course, data: ImageSet, split: str = "test", precision: torch.dtype = torch.float32
) -> NDArray[np.int64]:
    """The classes that `network` gives the images of `split`, (N,)."""
    x, _ = tensors(data, split)
    device = next(network.parameters()).device
    network.eval()
    parts = []
    with torch.no_grad(), autocast(device, precision):
        for part in track(x.split(EVALUATION_BATCH), f"testing on {data.name}/{split}, batch"):
            parts.append(network(course.normalised(part.to(device).float() / 255)).argmax(1).cpu())
    classes: NDArray[np.int64] = torch.cat(parts).numpy()
    return classes


def autocast(device: torch.device, precision: torch.dtype) -> torch.autocast:
    """Inside, the passes are computed in `precision`."""
    return torch.autocast(device.type, precision, enabled=precision != torch.float32)


def tensors(data: ImageSet, split: str) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) as bytes, and labels (N,)."""
    pixels = np.array(data.pixels(split))
    channels = pixels[:, None] if pixels.ndim == 3 else np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    return torch.from_numpy(channels), torch.from_numpy(np.array(data.truth(split)))


def _accuracy(network: nn.Module, course: Course, data: ImageSet) -> float:
    """Over every split of a set that was not trained on."""
    right = [predicted(network, course, data, split) == data.truth(split) for split in data.splits]
    return float(np.concatenate(right).mean())
