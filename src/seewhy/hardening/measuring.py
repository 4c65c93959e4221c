"""How a model stands before and after hardening, by the same recipe with the same budget and chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy import images
from seewhy.attacks.fgsm import Fgsm
from seewhy.attacks.pgd import Pgd
from seewhy.attacks.resemblance import KnownImages
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.hardening.recipe import Hardening
from seewhy.hardening.results import Standing
from seewhy.holes import Holes
from seewhy.inference.batches import batch_size, in_batches
from seewhy.inference.reading import known_labels, stacked
from seewhy.progress import track


class Kept(NamedTuple):
    """Kept holes as a model takes them: rubbish (N, C, H, W), nudged pictures (M, C, H, W), and their classes (M,)."""

    rubbish: Tensor
    nudged: Tensor
    truth: Tensor


def kept(holes: Holes, model: Classifier) -> Kept:
    """The holes of a folder that `model` can learn from; a nudge whose class it does not have is left out.

    Raises: LookupError where a picture is gone.
    """
    known = {label: index for index, label in enumerate(model.labels)}
    rubbish: list[NDArray[np.float32]] = []
    nudged: list[tuple[NDArray[np.float32], int]] = []
    for hole in holes.items():
        if hole.truth is None:
            rubbish.append(images.fit(holes.image(hole.id), model.input_shape))
        elif hole.truth in known:
            nudged.append((images.fit(holes.image(hole.id), model.input_shape), known[hole.truth]))
    return Kept(
        _tensor(rubbish, model), _tensor([image for image, _ in nudged], model),
        torch.tensor([truth for _, truth in nudged], dtype=torch.long),
    )  # fmt: skip


def resembling(data: ImageSet, model: Classifier) -> KnownImages | None:
    """Real images to compare rubbish with; None where the set cannot say what is typical for the model's classes."""
    fits = tuple(data.labels) == model.labels and "train" in data.splits and len(data.splits) > 1
    return KnownImages(data, model.input_shape) if fits else None


def standing(
    model: Classifier, data: ImageSet, split: str, held: Kept, known: KnownImages | None, recipe: Hardening
) -> Standing:
    """Clean accuracy, robustness curve, and what rubbish is accepted, new and kept."""
    labels = known_labels(data, split, model)
    rows = np.flatnonzero(labels >= 0)[: recipe.tested]
    if not len(rows):
        raise ValueError(f"{data.name}/{split} has no classes that {model.name} knows; name another data set")
    right = _right(model, data, split, rows, labels)
    return Standing(
        right=int(right.sum()),
        tested=len(rows),
        robustness=_robustness(model, data, split, rows[: recipe.attacked], labels, recipe),
        rubbish=recipe.new_rubbish(model, known).describe(),
        kept={"count": len(held.rubbish), "accepted": int((_sure(model, held.rubbish) >= recipe.confidence).sum())},
        nudges={"count": len(held.nudged), "right": int((_called(model, held.nudged) == held.truth.numpy()).sum())},
    )


def _right(
    model: Classifier, data: ImageSet, split: str, rows: NDArray[np.int64], labels: NDArray[np.int64]
) -> NDArray[np.bool_]:
    size = batch_size(torch.empty(model.input_shape))
    found = []
    for part in track(list(in_batches(len(rows), size)), "testing"):
        chosen = rows[part.start : part.stop]
        x = torch.from_numpy(stacked(model, data, split, chosen.tolist()))
        found.append(_called(model, x) == labels[chosen])
    return np.concatenate(found)


def _robustness(
    model: Classifier, data: ImageSet, split: str, rows: NDArray[np.int64], labels: NDArray[np.int64], recipe: Hardening
) -> dict[str, object]:
    if not len(rows) or not recipe.nudge(model.input_shape[0]):
        return {}
    x = torch.from_numpy(stacked(model, data, split, rows.tolist()))
    found = recipe.robustness(model.input_shape[0])(model, x, labels[rows], (Fgsm(), Pgd(seed=recipe.seed)))
    return found.describe()


def _called(model: Classifier, x: Tensor) -> NDArray[np.int64]:
    return _chances(model, x).argmax(1).numpy()


def _sure(model: Classifier, x: Tensor) -> NDArray[np.float64]:
    return _chances(model, x).amax(1).numpy()


def _chances(model: Classifier, x: Tensor) -> Tensor:
    """The probabilities (N, K) in double precision."""
    found = [torch.zeros(0, len(model.labels), dtype=torch.float64)]
    with torch.no_grad():
        for part in in_batches(len(x), batch_size(x)):
            found.append(model.scores(x[list(part)]).cpu().double().softmax(1))
    return torch.cat(found)


def _tensor(pictures: Sequence[NDArray[np.float32]], model: Classifier) -> Tensor:
    return torch.from_numpy(np.stack(pictures)) if pictures else torch.zeros(0, *model.input_shape)
