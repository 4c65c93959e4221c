"""Fine-tuning against rubbish and nudges: seeded, watched, and resumable after any stop; writes weights with a card."""

from __future__ import annotations

import copy
import hashlib
import json
import platform
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from seewhy import images
from seewhy.attacks.resemblance import KnownImages
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.base import ImageSet
from seewhy.hardening.measuring import Kept, kept, resembling, standing
from seewhy.hardening.pool import Pool
from seewhy.hardening.recipe import Hardening
from seewhy.hardening.results import Hardened, Standing
from seewhy.holes import Holes
from seewhy.inference.reading import known_labels, stacked
from seewhy.progress import track
from seewhy.zoo.courses import COURSES

Vary = Callable[[Tensor, torch.Generator], Tensor]


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
    work = _Work(model, recipe, held, known, data, train)
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


def copied(
    model: PyTorchClassifier, module: nn.Module, name: str | None = None, about: Mapping[str, Any] | None = None
) -> PyTorchClassifier:
    """The same classifier with another module, and where they are said, another name and card."""
    mean, std = (value.flatten().tolist() for value in (model.mean, model.std))
    told = model.about if about is None else about
    return PyTorchClassifier(
        module, model.labels, model.input_shape, mean, std, name or model.name, told, model.framing
    )


class _Work:
    """What changes while hardening, and a round of it."""

    def __init__(
        self,
        model: PyTorchClassifier,
        recipe: Hardening,
        held: Kept,
        known: KnownImages | None,
        data: ImageSet,
        split: str,
    ) -> None:
        self.recipe, self._held, self._known, self._data, self._split = recipe, held, known, data, split
        labels = known_labels(data, split, model)
        self._rows = np.flatnonzero(labels >= 0)
        if not len(self._rows):
            raise ValueError(f"{data.name}/{split} has no classes that {model.name} knows; name another data set")
        self._labels = torch.from_numpy(labels)
        self.model = copied(model, copy.deepcopy(model.module).cpu())
        self.network = self.model.module
        learnt = [parameter for parameter in self.network.parameters() if parameter.is_floating_point()]
        for parameter in learnt:
            parameter.requires_grad_(True)
        self.optimiser = torch.optim.AdamW(learnt, recipe.learning_rate, weight_decay=recipe.weight_decay)
        total = recipe.epochs * recipe.steps
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, recipe.learning_rate, total_steps=max(total, 2), pct_start=0.1
        )
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
        self.pool = Pool(recipe, model)
        course = COURSES.get(model.name)
        self._vary: Vary | None = course.variation if course and course.input_shape == model.input_shape else None

    def parts(self) -> dict[str, Any]:
        """All that can be saved and loaded, by name."""
        return {name: getattr(self, name) for name in ("network", "average", "optimiser", "schedule")}

    def epoch(self, epoch: int, history: list[dict[str, Any]]) -> dict[str, Any]:
        """A round; its chance depends on seed, round and pool alone, so that it can be repeated."""
        recipe, started = self.recipe, time.perf_counter()
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
        known = f", {history[-1]['accepted']:.0%} of the rubbish accepted so far" if history else ""
        sums = torch.zeros(3, dtype=torch.float64)
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(recipe.seed * 1_000_003 + epoch)  # of dropout
            for _ in track(range(recipe.steps), f"hardening, round {epoch + 1} of {recipe.epochs}{known}, step"):
                sums += self._step(generator)
        clean, rubbish, accepted = (sums / recipe.steps).tolist()
        return {
            "epoch": epoch + 1, "loss": round(clean, 5), "rubbish": round(rubbish, 5), "accepted": round(accepted, 4),
            "seconds": round(time.perf_counter() - started, 1),
        }  # fmt: skip

    def hardened(self, recipe: Hardening, model: PyTorchClassifier) -> PyTorchClassifier:
        """The model with the averaged weights, whose parameters are as they were before."""
        network = copy.deepcopy(self.average.module).train(model.module.training)
        for mine, theirs in zip(network.parameters(), model.module.parameters(), strict=True):
            mine.requires_grad_(theirs.requires_grad)
        return copied(model, network)

    def _step(self, generator: torch.Generator) -> Tensor:
        """One step; the losses of what means something and of what does not, and the share of the latter accepted."""
        recipe = self.recipe
        x, y = self._clean(recipe.batch, generator)
        nudged, truth = self._nudged(x, y, generator)
        nothing = self._nothing(generator)
        scores = self._training(torch.cat([x, nudged, nothing]))
        count = len(x) + len(nudged)
        loss = functional.cross_entropy(scores[:count], torch.cat([y, truth]))
        logs = scores[count:].log_softmax(1)  # (R, K)
        believed = logs.detach().exp().amax(1)
        uniform = ((believed >= recipe.enough) * (-logs.mean(1) - np.log(logs.shape[1]))).sum() / max(len(logs), 1)
        self.optimiser.zero_grad()
        (loss + recipe.weight * uniform).backward()
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        accepted = (believed >= recipe.confidence).double().sum() / max(len(logs), 1)
        return torch.stack([loss.detach().double(), uniform.detach().double(), accepted])

    def _clean(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Real images with their classes, as the network's own course varies them where it has one."""
        rows = self._rows[torch.randint(len(self._rows), (count,), generator=generator).numpy()]
        x = torch.from_numpy(stacked(self.model, self._data, self._split, rows.tolist()))
        return (x if self._vary is None else self._vary(x, generator)), self._labels[rows]

    def _nudged(self, x: Tensor, y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Some of the images nudged as the present weights dislike most, and some that were kept."""
        recipe = self.recipe
        epsilon = recipe.nudge(self.model.input_shape[0])
        x, y = x[: recipe.nudged], y[: recipe.nudged]
        if not len(x) or not epsilon:
            return self._some(self._held.nudged, generator, self._held.truth)
        noise = (2 * torch.rand(x.shape, generator=generator) - 1) * epsilon
        leaf = (x + noise).clamp(0, 1).requires_grad_()
        (slope,) = torch.autograd.grad(functional.cross_entropy(self.model.scores(leaf), y), leaf)
        step = leaf.detach() + 1.25 * epsilon * slope.sign()  # further than epsilon, then back (Wong et al.)
        found = torch.maximum(torch.minimum(step, x + epsilon), x - epsilon).clamp(0, 1)
        more, truth = self._some(self._held.nudged, generator, self._held.truth)
        return torch.cat([found, more]), torch.cat([y, truth])

    def _nothing(self, generator: torch.Generator) -> Tensor:
        """Rubbish from the pool and some that was kept; what real pictures look like is left out."""
        fresh = self.pool.next(self.model)
        if self._known is not None and len(fresh):
            fresh = fresh[torch.from_numpy(self._known.classes(fresh.numpy()) < 0)]
        more, _ = self._some(self._held.rubbish, generator, torch.zeros(len(self._held.rubbish)))
        return torch.cat([fresh, more])

    def _some(self, held: Tensor, generator: torch.Generator, truth: Tensor) -> tuple[Tensor, Tensor]:
        chosen = torch.randperm(len(held), generator=generator)[: self.recipe.kept]
        return held[chosen], truth[chosen]

    def _training(self, x: Tensor) -> Tensor:
        """Scores in training mode; what is normalised by the batch keeps its averages, for rubbish is no sample."""
        self.network.train()
        for module in self.network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        try:
            scores: Tensor = self.network((x - self.model.mean) / self.model.std)
        finally:
            self.network.eval()
        return scores


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
    work: _Work, checkpoint: Path | None, mark: str, before: Standing, history: list[dict[str, Any]], seconds: float
) -> None:
    if checkpoint is None:
        return
    told = {name: getattr(before, name) for name in Standing.__dataclass_fields__}
    buffer, parts = BytesIO(), {name: part.state_dict() for name, part in work.parts().items()}
    facts = json.dumps({"mark": mark, "before": told, "history": history, "seconds": seconds})
    torch.save({"facts": facts, "parts": parts, "pool": work.pool.state()}, buffer)
    images.write_bytes(checkpoint, buffer.getvalue())


def _resumed(work: _Work, checkpoint: Path | None, mark: str) -> tuple[Standing | None, list[dict[str, Any]], float]:
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
