"""How accurate a model stays under attack: accuracy over epsilon, for several attacks and for the worst of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from seewhy.attacks.base import Attack
from seewhy.attacks.goals import Goal
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches
from seewhy.progress import track
from seewhy.shares import wilson

RANDOM = "random"  # the attack that does not look: every value moves by ±epsilon, at random
MARGIN = 0.01  # accuracies closer than this count as equal


@dataclass(frozen=True)
class Robustness:
    """What was left of a model's accuracy.

    right: (A, E, N), whether image n is still right under attack a with epsilon e. epsilons: (E,), 0 first.
    """

    attacks: tuple[str, ...]
    epsilons: tuple[float, ...]
    right: NDArray[np.bool_] = field(repr=False)
    settings: Mapping[str, Any]
    model: str
    seconds: float
    fingerprint: str = ""

    @property
    def worst(self) -> NDArray[np.bool_]:
        """(E, N): right under every attack with this epsilon or a smaller one, which it could use as well."""
        return np.logical_and.accumulate(self.right.all(0), axis=0)

    def accuracy(self, attack: str) -> NDArray[np.float64]:
        """(E,): the share of the images that are right under `attack`, or under the "worst" of them."""
        right = self.worst if attack == "worst" else self.right[self.attacks.index(attack)]
        return np.asarray(right.mean(1))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Signs that an attack is weak because the model's gradients hide, not because the model is robust.

        Attacks by gradient count together, each image with this or a smaller epsilon: one that only overshoots is
        not masked.
        """
        found = []
        by_gradient = [name for name in self.attacks if name not in (RANDOM, "square")]
        together = self.right[[self.attacks.index(name) for name in by_gradient]].all(0)  # (E, N)
        best = np.logical_and.accumulate(together, axis=0).mean(1)
        for e, epsilon in enumerate(self.epsilons[1:], start=1):
            for name in ("square", RANDOM):
                if by_gradient and name in self.attacks and self.accuracy(name)[e] < best[e] - MARGIN:
                    found.append(
                        f"At epsilon {epsilon:g}, {name} leaves {self.accuracy(name)[e]:.1%} right and the attacks by "
                        f"gradient {best[e]:.1%}: the gradients are masked, so the model is less robust than they say."
                    )
        for name in by_gradient:
            curve = self.accuracy(name)
            if (np.diff(curve) > 5 * MARGIN).any():
                found.append(f"Under {name} a larger epsilon does less harm: read the worst case, not this curve.")
        return tuple(found)

    def describe(self) -> dict[str, Any]:
        """Every accuracy with its 95 % interval, as plain data."""
        count = self.right.shape[2]
        rows = {name: self.right[a] for a, name in enumerate(self.attacks)} | {"worst": self.worst}
        return {
            "model": self.model,
            "images": count,
            "epsilons": list(self.epsilons),
            "epsilons_255": [epsilon * 255 for epsilon in self.epsilons],
            "curves": {
                name: [
                    {"accuracy": float(right.mean()), "interval": list(wilson(int(right.sum()), count) or (0, 1))}
                    for right in row
                ]
                for name, row in rows.items()
            },
            "warnings": list(self.warnings),
            "settings": dict(self.settings),
            "seconds": self.seconds,
            "fingerprint": self.fingerprint,
        }

    def to_json(self) -> bytes:
        """The facts as a JSON file."""
        return json.dumps(self.describe(), indent=2, ensure_ascii=False).encode()


class RobustnessTest(BaseModel):
    """Attack every image with every epsilon, and count what the model still gets right.

    An image counts as right in the worst case only where no attack with this or a smaller epsilon has fooled it. A
    random change of the same size is always among the attacks: one that does no better is no attack.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epsilons: tuple[float, ...] = Field(
        (0.02, 0.05, 0.1, 0.15, 0.2, 0.3), min_length=1, description="largest changes of a value, in units of [0, 1]"
    )
    images: int = Field(1000, ge=1, description="how many images of the split are attacked, from the first")
    seed: int = Field(0, ge=0, lt=2**32, description="of the random changes")

    def __call__(
        self, model: Classifier, x: Tensor, labels: NDArray[np.int64], attacks: Sequence[Attack]
    ) -> Robustness:
        """Accuracy of `model` on images `x` (N, C, H, W) with true classes `labels` (N,).

        attacks: recipes; each is run with its own settings, but with every epsilon of this test.

        Raises: TypeError where the model lacks what an attack needs; ValueError for one that has no epsilon.
        """
        for attack in attacks:
            if (refusal := attack.refusal(model)) is not None:
                raise TypeError(refusal)
            if attack.radius is None:
                raise ValueError(f"{attack.name} has no epsilon; choose an attack that has, such as pgd")
        x, goal = x[: self.images], Goal(torch.from_numpy(np.ascontiguousarray(labels[: self.images])))
        epsilons = (0.0, *sorted(set(self.epsilons)))
        started = time.perf_counter()
        clean = _right(model, x, goal)
        names = (*(attack.name for attack in attacks), RANDOM)
        right = np.repeat(clean[None, None], len(names), 0).repeat(len(epsilons), 1)
        work = list(_work(len(names), len(epsilons), len(x), 4 * batch_size(x)))
        for a, e, rows in track(work, "attacking"):
            going = torch.from_numpy(np.flatnonzero(clean[rows.start : rows.stop]) + rows.start)
            if not len(going):
                continue
            if a < len(attacks):
                recipe = attacks[a].model_copy(update={"epsilon": epsilons[e]})
                attacked = recipe.perturb(model, x[going], goal[going]).x
            else:
                attacked = self._random(x[going], epsilons[e])
            right[a, e, going.numpy()] = _right(model, attacked, goal[going])
        return Robustness(
            attacks=names,
            epsilons=epsilons,
            right=right,
            settings=self.model_dump(mode="json") | {"attacks": [_recipe(attack) for attack in attacks]},
            model=model.name,
            seconds=time.perf_counter() - started,
            fingerprint=model.fingerprint,
        )

    def _random(self, x: Tensor, epsilon: float) -> Tensor:
        """Every value moved by ±epsilon, the same signs for every image."""
        signs = 2.0 * torch.randint(0, 2, x.shape[1:], generator=torch.Generator().manual_seed(self.seed)) - 1
        return (x + epsilon * signs.to(x)).clamp(0, 1)


def _work(attacks: int, epsilons: int, count: int, size: int) -> Iterator[tuple[int, int, range]]:
    for a in range(attacks):
        for e in range(1, epsilons):
            for rows in in_batches(count, size):
                yield a, e, rows


def _right(model: Classifier, x: Tensor, goal: Goal) -> NDArray[np.bool_]:
    found = []
    with torch.no_grad():
        for batch in in_batches(len(x), batch_size(x)):
            chosen = torch.tensor(list(batch))
            found.append(model.scores(x[chosen]).cpu().argmax(1) == goal.classes[chosen])
    return torch.cat(found).numpy()


def _recipe(attack: Attack) -> dict[str, Any]:
    return {"name": attack.name, **attack.model_dump(mode="json", exclude={"epsilon"})}
