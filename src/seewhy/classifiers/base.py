"""What every classifier can be asked; knows no framework."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy import images

Ability = Literal["scores", "gradients", "layers"]


@dataclass(frozen=True)
class LayerInfo:
    """One layer or block: its name in the model, what it is, its shape for one image, and the parameters in it."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int

    @property
    def spatial(self) -> bool:
        """Whether the layer gives maps (C, H, W) with more than one place."""
        return len(self.shape) == 3 and self.shape[1] * self.shape[2] > 1


@dataclass(frozen=True)
class Guess:
    """One class with the belief in it."""

    index: int
    label: str
    probability: float
    logit: float

    def describe(self) -> dict[str, Any]:
        """The guess as plain data; the probability is called score, as elsewhere on the web."""
        return {"index": self.index, "label": self.label, "score": self.probability, "logit": self.logit}


@dataclass(frozen=True)
class Prediction:
    """What a model believes about one image.

    logits, probabilities: (K,) float64.
    """

    labels: tuple[str, ...]
    logits: NDArray[np.float64] = field(repr=False)
    probabilities: NDArray[np.float64] = field(repr=False)

    @classmethod
    def from_logits(cls, labels: tuple[str, ...], logits: NDArray[np.floating[Any]]) -> Prediction:
        """The softmax of `logits` (K,), computed in double precision."""
        exact = np.asarray(logits, dtype=np.float64)
        powers = np.exp(exact - exact.max())
        return cls(labels, exact, powers / powers.sum())

    @property
    def index(self) -> int:
        """The most probable class."""
        return int(self.probabilities.argmax())

    @property
    def label(self) -> str:
        """The name of the most probable class."""
        return self.labels[self.index]

    @property
    def probability(self) -> float:
        """How probable the model holds its first choice, in [0, 1]."""
        return float(self.probabilities[self.index])

    def guess(self, index: int) -> Guess:
        """The belief in class `index`."""
        return Guess(index, self.labels[index], float(self.probabilities[index]), float(self.logits[index]))

    def top(self, count: int = 5) -> list[Guess]:
        """The `count` most probable classes, best first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [self.guess(int(index)) for index in order]

    def describe(self) -> list[dict[str, Any]]:
        """Every class in order, as plain data."""
        return [self.guess(index).describe() for index in range(len(self.labels))]

    def describe_top(self, count: int) -> list[dict[str, Any]]:
        """The `count` most probable classes, best first, as plain data."""
        return [guess.describe() for guess in self.top(count)]


class Classifier(ABC):
    """Scores images (N, C, H, W) with values in [0, 1]; normalisation is its own business.

    abilities: "scores" always; "gradients" where the scores can be differentiated by the image; "layers" where
    hidden layers can be read.
    framing: which part of a picture the model is shown.
    """

    framework: str
    abilities: frozenset[Ability]

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        input_shape: Sequence[int],
        about: Mapping[str, Any] | None = None,
        framing: images.Framing = images.WHOLE,
    ) -> None:
        channels, height, width = check_shape(input_shape)
        if not labels:
            raise ValueError("a classifier needs at least one label, got none; pass labels=['cat', 'dog', …]")
        self.name = name
        self.labels = tuple(str(label) for label in labels)
        self.input_shape = (channels, height, width)
        self.about = dict(about or {})
        self.framing = framing

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """A hash that changes whenever the answers may change."""

    @abstractmethod
    def scores(self, x: Tensor) -> Tensor:
        """Logits (N, K) of `x` (N, C, H, W), or log-probabilities where the model only tells probabilities."""

    def activations(self, x: Tensor, layers: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """Scores, and the outputs of `layers`, connected by gradients; TypeError where the model hides its layers."""
        raise TypeError(f"{self.name} shows no layers; use a method that needs only scores, such as 'occlusion'")

    def edited(
        self, x: Tensor, layer: str, edit: Callable[[Tensor], Tensor], layers: Sequence[str] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """`activations`, where `layer` gives `edit` of its own output; TypeError where the model hides its layers."""
        raise TypeError(f"{self.name} shows no layers, so none can be edited; load it as a torch or Keras model")

    def frozen(self) -> Any:
        """A copy as a torch module for fast passes; ValueError with the reason where there is none."""
        raise ValueError(f"{self.name} shows no steps")

    def layers(self) -> dict[str, LayerInfo]:
        """The layers by name in forward order; empty where the model hides them."""
        return {}

    def frame(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """The part of an image (C, H, W) in [0, 1] that the model sees, in the model's shape."""
        return images.fit(image, self.input_shape, framing=self.framing)

    def prepare(self, image: Any) -> Tensor:
        """Any picture as the model's input x (1, C, H, W)."""
        return torch.from_numpy(self.frame(images.read(image)))[None]

    def predict(self, image: Any) -> Prediction:
        """What the model believes about one picture."""
        return self.predict_batch(self.prepare(image))[0]

    def predict_batch(self, x: Tensor) -> list[Prediction]:
        """What the model believes about each image of `x` (N, C, H, W)."""
        with torch.no_grad():
            scores = self.scores(x).cpu().numpy()
        return [Prediction.from_logits(self.labels, row) for row in scores]

    def check_input(self, x: Tensor) -> None:
        """Refuse what is no batch of images of the model's shape."""
        if x.ndim != 4 or tuple(x.shape[1:]) != self.input_shape:
            wanted = ", ".join(map(str, self.input_shape))
            raise ValueError(f"{self.name} takes images (N, {wanted}), got {tuple(x.shape)}; use model.prepare(image)")

    def check_scores(self, scores: Tensor, count: int) -> Tensor:
        """Refuse scores of the wrong shape, and NaN."""
        if tuple(scores.shape) != (count, len(self.labels)):
            raise ValueError(
                f"{self.name} has {len(self.labels)} labels and must give scores ({count}, {len(self.labels)}), "
                f"got {tuple(scores.shape)}; pass as many labels as the model has classes"
            )
        if torch.isnan(scores).any():
            raise ValueError(f"{self.name} gives NaN for this image; its weights or its normalisation are broken")
        return scores


def check_shape(input_shape: Sequence[int]) -> tuple[int, int, int]:
    """The (C, H, W) a classifier takes, or one clear error."""
    shape = tuple(int(side) for side in input_shape)
    if len(shape) != 3 or shape[0] not in (1, 3) or min(shape) < 1:
        raise ValueError(
            f"input_shape must be (channels, height, width) with 1 or 3 channels, got {shape}; "
            "for example (1, 28, 28) or (3, 224, 224)"
        )
    return shape[0], shape[1], shape[2]
