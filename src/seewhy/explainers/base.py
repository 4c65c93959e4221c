"""What every explainer is: a frozen recipe with one verb, `attribute`; knows no screen."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from seewhy.classifiers.base import Ability, Classifier, Prediction
from seewhy.explainers.cautions import cautions
from seewhy.inference.sharing import shared, shared_passes
from seewhy.results import Explanation
from seewhy.targets import ClassScore, resolve


@dataclass(frozen=True)
class Attribution:
    """What `attribute` gives for N images.

    values: (N, H, W), in units of the target; channels: (N, C, H, W) before the channels were joined, if it has any.
    notes: one dictionary of plain facts an image; arrays: (N, …) each.
    """

    values: Tensor
    notes: tuple[dict[str, Any], ...]
    channels: Tensor | None = None
    arrays: dict[str, Tensor] = field(default_factory=dict)


class Explainer(BaseModel, ABC):
    """A method with its settings: the fields are constructor, validation, form, command line and cache key at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[Ability]
    asks_target: ClassVar[bool] = True  # False where the map is the same for every target
    predicts: ClassVar[bool] = False  # True where its own first pass tells what the model believes
    formula: ClassVar[str]  # MathML
    limits: ClassVar[tuple[str, ...]]
    source: ClassVar[str]
    link: ClassVar[str]

    @abstractmethod
    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Explain `target` for each image of `x` (N, C, H, W), values in [0, 1]; each as if it were alone."""

    def __call__(self, model: Classifier, image: Any, target: Any = "argmax") -> Explanation:
        """Explain one picture of any kind; see `targets.resolve` for what a target may be.

        Raises: TypeError where the model lacks what the method needs, ValueError and LookupError for a bad picture,
        setting or target.
        """
        return self.many(model, [image], [target])[0][0]

    def many(
        self, model: Classifier, images: Sequence[Any], targets: Sequence[Any] = ("argmax",)
    ) -> tuple[tuple[Explanation, ...], ...]:
        """Explain several pictures, each for several targets: a row for each picture.

        Pictures go through the method together, and the passes that all targets need are made once.

        Raises: what explaining one picture raises, before anything is computed.
        """
        refusal = self.refusal(model)
        if refusal:
            raise TypeError(refusal)
        if not images or not targets:
            raise ValueError("there must be at least one picture and one target, got none; name what to explain")
        x = torch.cat([model.prepare(image) for image in images])
        with shared_passes() if len(targets) > 1 or self.predicts else nullcontext():
            predictions = self.predictions(model, x)
            wishes = [tuple(resolve(target, model.labels, one) for target in targets) for one in predictions]
            found: dict[tuple[int, int], Explanation] = {}
            for chosen, rows in _alike(wishes).items():
                for column, target in enumerate(chosen):
                    started = time.perf_counter()
                    with torch.enable_grad():
                        attribution = self.attribute(model, x[rows], target)
                    seconds = (time.perf_counter() - started) / len(rows)
                    for place, row in enumerate(rows):
                        facts = {"prediction": predictions[row], "image": _array(x[row]), "seconds": seconds}
                        found[row, column] = self._explanation(model, attribution, place, target, facts)
        return tuple(tuple(found[row, column] for column in range(len(targets))) for row in range(len(images)))

    def predictions(self, model: Classifier, x: Tensor) -> list[Prediction]:
        """What the model believes about each image of `x`; a method that `predicts` takes it from its own passes."""
        return shared("prediction", model, (), x, lambda: model.predict_batch(x))

    def _explanation(
        self, model: Classifier, found: Attribution, index: int, target: ClassScore, facts: dict[str, Any]
    ) -> Explanation:
        values = _array(found.values[index])
        if not np.isfinite(values).all():
            raise ValueError(
                f"{self.title} of {model.name} gives {int((~np.isfinite(values)).sum())} values that are not finite; "
                "the model's gradients or scores overflow for this image"
            )
        channels = {} if found.channels is None else {"channels": _array(found.channels[index])}
        notes = found.notes[index]
        baseline = found.arrays.get("baseline")
        against = None if baseline is None else baseline[index].detach().cpu()
        image = torch.from_numpy(facts["image"])
        said = cautions(model, self, image, facts["prediction"], target, against)
        return Explanation(
            values=values,
            model=model.name,
            method=self.name,
            title=self.title,
            settings=self.model_dump(mode="json"),
            target=target.describe(model.labels),
            score=float(target.of(torch.from_numpy(facts["prediction"].logits)[None])[0]),
            signed=self.signed,
            notes=notes | {"warnings": _warnings(values) + notes.get("warnings", []) + said},
            arrays=channels | {name: _array(array[index]) for name, array in found.arrays.items()},
            fingerprint=model.fingerprint,
            **facts,
        )

    @property
    def signed(self) -> bool:
        """Whether values below zero mean something; otherwise the map only says how much, not for or against."""
        return True

    @classmethod
    def refusal(cls, model: Classifier) -> str | None:
        """Why this method cannot explain `model`, in one sentence; None where it can."""
        if cls.needs in model.abilities:
            return None
        what = {"scores": "scores", "gradients": "gradients", "layers": "hidden layers"}[cls.needs]
        return f"{cls.title} needs {what}, which {model.name} does not give; use a method that needs only scores"

    def sketch(self) -> Self:
        """The same method with less effort, for a map while somebody draws."""
        return self

    def addresses(self) -> tuple[str, ...]:
        """The other pictures that the settings name, so that they can be checked before a run."""
        return ()


def _alike(wishes: list[tuple[ClassScore, ...]]) -> dict[tuple[ClassScore, ...], list[int]]:
    """The pictures that are asked about the same targets, so that they go through the method together."""
    found: dict[tuple[ClassScore, ...], list[int]] = {}
    for row, chosen in enumerate(wishes):
        found.setdefault(chosen, []).append(row)
    return found


def _array(tensor: Tensor) -> NDArray[Any]:
    array = tensor.detach().cpu()
    return array.float().numpy() if array.is_floating_point() else array.numpy()


def _warnings(values: NDArray[np.float32]) -> list[str]:
    if not values.any():
        return ["The map is zero everywhere: to this method, no pixel matters for the target."]
    return []
