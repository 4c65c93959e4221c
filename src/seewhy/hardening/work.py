"""A model while it is hardened: what changes from step to step, and a step of it. Knows no file."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from seewhy.attacks.resemblance import KnownImages
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.base import ImageSet
from seewhy.hardening.measuring import Kept
from seewhy.hardening.pool import Pool
from seewhy.hardening.recipe import Hardening
from seewhy.inference.reading import known_labels, stacked
from seewhy.progress import track
from seewhy.zoo.cards import autocast
from seewhy.zoo.courses import COURSES, Course
from seewhy.zoo.recipes import precision_of

Vary = Callable[[Tensor, torch.Generator], Tensor]


def copied(
    model: PyTorchClassifier, module: nn.Module, name: str | None = None, about: Mapping[str, Any] | None = None
) -> PyTorchClassifier:
    """The same classifier with another module, and where they are said, another name and card."""
    mean, std = (value.flatten().tolist() for value in (model.mean, model.std))
    told = model.about if about is None else about
    return PyTorchClassifier(
        module, model.labels, model.input_shape, mean, std, name or model.name, told, model.framing
    )


class Work:
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
        course = COURSES.get(model.name)
        self.peak = recipe.learning_rate or _usual_rate(course)
        self.optimiser = torch.optim.AdamW(learnt, self.peak, weight_decay=recipe.weight_decay)
        total = recipe.epochs * recipe.steps
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, self.peak, total_steps=max(total, 2), pct_start=0.1
        )
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
        self.pool = Pool(recipe, model)
        self._precision = precision_of(recipe.precision, torch.device("cpu"))
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
        highest = logs.amax(1)
        allowed = float(np.log(max(recipe.enough, 1 / logs.shape[1])))
        believed = functional.relu(highest - allowed).sum() / max(len(logs), 1)
        self.optimiser.zero_grad()
        (loss + recipe.weight * believed).backward()
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        accepted = (highest.detach().exp() >= recipe.confidence).double().sum() / max(len(logs), 1)
        return torch.stack([loss.detach().double(), believed.detach().double(), accepted])

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
            with autocast(x.device, self._precision):
                scores: Tensor = self.network((x - self.model.mean) / self.model.std)
        finally:
            self.network.eval()
        return scores.float()


def _usual_rate(course: Course | None) -> float:
    """With steps much smaller than those it learnt with, a network loses more clean images for the same rubbish."""
    return course.recipe.learning_rate if course and course.recipe.optimiser == "adamw" else 1e-3
