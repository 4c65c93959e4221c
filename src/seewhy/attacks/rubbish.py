"""Rubbish images: pictures without meaning that a model is sure about.

A. Nguyen, J. Yosinski, J. Clune, Deep Neural Networks are Easily Fooled, 2015, https://arxiv.org/abs/1412.1897.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from seewhy.attacks import rubbish_forms as forms
from seewhy.attacks.resemblance import KnownImages, Resemblance
from seewhy.classifiers.base import Classifier, Prediction
from seewhy.classifiers.labels import index_of

Form = Literal["pixels", "strokes", "smooth", "noise", "guided"]


@dataclass(frozen=True)
class Nonsense:
    """A picture that was made to be called `target`.

    image: (C, H, W) in [0, 1]; frames: (T, C, H, W) bytes, the climb from nothing to the picture; climb: (T,), how
    sure the model was of each frame. resemblance: None where no data set was at hand.
    """

    image: NDArray[np.float32] = field(repr=False)
    frames: NDArray[np.uint8] = field(repr=False)
    climb: NDArray[np.float64] = field(repr=False)
    target: int
    prediction: Prediction = field(repr=False)
    settings: Mapping[str, Any]
    model: str
    seconds: float
    resemblance: Resemblance | None = None
    fingerprint: str = ""

    @property
    def probability(self) -> float:
        """How sure the model is of the class."""
        return float(self.prediction.probabilities[self.target])

    @property
    def accepted(self) -> bool:
        """Whether the model is as sure as was asked for."""
        return self.prediction.index == self.target and self.probability >= float(self.settings["confidence"])

    @property
    def lit(self) -> int:
        """Pixels that are not black."""
        return int((self.image > 0).any(0).sum())

    @property
    def meaningless(self) -> bool | None:
        """Whether the nearest-neighbour test does not see the class in it; None where it was not made."""
        return None if self.resemblance is None else not self.resemblance.agrees(self.target)

    @property
    def material(self) -> str:
        """What the picture is made of, in words."""
        pixels = f"{self.lit} pixels"
        return {
            "pixels": pixels,
            "strokes": f"{self.settings['amount']} strokes or fewer",
            "smooth": "smooth spots",
            "noise": "noise",
            "guided": f"{pixels} that the maps of real pictures point at",
        }[self.settings["form"]]

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        label = self.prediction.labels[self.target]
        found = f"The model is {self.probability:.1%} sure of “{label}”, from {self.material}"
        if not self.accepted:
            found += f"; {self.settings['confidence']:.0%} was asked for"
        near = self.resemblance
        if near is not None:
            found += f"; the nearest training picture is {near.distance:.1f} away, where {near.typical:.1f} is typical"
        return found + "."

    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""
        return {
            "model": self.model,
            "target": {"class": self.target, "label": self.prediction.labels[self.target]},
            "score": self.probability,
            "accepted": self.accepted,
            "lit": self.lit,
            "iterations": len(self.frames),
            "climb": [float(sure) for sure in self.climb],
            "nearest": None if self.resemblance is None else self.resemblance.describe(),
            "meaningless": self.meaningless,
            "prediction": self.prediction.describe(),
            "settings": dict(self.settings),
            "sentence": self.sentence,
            "seconds": self.seconds,
            "fingerprint": self.fingerprint,
        }

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """The picture and its frames, by name."""
        return {"image": self.image, "frames": self.frames}


class RubbishImage(BaseModel):
    """Make a picture that means nothing to a person and everything to the model.

    A classifier must choose one of its classes for whatever it is shown, and was only ever taught real pictures. So a
    handful of pixels, a few strokes or smooth spots can be found that it takes for a class without doubt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form = Field("pixels", description="what it is made of")
    amount: int = Field(12, ge=1, le=200, description="how many pixels or strokes it may have")
    confidence: float = Field(0.99, gt=0, lt=1, description="how sure the model must be to stop")
    effort: int = Field(16, ge=1, le=200, description="how many attempts are followed at once")
    steps: int = Field(120, ge=1, le=2000, description="steps of the climb, for smooth, noise and strokes")
    seed: int = Field(0, ge=0, lt=2**32, description="of everything random")

    def __call__(self, model: Classifier, target: int | str, known: KnownImages | None = None) -> Nonsense:
        """Nonsense that `model` takes for `target`.

        known: real images; the outcome is compared with them, and the form "guided" starts from their maps.

        Raises: LookupError for a class that does not exist; TypeError where the form needs gradients and the model
        gives none; ValueError for "guided" without `known`.
        """
        self.check(model, compared=known is not None)
        index = index_of(target, model.labels)
        started = time.perf_counter()
        goal = forms.Aim(model, index, self.confidence)
        makers = {
            "pixels": lambda: forms.pixels(goal, self.amount, self.effort),
            "strokes": lambda: forms.strokes(goal, self.amount, self.effort, self.steps, self.seed),
            "smooth": lambda: forms.smooth(goal, self.steps, self.seed),
            "noise": lambda: forms.noise(goal, self.steps, self.seed),
            "guided": lambda: forms.guided(goal, _examples(known, index), self.amount),
        }
        frames = makers[self.form]()
        image = frames[-1]
        sure = goal.sureness(np.stack(frames))
        return Nonsense(
            image=image,
            frames=np.rint(np.stack(frames) * 255).astype(np.uint8),
            climb=sure,
            target=index,
            prediction=model.predict(image),
            settings=self.model_dump(mode="json"),
            model=model.name,
            seconds=time.perf_counter() - started,
            resemblance=None if known is None else known.compare(image),
            fingerprint=model.fingerprint,
        )

    def check(self, model: Classifier, compared: bool) -> None:
        """Refuse a form that `model` cannot be asked for; `compared`: whether real images are at hand.

        Raises: TypeError, ValueError.
        """
        if self.form in ("smooth", "noise", "guided") and "gradients" not in model.abilities:
            raise TypeError(f"{self.form} nonsense needs gradients, which {model.name} does not give; use strokes")
        if self.form == "guided" and not compared:
            raise ValueError("guided nonsense starts from maps of real images; name the data set they come from")


def _examples(known: KnownImages | None, target: int) -> NDArray[np.float32]:
    if known is None:
        raise ValueError("no images are known")
    return known.of_class(target, 32)
