"""The tenth of a picture that a map points at, taken away: what the model says then, beside what luck would do.

What is gone is filled from what is left around it (normalised convolution: H. Knutsson and C.-F. Westin, 1993,
https://doi.org/10.1109/CVPR.1993.341081), so that no black holes are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from seewhy.classifiers.base import Classifier, Prediction
from seewhy.metrics.chance import random_maps
from seewhy.results import Explanation

SHARE = 0.1
MAPS = 20  # random maps beside

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Deleted:
    """What deleting the strongest `share` of a map did, and what deleting as much by random maps does.

    before, after: what the model believes; chances: (M,) the probability of the target for each random map.
    picture, random: (C, H, W), without what the map, and the most ordinary of the random maps, points at.
    """

    share: float
    target: int
    before: Prediction
    after: Prediction
    chances: NDArray[np.float64]
    picture: Floats = field(repr=False)
    random: Floats = field(repr=False)
    after_random: Prediction = field(repr=False)

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        first, then = (one.guess(self.target).probability for one in (self.before, self.after))
        label = self.before.labels[self.target]
        says = "" if self.after.index == self.before.index else f" and says “{self.after.label}”"
        return (
            f"Without the {self.share:.0%} that the map points at, it holds “{label}” {then:.1%} likely, "
            f"not {first:.1%}{says}; without as much by luck, {self.chances.mean():.1%}."
        )

    def describe(self) -> dict[str, Any]:
        """Everything but the pictures, as plain data."""
        return {
            "share": self.share,
            "target": self.target,
            "label": self.before.labels[self.target],
            "before": _told(self.before, self.target),
            "after": _told(self.after, self.target),
            "after_random": _told(self.after_random, self.target),
            "chance": float(self.chances.mean()),
            "spread": float(self.chances.std()),
            "maps": len(self.chances),
            "sentence": self.sentence,
        }


def delete_top(model: Classifier, why: Explanation, share: float = SHARE, maps: int = MAPS, seed: int = 0) -> Deleted:
    """Take away the `share` of pixels that `why` values highest, and ask `model` again; 21 passes in one go."""
    others = random_maps(torch.from_numpy(np.asarray(why.values, np.float64)), maps, seed).numpy()
    pictures = np.stack([infilled(why.image, top(values, share)) for values in (why.values, *others)])
    after, *random = model.predict_batch(torch.from_numpy(pictures))
    target = int(why.target["class"])
    chances = np.array([one.guess(target).probability for one in random])
    ordinary = int(np.argsort(chances, kind="stable")[len(chances) // 2])
    return Deleted(share, target, why.prediction, after, chances, pictures[0], pictures[1 + ordinary], random[ordinary])


def top(values: NDArray[Any], share: float) -> NDArray[np.bool_]:
    """Where the highest `share` of `values` (H, W) is; at least one pixel, and among equal ones the first."""
    count = max(1, round(share * values.size))
    mask = np.zeros(values.size, np.bool_)
    mask[np.argsort(-values, axis=None, kind="stable")[:count]] = True
    return mask.reshape(values.shape)


def infilled(image: Floats, gone: NDArray[np.bool_]) -> Floats:
    """`image` (C, H, W) with what is `gone` (H, W) filled by the smoothed rest: from near by where anything is near."""
    left, found = ~gone, image.copy()
    if not left.any():
        found[:] = image.mean((1, 2), keepdims=True)
        return found
    missing, width = gone.copy(), 1.0
    while missing.any():
        weight = gaussian_filter(left.astype(np.float64), width)
        there = missing & ((weight > 0.05) | (width > max(image.shape)))
        for channel, plain in zip(found, image, strict=True):
            smooth = gaussian_filter(plain * left, width, output=np.float64)
            channel[there] = (smooth[there] / np.maximum(weight[there], 1e-12)).clip(0, 1)
        missing &= ~there
        width *= 2
    return found


def _told(belief: Prediction, target: int) -> dict[str, Any]:
    return {"probability": belief.guess(target).probability, "says": belief.label, "sure": belief.probability}
