"""How accurate a model stays under attack: accuracy over epsilon, for several attacks and for the worst of them."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from seewhy.attacks.base import Attack
from seewhy.attacks.goals import Goal
from seewhy.attacks.robustness_results import RANDOM, Robustness
from seewhy.attacks.unfinished import Unfinished
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches, scored
from seewhy.progress import track


class RobustnessTest(BaseModel):
    """Attack every image with every epsilon, and count what the model still gets right.

    An image counts as right in the worst case only where no attack with this or a smaller epsilon has fooled it. A
    random change of the same size is always among the attacks: one that does no better is no attack.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epsilons: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.02, 0.05, 0.1, 0.15, 0.2, 0.3), min_length=1, description="largest changes of a value, in units of [0, 1]"
    )
    images: int = Field(1000, ge=1, description="how many images of the split are attacked, from the first")
    seed: int = Field(0, ge=0, lt=2**32, description="of the random changes")

    def __call__(
        self,
        model: Classifier,
        x: Tensor,
        labels: NDArray[np.int64],
        attacks: Sequence[Attack],
        checkpoint: Path | None = None,
    ) -> Robustness:
        """Accuracy of `model` on images `x` (N, C, H, W) with true classes `labels` (N,).

        attacks: recipes; each is run with its own settings, but with every epsilon of this test. checkpoint: a file
        that holds every finished piece (some images, one attack, one epsilon) until the end; a test that was stopped
        or killed goes on from there and ends with the same numbers.

        Raises: TypeError where the model lacks what an attack needs; ValueError for one that has no epsilon, and for
        the checkpoint of another test.
        """
        for attack in attacks:
            if (refusal := attack.refusal(model)) is not None:
                raise TypeError(refusal)
            if attack.radius is None:
                raise ValueError(f"{attack.name} has no epsilon; choose an attack that has, such as pgd")
        x, goal = x[: self.images], Goal(torch.from_numpy(np.ascontiguousarray(labels[: self.images])))
        epsilons = (0.0, *sorted(set(self.epsilons)))
        settings = self.model_dump(mode="json") | {"attacks": [_recipe(attack) for attack in attacks]}
        started = time.perf_counter()
        clean = _right(model, x, goal)
        names = (*_names(attacks), RANDOM)
        right = np.repeat(clean[None, None], len(names), 0).repeat(len(epsilons), 1)
        work = list(_work(len(names), len(epsilons), len(x), 4 * batch_size(x)))
        held = Unfinished(checkpoint, _mark(settings, model, x, goal), right, len(work))
        for piece, (a, e, rows) in enumerate(track(work, "attacking")):
            going = torch.from_numpy(np.flatnonzero(clean[rows.start : rows.stop]) + rows.start)
            if held.done[piece] or not len(going):
                continue
            if a < len(attacks):
                recipe = attacks[a].model_copy(update={"epsilon": epsilons[e]})
                attacked = recipe.perturb(model, x[going], goal[going]).x
            else:
                attacked = self._random(x[going], epsilons[e])
            right[a, e, going.numpy()] = _right(model, attacked, goal[going])
            held.finish(piece, time.perf_counter() - started)
        held.over()
        return Robustness(
            attacks=names,
            epsilons=epsilons,
            right=right,
            settings=settings,
            model=model.name,
            seconds=held.seconds + time.perf_counter() - started,
            fingerprint=model.fingerprint,
            blind=(*(name for name, one in zip(names, attacks, strict=False) if one.needs == "scores"), RANDOM),
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
    return np.asarray(scored(model, x).argmax(1) == goal.classes)


def _recipe(attack: Attack) -> dict[str, Any]:
    return {"name": attack.name, **attack.model_dump(mode="json", exclude={"epsilon"})}


def _names(attacks: Sequence[Attack]) -> list[str]:
    """The attacks by name; the second of one name is "pgd 2"."""
    seen: Counter[str] = Counter()
    names = []
    for attack in attacks:
        seen[attack.name] += 1
        names.append(attack.name if seen[attack.name] == 1 else f"{attack.name} {seen[attack.name]}")
    return names


def _mark(settings: dict[str, Any], model: Classifier, x: Tensor, goal: Goal) -> str:
    """A hash of the whole question, to the last pixel."""
    digest = hashlib.sha256(f"{json.dumps(settings, sort_keys=True)} {model.fingerprint} {tuple(x.shape)}".encode())
    for tensor in (x, goal.classes):
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
