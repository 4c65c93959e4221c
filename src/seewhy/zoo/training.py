"""Training from the start: seeded, watched, and resumable after any stop; writes weights with a card that says what
was measured. Knows networks and data sets, no explainer."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from safetensors.torch import save as to_safetensors
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from seewhy import images
from seewhy.datasets.base import ImageSet
from seewhy.datasets.digits import Digits
from seewhy.datasets.mnist import Mnist
from seewhy.progress import track
from seewhy.zoo.augmentation import vary
from seewhy.zoo.networks import mnist_cnn

EVALUATION_BATCH = 500
AVERAGE = 0.999  # of the weights, from step to step


class TrainingRecipe(BaseModel):
    """How to train; equal recipes on equal data and machines give equal weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(20, ge=1, le=1_000, description="times that every training image is shown")
    batch: int = Field(128, ge=1, le=10_000, description="images a step")
    learning_rate: float = Field(3e-3, gt=0, le=1, description="highest step size of the one-cycle schedule (AdamW)")
    weight_decay: float = Field(1e-3, ge=0, le=1, description="how strongly weights are pulled to zero")
    seed: int = Field(0, ge=0, description="of the first weights, the order of the images and their variations")


@dataclass(frozen=True)
class Course:
    """Everything but the recipe that makes a network what it is."""

    title: str
    about: str
    network: Callable[[], nn.Module]
    data: type[ImageSet]
    variation: Callable[[Tensor, torch.Generator], Tensor]
    input_shape: tuple[int, int, int]
    mean: float
    std: float
    elsewhere: tuple[type[ImageSet], ...] = ()


COURSES: dict[str, Course] = {
    "mnist-cnn": Course(
        title="Digits: two convolutions and one linear layer",
        about=(
            "Trained on all 60,000 MNIST images, each slightly turned, stretched, shifted and drawn with another pen. "
            "It knows nothing but white digits on black: whatever else it is shown, it will call a digit."
        ),
        network=mnist_cnn,
        data=Mnist,
        variation=vary,
        input_shape=(1, 28, 28),
        mean=0.1307,
        std=0.3081,
        elsewhere=(Digits,),
    )
}


def train(name: str, out: Path, recipe: TrainingRecipe, data: ImageSet | None = None) -> dict[str, Any]:
    """Train the network called `name`; writes `out` (safetensors) and its card beside it (.json), and returns the card.

    After every epoch a checkpoint is written beside `out`. A training that was stopped or killed goes on from there
    and ends with the same weights as one that ran through.

    Raises: LookupError for an unknown network; ValueError for a checkpoint of another training; Cancelled.
    """
    if name not in COURSES:
        raise LookupError(f"no network called {name!r} can be trained; there is {', '.join(COURSES)}")
    course = COURSES[name]
    data = course.data() if data is None else data
    state = _State(course, recipe, len(data.truth("train")))
    checkpoint = checkpoint_of(out)
    history = _resumed(state, checkpoint, name, recipe)
    x, y = _tensors(data, "train")
    for epoch in range(len(history), recipe.epochs):
        loss = _epoch(state, course, recipe, x, y, epoch, history)
        accuracy = float((_predicted(state.average.module, course, data) == data.truth("test")).mean())
        history.append({"epoch": epoch + 1, "loss": round(loss, 5), "accuracy": accuracy})
        images.write_bytes(checkpoint, _saved(state, name, recipe, history))
    card = _card(name, course, recipe, data, state.average.module, history)
    weights = {key: tensor.contiguous() for key, tensor in state.average.module.state_dict().items()}
    images.write_bytes(out, to_safetensors(weights))
    images.write_bytes(out.with_suffix(".json"), json.dumps(card, indent=2, ensure_ascii=False).encode())
    checkpoint.unlink(missing_ok=True)
    return card


def checkpoint_of(out: Path) -> Path:
    """Where a training for the weights `out` keeps its state from epoch to epoch."""
    return out.with_suffix(".checkpoint")


class _State:
    """What changes while training."""

    def __init__(self, course: Course, recipe: TrainingRecipe, count: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.network = course.network()
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        steps = recipe.epochs * -(-count // recipe.batch)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, recipe.learning_rate, total_steps=steps)

    def parts(self) -> dict[str, Any]:
        """All that can be saved and loaded, by name."""
        return {name: getattr(self, name) for name in ("network", "average", "optimiser", "schedule")}


def _epoch(
    state: _State, course: Course, recipe: TrainingRecipe, x: Tensor, y: Tensor, epoch: int, history: list[Any]
) -> float:
    """Show every image once; gives the mean loss. Its chance depends on seed and epoch alone, so it can be repeated."""
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
    batches = torch.randperm(len(x), generator=generator).split(recipe.batch)
    known = f", {history[-1]['accuracy']:.2%} right so far" if history else ""
    total = 0.0
    state.network.train()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(recipe.seed * 1_000_003 + epoch)  # of dropout
        for batch in track(batches, f"epoch {epoch + 1} of {recipe.epochs}{known}, batch"):
            shown = course.variation(x[batch].float() / 255, generator)
            loss = nn.functional.cross_entropy(state.network((shown - course.mean) / course.std), y[batch])
            state.optimiser.zero_grad()
            loss.backward()
            state.optimiser.step()
            state.schedule.step()
            state.average.update_parameters(state.network)
            total += float(loss.detach()) * len(batch)
    return total / len(x)


def _predicted(network: nn.Module, course: Course, data: ImageSet, split: str = "test") -> NDArray[np.int64]:
    x, _ = _tensors(data, split)
    network.eval()
    with torch.no_grad():
        parts = [network((part.float() / 255 - course.mean) / course.std) for part in x.split(EVALUATION_BATCH)]
    predicted: NDArray[np.int64] = torch.cat(parts).argmax(1).numpy()
    return predicted


def _tensors(data: ImageSet, split: str) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) as bytes, and labels (N,)."""
    pixels = np.array(data.pixels(split))
    channels = pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)
    return torch.from_numpy(channels), torch.from_numpy(np.array(data.truth(split)))


def _saved(state: _State, name: str, recipe: TrainingRecipe, history: list[Any]) -> bytes:
    buffer = BytesIO()
    parts = {key: part.state_dict() for key, part in state.parts().items()}
    torch.save({"name": name, "recipe": recipe.model_dump(), "history": history, "parts": parts}, buffer)
    return buffer.getvalue()


def _resumed(state: _State, checkpoint: Path, name: str, recipe: TrainingRecipe) -> list[Any]:
    """The history of a stopped training, whose state is put back; empty where there is none."""
    if not checkpoint.is_file():
        return []
    try:
        saved = torch.load(checkpoint, weights_only=True)
        theirs = (saved["name"], saved["recipe"])
    except Exception as error:  # whatever a damaged file makes torch raise
        raise ValueError(f"the checkpoint {checkpoint} cannot be read ({error}); delete it to start again") from error
    if theirs != (name, recipe.model_dump()):
        raise ValueError(
            f"the checkpoint {checkpoint} is of {theirs[0]} with {theirs[1]}; repeat these settings, or delete it"
        )
    for key, part in state.parts().items():
        part.load_state_dict(saved["parts"][key])
    return list(saved["history"])


def _card(
    name: str, course: Course, recipe: TrainingRecipe, data: ImageSet, network: nn.Module, history: list[Any]
) -> dict[str, Any]:
    truth, predicted = data.truth("test"), _predicted(network, course, data)
    settings = " ".join(f"--set {key}={value}" for key, value in recipe.model_dump().items())
    return {
        "name": name,
        "title": course.title,
        "about": course.about,
        "accuracy": float((predicted == truth).mean()),
        "test_images": len(truth),
        "recall": {
            label: float((predicted[truth == index] == index).mean())
            for index, label in enumerate(data.labels)
            if (truth == index).any()
        },
        "elsewhere": {other.name: _accuracy(network, course, other) for other in (kind() for kind in course.elsewhere)},
        "data": data.name,
        "data_sha256": data.checksums(),
        "training_images": len(data.truth("train")),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "mean": course.mean,
        "std": course.std,
        "recipe": recipe.model_dump(),
        "history": history,
        "command": f"seewhy train {name} {settings}",
        "environment": f"torch {torch.__version__}, {platform.machine()}, {torch.get_num_threads()} threads",
        "date": datetime.now(UTC).date().isoformat(),
    }


def _accuracy(network: nn.Module, course: Course, data: ImageSet) -> float:
    """Over every split of a set that was not trained on."""
    right = [_predicted(network, course, data, split) == data.truth(split) for split in data.splits]
    return float(np.concatenate(right).mean())
