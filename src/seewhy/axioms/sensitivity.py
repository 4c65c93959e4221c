"""Sensitivity: what makes a difference gets a share, and what makes none gets nothing.

(a) Where a picture and its baseline get different scores, some pixel must get a value that is not 0. The network is
asked with its score capped below what the picture reaches: there it is flat, but the score rose on the way.
(b) A pixel that the network cannot see must get 0. The network is blinded on one half of the picture.

M. Sundararajan, A. Taly, Q. Yan: Axiomatic Attribution for Deep Networks, ICML 2017, https://arxiv.org/abs/1703.01365
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seewhy.axioms.probes import Side, blinded, capped, half
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.base import Explainer
from seewhy.results import Explanation
from seewhy.targets import ClassScore, resolve

NOTHING = 1e-6  # of the rise of the score, or of the largest value: less is rounding


@dataclass(frozen=True)
class Sensitivity:
    """One method's map where the score is capped.

    rise: of the capped score from black to the picture; sum, largest: of the map's values.
    """

    method: str
    title: str
    values: NDArray[np.float32]
    rise: float
    cap: float
    signed: bool

    @property
    def sum(self) -> float:
        """What the map adds up to."""
        return float(self.values.sum(dtype=np.float64))

    @property
    def largest(self) -> float:
        """The largest value of either sign."""
        return float(np.abs(self.values).max())

    @property
    def holds(self) -> bool:
        """Whether any pixel gets a value."""
        return self.largest > NOTHING * self.rise

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        rose = f"the capped score rose by {self.rise:+.3g} from black to the picture"
        if not self.holds:
            return f"{self.title} gives every pixel 0, though {rose}."
        return f"{self.title} notices that {rose}: its largest value is {self.largest:.3g}."


@dataclass(frozen=True)
class Dummy:
    """One method's map where the network cannot see one half of the picture.

    values: (H, W); hidden: (H, W), what it cannot see; share: of all that the map holds, what lies there.
    """

    method: str
    title: str
    values: NDArray[np.float32]
    hidden: NDArray[np.bool_]
    side: Side
    signed: bool

    @property
    def share(self) -> float:
        """How much of the map lies where nothing can be seen."""
        weight = np.abs(self.values.astype(np.float64))
        return float(weight[self.hidden].sum() / weight.sum()) if weight.any() else 0.0

    @property
    def holds(self) -> bool:
        """Whether nothing lies there."""
        return bool((np.abs(self.values[self.hidden]) <= NOTHING * max(float(np.abs(self.values).max()), 1e-30)).all())

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.holds:
            return f"{self.title} gives 0 to every pixel that the network cannot see."
        return f"{self.title} puts {self.share:.1%} of its map where the network cannot see."


def sensitivity(
    model: Classifier, image: Any, recipe: Explainer, target: Any = "argmax", cap: float = 0.5
) -> Sensitivity:
    """Explain the score of `target` for `image`, capped at a share `cap` of its rise from black.

    Raises: TypeError for a model that is no PyTorch module, ValueError where the score does not rise from black.
    """
    own, x, wish = _asked(model, image, target)
    with torch.no_grad():
        score, start = (float(one) for one in wish(own, torch.cat([x, torch.zeros_like(x)])))
    if score <= start:
        raise ValueError(
            f"the score must rise from black to the picture, got {start:.3g} and {score:.3g}; explain another class"
        )
    top = start + cap * (score - start)
    found = recipe(capped(own, top), x[0], wish)
    return Sensitivity(recipe.name, recipe.title, found.values, top - start, top, found.signed)


def dummy(model: Classifier, image: Any, recipe: Explainer, target: Any = "argmax", side: Side = "left") -> Dummy:
    """Explain `target` for `image` by `model` blinded on the half `side`; raises what `sensitivity` raises."""
    own, x, wish = _asked(model, image, target)
    found: Explanation = recipe(blinded(own, side), x[0], wish)
    hidden = half(own.input_shape, side).numpy()
    return Dummy(recipe.name, recipe.title, found.values, hidden, side, found.signed)


def _asked(model: Classifier, image: Any, target: Any) -> tuple[PyTorchClassifier, torch.Tensor, ClassScore]:
    """The model, the picture as it takes it, and what is explained: a logit of one class."""
    if not isinstance(model, PyTorchClassifier):
        raise TypeError("networks are capped and blinded only where they are PyTorch or Keras; choose such a model")
    x = model.prepare(image)
    wish = resolve(target, model.labels, model.predict_batch(x)[0])
    return model, x, ClassScore(wish.index)
