"""What an attack brought: both pictures, both predictions, and how far it had to go."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy import pictures
from seewhy.classifiers.base import Prediction
from seewhy.pictures.colours import picture
from seewhy.saving import Drawn

MOST = 6  # classes that a curve tells by name


@dataclass(frozen=True)
class Curve:
    """The model's belief while the perturbation grows.

    epsilons: (P,) from 0 upwards, in units of [0, 1]; probabilities: (P, K); reached: (P,) whether the attack's goal
    holds there.
    """

    epsilons: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    reached: NDArray[np.bool_]

    @classmethod
    def of(cls, epsilons: NDArray[np.float32], logits: NDArray[np.float32], reached: NDArray[np.bool_]) -> Self:
        """From the scores (P, K) at each epsilon."""
        powers = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
        return cls(epsilons, (powers / powers.sum(1, keepdims=True)).astype(np.float32), reached)

    @property
    def flip_epsilon(self) -> float | None:
        """The first epsilon of the curve at which the goal is reached; None where it never is."""
        return float(self.epsilons[self.reached.argmax()]) if self.reached.any() else None

    def describe(self, labels: tuple[str, ...]) -> list[dict[str, Any]]:
        """Each point with the classes that lead anywhere on the curve, as plain data."""
        told = np.argsort(-self.probabilities.max(0), kind="stable")[:MOST]
        return [
            {
                "eps": float(epsilon),
                "eps_255": float(epsilon) * 255,
                "reached": bool(reached),
                "scores": {labels[k]: float(row[k]) for k in told},
            }
            for epsilon, row, reached in zip(self.epsilons, self.probabilities, self.reached, strict=True)
        ]


@dataclass(frozen=True)
class Adversarial(Drawn):
    """A picture, the attacked picture, and what the model says of both.

    image, adversarial: (C, H, W) float32 in [0, 1]. label: the class that the attack took for true; target: the one
    it wanted, None where any other would do. radius: the epsilon it was allowed, None where it was free.
    direction: (C, H, W), where every point of the curve is clip(image + epsilon · direction).
    """

    image: NDArray[np.float32] = field(repr=False)
    adversarial: NDArray[np.float32] = field(repr=False)
    before: Prediction = field(repr=False)
    after: Prediction = field(repr=False)
    success: bool
    label: int
    target: int | None
    model: str
    attack: str
    title: str
    settings: Mapping[str, Any]
    radius: float | None
    seconds: float
    curve: Curve = field(repr=False)
    notes: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None
    fingerprint: str = ""
    direction: NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def perturbation(self) -> NDArray[np.float32]:
        """What was added, (C, H, W), signed."""
        return self.adversarial - self.image

    @property
    def norms(self) -> dict[str, float]:
        """Largest change of a value, Euclidean length of all changes, and how many pixels changed."""
        change = self.perturbation.astype(np.float64)
        return {
            "linf": float(np.abs(change).max()),
            "l2": float(np.sqrt((change**2).sum())),
            "l0": int((change != 0).any(0).sum()),
        }

    @property
    def sentence(self) -> str:
        """The outcome in words, no more than it shows."""
        norms = self.norms
        size = f"the largest change of a value is {norms['linf']:.4f} ({norms['linf'] * 255:.1f}/255)"
        if self.success and self.before.index != self.label:
            return f"The model was wrong without an attack: it says {self.before.label}."
        if self.success:
            changed = f"{_pixels_in_words(norms['l0'])} differ{'s' if norms['l0'] == 1 else ''}"
            return f"Fooled: {_belief(self.before)} becomes {_belief(self.after)}; {size}, {changed}."
        wanted = "" if self.target is None else f" into {self.before.labels[self.target]}"
        reach = "" if self.radius is None else f" up to epsilon {self.radius:g} ({self.radius * 255:.1f}/255)"
        return f"Not fooled{wanted}{reach}: {_belief(self.before)} stays {_belief(self.after)}."

    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""
        labels = self.before.labels
        return {
            "model": self.model,
            "attack": self.attack,
            "title": self.title,
            "settings": dict(self.settings),
            "eps": self.radius,
            "eps_255": None if self.radius is None else self.radius * 255,
            "label": self.label,
            "target": self.target,
            "norms": self.norms,
            "before": self.before.describe(),
            "after": self.after.describe(),
            "success": self.success,
            "flip_eps": self.curve.flip_epsilon,
            "curve": self.curve.describe(labels),
            "sentence": self.sentence,
            "seconds": self.seconds,
            "notes": dict(self.notes),
            "image": self.address,
            "fingerprint": self.fingerprint,
        }

    def picture(self) -> Image.Image:
        """The picture, the change (red brighter, blue darker), and the attacked picture, side by side."""
        change = self.perturbation.sum(0)
        norms = self.norms
        size = f"at most ±{norms['linf']:.4f} ({norms['linf'] * 255:.1f}/255)"
        return pictures.triptych(
            [
                (_pixels(self.image), _belief(self.before)),
                (
                    pictures.colour(change, float(np.abs(change).max()) or 1.0),
                    size if norms["linf"] < 0.5 else f"{norms['l0']} pixels",
                ),
                (_pixels(self.adversarial), _belief(self.after)),
            ],
            signs=["+", "="],
            title=f"{self.title} on {self.model.partition('@')[0].partition('?')[0]}",
            caption=self.sentence,
        )

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """The attacked picture, the change, its direction, the image, and the curve, by name."""
        direction = {} if self.direction is None else {"direction": self.direction}
        return direction | {
            "adversarial": self.adversarial,
            "perturbation": self.perturbation,
            "image": self.image,
            "epsilons": self.curve.epsilons,
            "probabilities": self.curve.probabilities,
            "reached": self.curve.reached,
        }

    def to_npz(self) -> bytes:
        """All arrays, and the facts as JSON under `facts`: a file that `load` reads."""
        buffer = io.BytesIO()
        facts = np.array(json.dumps(self.describe()))
        np.savez_compressed(buffer, facts=facts, **self.all_arrays())  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def of(cls, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Adversarial:
        """From what `describe` and `all_arrays` gave; KeyError where something is missing."""
        labels = tuple(guess["label"] for guess in facts["before"])
        before, after = (np.array([guess["logit"] for guess in facts[when]]) for when in ("before", "after"))
        return cls(
            image=arrays["image"],
            adversarial=arrays["adversarial"],
            before=Prediction.from_logits(labels, before),
            after=Prediction.from_logits(labels, after),
            radius=facts["eps"],
            curve=Curve(arrays["epsilons"], arrays["probabilities"], arrays["reached"]),
            address=facts["image"],
            direction=arrays.get("direction"),
            **{name: facts[name] for name in _PLAIN},
        )

    @classmethod
    def load(cls, source: str | Path | bytes) -> Adversarial:
        """Read what `save` wrote as .npz."""
        try:
            with np.load(io.BytesIO(source) if isinstance(source, bytes) else source, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            return cls.of(json.loads(str(arrays["facts"])), arrays)
        except (KeyError, ValueError, EOFError, OSError) as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                raise
            raise ValueError(f"not a saved attack: {error}; save one with adversarial.save('nudge.npz')") from error

    def at(self, address: str | None) -> Adversarial:
        """The same outcome, knowing where its image came from."""
        return replace(self, address=address)


def _pixels(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(picture(image)).astype(np.uint8)


def _pixels_in_words(count: float) -> str:
    return "1 pixel" if count == 1 else f"{count} pixels"


def _belief(prediction: Prediction) -> str:
    return f"{prediction.label} {prediction.probability:.1%}"


_PLAIN = (
    "success", "label", "target", "model", "attack", "title", "settings", "seconds", "notes", "fingerprint",
)  # fmt: skip
