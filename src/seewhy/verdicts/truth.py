"""Images of which the cause is known, because it was changed and the answer followed; and whether a map shows it.

The data set `shortcuts` can change the mark or the shape of an image and nothing else. Where a model's answer follows
every change of the one and no change of the other, that one is the cause, and a map can be right or wrong.

Mass and rank accuracy: L. Arras et al., CLEVR-XAI, 2022, https://arxiv.org/abs/2003.07258; pointing game: J. Zhang et
al., 2016, https://arxiv.org/abs/1608.00507.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import as_image
from seewhy.datasets.shortcuts import Shortcuts
from seewhy.progress import track

Cause = Literal["mark", "shape"]
AROUND = 1  # pixels beside the cause that count as part of it: an edge is seen on both of its sides
BATCH = 500

Masks = NDArray[np.bool_]


@dataclass(frozen=True)
class Verified:
    """An image of `split` whose cause was found by changing it: its index, what the model says, where the reason is.

    image: (C, H, W) in [0, 1]; inside: (H, W), the cause and a pixel around it; decoy: the same of what is no cause.
    """

    split: str
    index: int
    cause: Cause
    said: int
    image: NDArray[np.float32]
    inside: Masks
    decoy: Masks

    @property
    def address(self) -> str:
        """The words that find the image again."""
        return f"shortcuts/{self.split}/{self.index}"


@dataclass(frozen=True)
class Reliance:
    """What a model's answers follow, of `trials` images: shares, and the images where it is one thing alone."""

    trials: int
    follows_mark: float
    follows_shape: float
    verified: tuple[Verified, ...]

    def describe(self) -> dict[str, Any]:
        """The counts as plain data."""
        return {
            "trials": self.trials,
            "follows_mark": self.follows_mark,
            "follows_shape": self.follows_shape,
            "verified": len(self.verified),
        }


def reliance(model: Classifier, data: Shortcuts, split: str, cause: Cause, trials: int | None = None) -> Reliance:
    """The first `trials` images of `split`, asked again with every other mark and with every other shape.

    Raises: ValueError where the model does not tell the four shapes of `shortcuts` apart by name.
    """
    if model.labels != data.labels:
        raise ValueError(f"{model.name} must have the classes {', '.join(data.labels)}, got {', '.join(model.labels)}")
    count = min(trials or data.size(split), data.size(split))
    changes = [(0, 0), *((0, by) for by in (1, 2, 3)), *((by, 0) for by in (1, 2, 3))]  # of shape, of mark
    answers = [_answers(model, data.changed(split, *by)[:count]) for by in track(changes, "changing the cause")]
    base, shaped, marked = answers[0], np.stack(answers[4:]), np.stack(answers[1:4])
    shape, mark = data.truth(split)[:count], data.told(split)[:count]
    later = np.arange(1, 4)[:, None]
    with_mark, with_shape = marked == (mark + later) % 4, shaped == (shape + later) % 4
    alone = {
        "mark": (base == mark) & with_mark.all(0) & (shaped == base).all(0),
        "shape": (base == shape) & with_shape.all(0) & (marked == base).all(0),
    }[cause]
    causes, pixels = data.causes(split), data.pixels(split)
    masks = {"mark": causes.planted, "shape": causes.true}
    other: Cause = "shape" if cause == "mark" else "mark"
    verified = tuple(
        Verified(
            split,
            int(index),
            cause,
            int(base[index]),
            as_image(pixels[index]),
            _around(masks[cause][index]),
            _around(masks[other][index]) & ~_around(masks[cause][index]),
        )
        for index in np.flatnonzero(alone)
    )
    return Reliance(count, float(with_mark.mean()), float(with_shape.mean()), verified)


@dataclass(frozen=True)
class Sighting:
    """How much of a map lies on the cause.

    mass: share of its positive values there; rank: share of its highest pixels, as many as the cause has, that lie
    there; area: the share of the image that the cause is; decoy: share of its positive values on the decoy.
    pointed: whether its highest pixel is there. beaten: share of chance maps with less mass there.
    """

    mass: float
    rank: float
    area: float
    decoy: float
    decoy_area: float
    pointed: bool
    beaten: float

    @property
    def found(self) -> bool:
        """Whether the map shows the cause: more than 95 % of chance maps do, and more densely than the decoy."""
        return self.beaten >= 0.95 and self.mass / self.area > self.decoy / self.decoy_area


def sight(values: NDArray[Any], one: Verified, chance: Callable[[NDArray[Any]], NDArray[Any]]) -> Sighting:
    """Compare `values` (H, W) with the cause of `one`; `chance` gives random maps (S, H, W) like a map."""
    positive = np.maximum(np.asarray(values, np.float64), 0)
    inside, area = one.inside, float(one.inside.mean())
    mass = _share(positive, inside)
    count = int(inside.sum())
    top = np.argsort(-positive, axis=None, kind="stable")[:count]
    randoms = np.maximum(chance(np.asarray(values)), 0)
    rivals = np.array([_share(each, inside) for each in randoms])
    return Sighting(
        mass,
        float(inside.ravel()[top].mean()) if positive.any() else 0.0,
        area,
        _share(positive, one.decoy),
        max(float(one.decoy.mean()), 1e-9),
        bool(positive.any() and inside.ravel()[top[0]]),
        float((rivals < mass).mean()),
    )


def _answers(model: Classifier, pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    found = []
    with torch.inference_mode():
        for start in range(0, len(pixels), BATCH):
            x = torch.from_numpy(pixels[start : start + BATCH].transpose(0, 3, 1, 2).copy()).float() / 255
            found.append(model.scores(x).argmax(1).cpu().numpy())
    return np.concatenate(found)


def _share(positive: NDArray[Any], mask: Masks) -> float:
    total = float(positive.sum())
    return float(positive[mask].sum()) / total if total > 0 else 0.0


def _around(mask: Masks) -> Masks:
    wide: Masks = binary_dilation(mask, iterations=AROUND)
    return wide
