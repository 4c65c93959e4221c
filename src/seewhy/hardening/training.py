"""Fine-tuning against rubbish and nudges: seeded, watched, and resumable after any stop; writes weights with a card."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_safetensors

from seewhy import images
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.base import ImageSet
from seewhy.hardening.measuring import Kept, kept, resembling, standing
from seewhy.hardening.recipe import Hardening
from seewhy.hardening.results import Hardened, Standing
from seewhy.hardening.work import Work
from seewhy.holes import Holes


def refusal(model: Classifier) -> str | None:
    """Why `model` cannot be trained, in one sentence; None where it can."""
    fixed = (
        f"{model.name} cannot be hardened: it is a {model.framework} model, and only PyTorch modules are trained here"
    )
    if type(model) is not PyTorchClassifier:
        return f"{fixed}; load its weights into one"
    if not any(parameter.is_floating_point() for parameter in model.module.parameters()):
        return f"{model.name} cannot be hardened: it has no weights"
    return None


def harden(
    model: Classifier,
    holes: Holes,
    data: ImageSet,
    recipe: Hardening,
    out: Path | None = None,
    address: str | None = None,
) -> Hardened:
    """Fine-tune a copy of `model` against the kept holes and rubbish like them; `model` stays as it is.

    out: writes the weights (safetensors) there and the card beside it (.json). After every round a checkpoint is
    written beside `out`: a hardening that was stopped or killed goes on from there and ends the same. address: what the
    model is called on the card.

    Raises: TypeError for a model that cannot be trained; ValueError for a data set without the model's classes, and for
    a checkpoint of another hardening; OSError where nothing can be written; Cancelled.
    """
    if (reason := refusal(model)) is not None or not isinstance(model, PyTorchClassifier):
        raise TypeError(reason)
    started = time.perf_counter()
    train, test = "train" if "train" in data.splits else data.splits[0], data.splits[-1]
    held, known = kept(holes, model), resembling(data, model)
    work = Work(model, recipe, held, known, data, train)
    checkpoint = None if out is None else checkpoint_of(out)
    mark = _mark(model, recipe, held, data)
    before, history, earlier = _resumed(work, checkpoint, mark)
    if before is None:
        before = standing(model, data, test, held, known, recipe)
        _save(work, checkpoint, mark, before, history, 0.0)
    for epoch in range(len(history), recipe.epochs):
        history.append(work.epoch(epoch, history))
        _save(work, checkpoint, mark, before, history, earlier + time.perf_counter() - started)
    hardened = work.hardened(recipe, model)
    after = standing(hardened, data, test, held, known, recipe)
    seconds = earlier + time.perf_counter() - started
    about = _card(model, recipe, data, (train, test), held, history)
    about["recipe"]["learning_rate"] = work.peak
    about |= {"address": address or model.name, "seconds": round(seconds, 1), "fingerprint": model.fingerprint}
    about |= {"accuracy": after.accuracy, "before": before.describe(), "after": after.describe()}
    about = json.loads(json.dumps(about))  # as it will be read, tuples as lists
    if out is not None:
        weights = {name: tensor.contiguous().clone() for name, tensor in hardened.module.state_dict().items()}
        images.write_bytes(out, to_safetensors(weights))
        images.write_bytes(out.with_suffix(".json"), json.dumps(about, indent=2, ensure_ascii=False).encode())
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    hardened.about = {**hardened.about, **about}
    return Hardened(hardened, before, after, tuple(history), about, seconds)


def checkpoint_of(out: Path) -> Path:
    """Where a hardening for the weights `out` keeps its state from round to round."""
    return out.with_suffix(".checkpoint")


def _card(
    model: PyTorchClassifier, recipe: Hardening, data: ImageSet, splits: tuple[str, str], held: Kept, history: list[Any]
) -> dict[str, Any]:
    told = {
        key: model.about[key] for key in ("name", "title", "about", "mean", "std", "parameters") if key in model.about
    }
    settings = recipe.model_dump(mode="json")
    return told | {
        "title": f"{model.about.get('title', model.name)}, hardened",
        "data": data.name,
        "splits": list(splits),
        "data_version": data.version(),
        "holes": {"rubbish": len(held.rubbish), "nudged": len(held.nudged)},
        "recipe": settings,
        "history": history,
        "environment": f"torch {torch.__version__}, {platform.machine()}, {torch.get_num_threads()} threads",
        "date": datetime.now(UTC).date().isoformat(),
    }  # fmt: skip


def _mark(model: PyTorchClassifier, recipe: Hardening, held: Kept, data: ImageSet) -> str:
    """Stands for everything that a hardening depends on."""
    digest = hashlib.sha256(f"{model.fingerprint} {recipe.model_dump_json()} {data.name} {data.version()}".encode())
    for tensor in held:
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def _save(
    work: Work, checkpoint: Path | None, mark: str, before: Standing, history: list[dict[str, Any]], seconds: float
) -> None:
    if checkpoint is None:
        return
    told = {name: getattr(before, name) for name in Standing.__dataclass_fields__}
    buffer, parts = BytesIO(), {name: part.state_dict() for name, part in work.parts().items()}
    facts = json.dumps({"mark": mark, "before": told, "history": history, "seconds": seconds})
    torch.save({"facts": facts, "parts": parts, "pool": work.pool.state()}, buffer)
    images.write_bytes(checkpoint, buffer.getvalue())


def _resumed(work: Work, checkpoint: Path | None, mark: str) -> tuple[Standing | None, list[dict[str, Any]], float]:
    """How the model stood, what happened, and how long it took, where a stopped hardening is put back."""
    if checkpoint is None or not checkpoint.is_file():
        return None, [], 0.0
    try:
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
        facts = json.loads(saved["facts"])
        before = Standing(**facts["before"])
    except Exception as error:  # whatever a damaged file makes torch raise
        raise ValueError(f"the checkpoint {checkpoint} cannot be read ({error}); delete it to start again") from error
    if facts["mark"] != mark:
        raise ValueError(
            f"the checkpoint {checkpoint} is of another model, data, holes or settings; repeat these, or delete it"
        )
    for name, part in work.parts().items():
        part.load_state_dict(saved["parts"][name])
    work.pool.load(saved["pool"])
    return before, list(facts["history"]), float(facts["seconds"])
