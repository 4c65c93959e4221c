"""Training, from nothing or from weights: seeded, watched, resumable after any stop; writes weights with a card that
says what was measured. Knows networks and data sets, no explainer."""

from __future__ import annotations

import copy
import hashlib
import json
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from seewhy import images
from seewhy.datasets.base import ImageSet
from seewhy.progress import track
from seewhy.zoo.cards import autocast, card, predicted, tensors
from seewhy.zoo.courses import COURSES, Course
from seewhy.zoo.recipes import TrainingRecipe, device_of, precision_of
from seewhy.zoo.states import fill


def train(
    name: str, out: Path, recipe: TrainingRecipe, data: ImageSet | None = None, start: Path | None = None
) -> dict[str, Any]:
    """Train the network called `name`; writes `out` (safetensors) and its card beside it (.json), and returns the card.

    start: the weights to begin with, in a file; the card says which they were and, where they have a card of their own
    beside them, how they came to be. Without it the network begins with chance.

    After every epoch a checkpoint is written beside `out`. A training that was stopped or killed goes on from there
    and ends with the same weights as one that ran through.

    Raises: LookupError for an unknown network; FileNotFoundError and ValueError for weights to start from that are
    missing or do not fit; ValueError for a checkpoint of another training or a device that is not there; Cancelled.
    """
    if name not in COURSES:
        raise LookupError(f"no network called {name!r} can be trained; there is {', '.join(COURSES)}")
    course = COURSES[name]
    data = course.data() if data is None else data
    begun = None if start is None else _begun(start)
    state = _State(course, recipe, data.size(course.split), start)
    checkpoint = checkpoint_of(out)
    mark = {"name": name, "recipe": recipe.model_dump(), "start": begun and begun["sha256"]}
    history = _resumed(state, checkpoint, mark)
    x, y = (tensor.to(state.device) for tensor in tensors(data, course.split))
    for epoch in range(len(history), recipe.epochs):
        started = time.perf_counter()
        loss = _epoch(state, course, recipe, x, y, epoch, history)
        seconds = round(time.perf_counter() - started, 1)
        guessed = predicted(state.average.module, course, data, precision=state.precision)
        accuracy = float((guessed == data.truth("test")).mean())
        history.append({"epoch": epoch + 1, "loss": round(loss, 5), "accuracy": accuracy, "seconds": seconds})
        images.write_bytes(checkpoint, _saved(state, mark, history))
    network = kept(state.average.module, course)
    about = card(name, course, recipe, data, network, history, begun)
    images.write_bytes(out, to_safetensors(_compact(network.state_dict(), course)))
    images.write_bytes(out.with_suffix(".json"), json.dumps(about, indent=2, ensure_ascii=False).encode())
    checkpoint.unlink(missing_ok=True)
    return json.loads(json.dumps(about))  # type: ignore[no-any-return]  # as it will be read, tuples as lists


def checkpoint_of(out: Path) -> Path:
    """Where a training for the weights `out` keeps its state from epoch to epoch."""
    return out.with_suffix(".checkpoint")


def kept(network: nn.Module, course: Course) -> nn.Module:
    """A copy of `network` on the processor, rounded to what the file of its weights will hold."""
    network = copy.deepcopy(network).cpu()
    convert_conv2d_weight_memory_format(network, torch.contiguous_format)
    network.load_state_dict(_compact(network.state_dict(), course))
    return network


def _compact(weights: dict[str, Tensor], course: Course) -> dict[str, Tensor]:
    """Matrices and kernels in 16 bits where the course says so; what is added or counted stays as it is."""
    halve = course.half
    return {
        key: (tensor.half() if halve and tensor.is_floating_point() and tensor.ndim > 1 else tensor).contiguous()
        for key, tensor in weights.items()
    }


class _State:
    """What changes while training, and where."""

    def __init__(self, course: Course, recipe: TrainingRecipe, count: int, start: Path | None) -> None:
        self.device = device_of(recipe)
        self.precision = precision_of(recipe.precision, self.device)
        self.layout = torch.contiguous_format if self.precision == torch.float32 else torch.channels_last
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.network = course.network()
        if start is not None:
            fill(self.network, start, course.title)
        self.network.to(self.device)
        convert_conv2d_weight_memory_format(self.network, self.layout)
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
        self.optimiser = _optimiser(self.network, recipe)
        steps = recipe.epochs * -(-count // recipe.batch)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, recipe.learning_rate, total_steps=steps)

    def parts(self) -> dict[str, Any]:
        """All that can be saved and loaded, by name."""
        return {name: getattr(self, name) for name in ("network", "average", "optimiser", "schedule")}


def _optimiser(network: nn.Module, recipe: TrainingRecipe) -> torch.optim.Optimizer:
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(learnt, recipe.learning_rate, weight_decay=recipe.weight_decay)
    return torch.optim.SGD(learnt, recipe.learning_rate, 0.9, weight_decay=recipe.weight_decay, nesterov=True)


def _epoch(
    state: _State, course: Course, recipe: TrainingRecipe, x: Tensor, y: Tensor, epoch: int, history: list[Any]
) -> float:
    """Show every image once; gives the mean loss. Its chance depends on seed and epoch alone, so it can be repeated."""
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
    batches = torch.randperm(len(x), generator=generator).to(state.device).split(recipe.batch)
    known = f", loss {history[-1]['loss']:.3f}, {history[-1]['accuracy']:.2%} right so far" if history else ""
    total = torch.zeros((), device=state.device)
    state.network.train()
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(recipe.seed * 1_000_003 + epoch)  # of dropout
        for batch in track(batches, f"epoch {epoch + 1} of {recipe.epochs}{known}, batch"):
            shown = course.normalised(course.variation(x[batch].float() / 255, generator))
            with autocast(state.device, state.precision):
                scores = state.network(shown.contiguous(memory_format=state.layout))
                loss = nn.functional.cross_entropy(scores, y[batch], label_smoothing=recipe.smoothing)
            state.optimiser.zero_grad()
            loss.backward()
            state.optimiser.step()
            state.schedule.step()
            state.average.update_parameters(state.network)
            total += loss.detach() * len(batch)
    return float(total) / len(x)


def _begun(start: Path) -> dict[str, Any]:
    """What the card tells of the weights that a training began with: which they are, and their own past if known."""
    if not start.is_file():
        raise FileNotFoundError(f"no weights to start from at {str(start)!r}; give the path of a .safetensors file")
    told: dict[str, Any] = {"file": start.name, "sha256": hashlib.sha256(start.read_bytes()).hexdigest()}
    try:
        known = json.loads(start.with_suffix(".json").read_text(encoding="utf-8"))
        return told | {key: known[key] for key in ("accuracy", "recipe", "history", "seconds", "start") if key in known}
    except (OSError, ValueError, TypeError):  # no card, or none of ours: the weights alone say enough
        return told


def _saved(state: _State, mark: dict[str, Any], history: list[Any]) -> bytes:
    buffer = BytesIO()
    parts = {key: part.state_dict() for key, part in state.parts().items()}
    torch.save(mark | {"history": history, "parts": parts}, buffer)
    return buffer.getvalue()


def _resumed(state: _State, checkpoint: Path, mark: dict[str, Any]) -> list[Any]:
    """The history of a stopped training, whose state is put back; empty where there is none."""
    if not checkpoint.is_file():
        return []
    try:
        saved = torch.load(checkpoint, map_location=state.device, weights_only=True)
        theirs = {key: saved.get(key) for key in mark}
    except Exception as error:  # whatever a damaged file makes torch raise
        raise ValueError(f"the checkpoint {checkpoint} cannot be read ({error}); delete it to start again") from error
    if theirs != mark:
        raise ValueError(
            f"the checkpoint {checkpoint} is of {theirs['name']} with {theirs['recipe']}"
            f"{', begun with other weights' if theirs['start'] != mark['start'] else ''}; repeat these settings, or "
            "delete it"
        )
    for key, part in state.parts().items():
        part.load_state_dict(saved["parts"][key])
    return list(saved["history"])
