"""Implementation invariance: two networks that give every picture the same scores deserve the same map.

M. Sundararajan, A. Taly, Q. Yan: Axiomatic Attribution for Deep Networks, ICML 2017, https://arxiv.org/abs/1703.01365
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray

from seewhy.classifiers.base import Classifier
from seewhy.comparisons import rank_correlation
from seewhy.explainers.base import Explainer
from seewhy.twins import Pair, Twin, pair

SAME = 1e-3  # of the larger map's largest value: a smaller difference is rounding
ROUGH = 1e-2  # the same by Keras, which rounds to single precision on the way
EQUAL = 1e-5  # of the scores' range: twins must not differ more


@dataclass(frozen=True)
class Invariance:
    """One method's maps of one picture by two networks that give the same scores.

    maps: (2, H, W); difference: of two values at the same pixel, at most; relative: as a share of the largest value.
    correlation: Spearman's ρ of the two maps, NaN where one is constant; scores_difference: at most, in logits.
    """

    method: str
    title: str
    twin: Twin
    sentence_of_twin: str
    maps: NDArray[np.float32]
    difference: float
    relative: float
    correlation: float
    scores_difference: float
    score: float
    target: dict[str, Any]
    signed: bool

    @property
    def holds(self) -> bool:
        """Whether the maps are the same but for rounding."""
        return self.relative <= (ROUGH if self.twin == "keras" else SAME)

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.holds:
            return f"{self.title} gives both networks the same map, up to {self.relative:.1g} of its largest value."
        return (
            f"{self.title} depends on how the network is written: its maps differ by up to {self.relative:.0%} of "
            "their largest value."
        )


def twins_of(model: Classifier, twin: Twin) -> Pair:
    """The pair for `model`, made once; raises what `twins.pair` raises."""
    with _lock:
        known = _made.setdefault(model, {})
        if twin not in known:
            known[twin] = pair(model, twin)
        return known[twin]


def invariance(
    model: Classifier, image: Any, recipe: Explainer, target: Any = "argmax", twin: Twin = "wide"
) -> Invariance:
    """Explain `image` by `model` and by its twin, both in double precision.

    Raises: what `twins.pair` and the method raise; ValueError where the twins' scores differ by more than rounding.
    """
    both = twins_of(model, twin)
    x = model.prepare(image)
    with torch.no_grad():
        scores = [one.scores(x).double().cpu() for one in (both.one, both.other)]
    apart = float((scores[0] - scores[1]).abs().max())
    if apart > EQUAL * max(1.0, float(scores[0].abs().max())):
        raise ValueError(f"the twins of {model.name} differ by {apart:.2g} for this picture; they are no twins here")
    first = recipe(both.one, x[0], target)
    wish = {name: first.target[name] for name in ("class", "versus", "output")}
    second = recipe(both.other, x[0], wish)
    maps = np.stack([first.values, second.values])
    far, size = float(np.abs(maps[0] - maps[1]).max()), float(np.abs(maps).max())
    return Invariance(
        recipe.name,
        recipe.title,
        twin,
        both.sentence,
        maps,
        far,
        far / size if size else 0.0,
        float(rank_correlation([first.values, second.values])[0, 1]),
        apart,
        first.score,
        dict(first.target),
        first.signed,
    )


_made: WeakKeyDictionary[Classifier, dict[Twin, Pair]] = WeakKeyDictionary()
_lock = Lock()
