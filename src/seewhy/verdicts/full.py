"""The trust figure at length: finer squares, pixels taken away and put back, and whether the map stays under noise."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np
import torch

from seewhy.classifiers.base import Classifier
from seewhy.comparisons import rank_correlation
from seewhy.explainers.base import Explainer
from seewhy.metrics.deletion import Deletion
from seewhy.metrics.insertion import Insertion
from seewhy.progress import track
from seewhy.results import Explanation
from seewhy.targets import ClassScore
from seewhy.verdicts.figure import Word, figure, word_of
from seewhy.verdicts.squares import hide_squares

GRIDS = (4, 6, 8)  # rows and columns of squares: 116 passes, and the picture itself thrice
MAPS = 500  # random maps for the squares
STEPS = 16  # of deletion and insertion, each for 20 random maps
NOISE, DRAWS = 0.02, 4  # of the full range, and how often


@dataclass(frozen=True)
class FullTrust:
    """The figure at length.

    value: the mean share of random maps that the map beats, over `parts`, which have a share each.
    stability: the rank correlation of the map with those of pictures with a little noise, at worst.
    """

    value: float
    parts: dict[str, float]
    stability: float

    @property
    def word(self) -> Word:
        """The figure in a word."""
        return word_of(self.value)

    @property
    def sentence(self) -> str:
        """The figure in words, part by part."""
        parts = ", ".join(f"{name} {share:.0%}" for name, share in self.parts.items())
        steady = f"with a little noise on the picture the map stays alike to {self.stability:.2f} (rank correlation)"
        return f"{self.word.capitalize()}: better than {self.value:.0%} of random maps ({parts}); {steady}."

    def describe(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "value": self.value,
            "word": self.word,
            "sentence": self.sentence,
            "parts": dict(self.parts),
            "stability": self.stability,
        }


def full_trust(model: Classifier, why: Explanation, recipe: Explainer) -> FullTrust:
    """The full figure of `why`, which `recipe` made of `model`; about 800 passes, and the method four times more."""
    target = ClassScore(why.target["class"], why.target["versus"], why.target["output"])
    return FullTrust(**_parts(model, why, target), stability=stability(model, why, recipe, target))


def stability(model: Classifier, why: Explanation, recipe: Explainer, target: ClassScore) -> float:
    """The lowest rank correlation of the map with those of the picture with noise; 0 where a map is constant."""
    rng, found = np.random.default_rng(0), []
    for _ in track(range(DRAWS), "adding noise"):
        noisy = (why.image + rng.normal(0, NOISE, why.image.shape)).clip(0, 1).astype(np.float32)
        again = recipe.attribute(model, torch.from_numpy(noisy)[None], target).values[0].detach().cpu().numpy()
        found.append(float(np.nan_to_num(rank_correlation([why.values, again])[0, 1])))
    return min(found)


def _parts(model: Classifier, why: Explanation, target: ClassScore) -> dict[str, Any]:
    image, whole = torch.from_numpy(why.image), torch.from_numpy(np.asarray(why.prediction.logits))
    squares = [
        figure(hide_squares(model, image, whole, grid), target, why.values, MAPS).value
        for grid in track(GRIDS, "hiding squares")
    ]
    parts = {"squares": mean(squares)}
    for metric in (Deletion(steps=STEPS, fill="mean"), Insertion(steps=STEPS)):
        parts[metric.name] = metric.measure(model, image[None], target, why.values).beats
    return {"value": mean(parts.values()), "parts": parts}
