"""The trust figure: is what a map points at what the model leans on, more than what random maps point at?

Each square of a picture is hidden in turn (`squares`); the answer's fall, weighted with the positive values that the
map has in the square, is what the answer loses where the map points. The same number for 100 random maps as smooth as
the map itself says what pointing by luck is worth. The figure is the share of them that the map beats.

Close to it: U. Bhatt et al., faithfulness correlation, 2020, https://arxiv.org/abs/2005.00631, which has no chance
level. How it was chosen, and how well it tells maps that find a known cause from maps that do not: docs/trust.md.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.metrics.chance import random_phases, turned
from seewhy.results import Explanation
from seewhy.targets import ClassScore
from seewhy.verdicts.squares import Squares, hide_squares

MAPS = 100  # random maps beside each
COARSE = 64  # pixels a side: larger maps are averaged to it first, for the squares are larger still
TRUST, DOUBT = 0.95, 0.8  # shares of random maps beaten

Word = Literal["trust", "doubt", "no better than chance"]


@dataclass(frozen=True)
class Trust:
    """How far a map is to be believed.

    value: the share of random maps it beats, in [0, 1]; equal ones count half.
    fall: what the target's log-odds lose where the map points; chance, spread: mean and deviation of the same for
    random maps; largest: what they lose at most, where the best single square is hidden.
    falls: (G, G), of every square. passes: how many pictures the model was asked about for it.
    """

    value: float
    fall: float
    chance: float
    spread: float
    largest: float
    maps: int
    passes: int
    seconds: float
    falls: NDArray[np.float64] = field(repr=False)

    @property
    def word(self) -> Word:
        """The figure in a word."""
        return word_of(self.value)

    @property
    def short(self) -> str:
        """The figure in a few words."""
        return f"{self.word.capitalize()}: better than {round(self.value * self.maps)} of {self.maps} random maps."

    @property
    def sentence(self) -> str:
        """The figure in words, with the two numbers it compares."""
        hidden = f"Hidden where the map points, the answer loses {self.fall:.2g} of its log-odds"
        return f"{self.short} {hidden}; where random maps point, {self.chance:.2g}."

    def describe(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "value": self.value,
            "word": self.word,
            "short": self.short,
            "sentence": self.sentence,
            "fall": self.fall,
            "chance": self.chance,
            "spread": self.spread,
            "largest": self.largest,
            "maps": self.maps,
            "passes": self.passes,
            "seconds": self.seconds,
            "falls": self.falls.tolist(),
        }


def word_of(value: float) -> Word:
    """A figure in a word: at .95 one of twenty random maps would be trusted too."""
    if value >= TRUST:
        return "trust"
    return "doubt" if value >= DOUBT else "no better than chance"


def trust(model: Classifier, why: Explanation, maps: int = MAPS, seed: int = 0) -> Trust:
    """The trust figure of `why`, an explanation of `model`: 17 extra passes, without gradients.

    Raises: ValueError where `why` is not of this model's size, or of another model.
    """
    if tuple(why.image.shape) != tuple(model.input_shape) or len(why.prediction.logits) != len(model.labels):
        raise ValueError(
            f"the explanation must be of {model.name}, {model.input_shape} and {len(model.labels)} classes, got "
            f"{why.image.shape} and {len(why.prediction.logits)}; pass the model it was made for"
        )
    target = ClassScore(why.target["class"], why.target["versus"], why.target["output"])
    started = time.perf_counter()
    whole = torch.from_numpy(np.asarray(why.prediction.logits))
    squares = hide_squares(model, torch.from_numpy(why.image), whole)
    return figure(squares, target, why.values, maps, seed, started)


def trusted(model: Classifier, why: Explanation) -> Explanation:
    """The same explanation with its trust figure, as plain data, under notes["trust"]."""
    return replace(why, notes={**why.notes, "trust": trust(model, why).describe()})


def figure(
    squares: Squares,
    target: ClassScore,
    values: NDArray[Any],
    maps: int = MAPS,
    seed: int = 0,
    started: float | None = None,
) -> Trust:
    """The trust figure of a map `values` (H, W), raw and signed, from answers that are known already."""
    started = time.perf_counter() if started is None else started
    falls = squares.falls(target)
    own = _coarse(values)
    others = turned(torch.from_numpy(own), _phases(own.shape, maps, seed)).numpy()
    found = pointed(squares, falls, np.concatenate([own[None], others]))
    ahead = found[0] - found[1:]
    even = np.ptp(own) <= 1e-9 * np.abs(own).max(initial=0)  # such a map points nowhere, and its random maps are equal
    return Trust(
        value=0.5 if even else float(((ahead > 0) + 0.5 * (ahead == 0)).mean()),
        fall=float(found[0]),
        chance=float(found[1:].mean()),
        spread=float(found[1:].std()),
        largest=float(falls.max()),
        maps=maps,
        passes=len(squares.scores) + 1,  # the picture itself goes along
        seconds=time.perf_counter() - started,
        falls=falls,
    )


def pointed(squares: Squares, falls: NDArray[np.float64], maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of `falls` (G, G), weighted with the positive values of each of `maps` (M, H, W); 0 where none are."""
    weights = squares.sums(np.maximum(maps, 0))
    total = weights.sum((1, 2))
    found: NDArray[np.float64] = (weights * falls).sum((1, 2)) / np.where(total > 0, total, 1)
    return found


def _coarse(values: NDArray[Any]) -> NDArray[np.float64]:
    """The map (H, W), averaged to at most COARSE pixels a side."""
    found = torch.from_numpy(np.ascontiguousarray(values, np.float64))
    size = (min(found.shape[0], COARSE), min(found.shape[1], COARSE))
    if size != tuple(found.shape):
        found = F.adaptive_avg_pool2d(found[None], size)[0]
    coarse: NDArray[np.float64] = found.numpy()
    return coarse


@lru_cache(maxsize=8)
def _phases(size: tuple[int, int], count: int, seed: int) -> Tensor:
    """Those of random maps of one size, which every map of that size is held against; 3.4 MB for 64 × 64."""
    return random_phases(size, count, seed)
