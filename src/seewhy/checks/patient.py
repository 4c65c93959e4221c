"""Who is examined: a model, and where there are some a picture, a method, segments and labelled images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seewhy.classifiers.base import Classifier, Prediction
from seewhy.datasets.base import ImageSet
from seewhy.explainers.base import Explainer
from seewhy.results import Explanation
from seewhy.targets import ClassScore, resolve


@dataclass(frozen=True)
class Known:
    """Labelled images (N, C, H, W) of the model's own classes, and the name of the set."""

    name: str
    x: Tensor
    labels: Tensor

    @classmethod
    def of(cls, model: Classifier, data: ImageSet, split: str, count: int = 64) -> Known:
        """`count` images, evenly spread over `split`; their classes are the model's by name.

        Raises: LookupError for a split that does not exist, ValueError where no class is the model's.
        """
        data.check_split(split)
        truth, size = data.truth(split), data.size(split)
        place = {label: index for index, label in enumerate(model.labels)}
        chosen = [int(i) for i in np.linspace(0, size - 1, min(count, size)) if truth[int(i)] >= 0]
        chosen = [i for i in chosen if data.labels[truth[i]] in place]
        if not chosen:
            raise ValueError(f"no image of {data.name}/{split} shows a class of {model.name}; name another data set")
        x = torch.cat([model.prepare(data.sample(split, i).image) for i in chosen])
        return cls(f"{data.name}/{split}", x, torch.tensor([place[data.labels[truth[i]]] for i in chosen]))


@dataclass(frozen=True)
class Patient:
    """Everything that checks look at.

    x: (1, C, H, W) in [0, 1], as the model takes it; refused: why the picture that was given could not be read.
    segments: (H, W) ids that somebody made for a tool; known: labelled images for measuring the accuracy.
    """

    model: Classifier
    x: Tensor | None = None
    recipe: Explainer | None = None
    target: Any = "argmax"
    segments: NDArray[Any] | None = None
    known: Known | None = None
    refused: str = ""

    @property
    def module(self) -> nn.Module | None:
        """The torch module behind the model, where it is one."""
        module = getattr(self.model, "module", None)
        return module if isinstance(module, nn.Module) else None

    @classmethod
    def received(cls, model: Classifier, image: Any = None, **rest: Any) -> Patient:
        """A patient with any picture; one that cannot be read is a finding, not an error, where it is an array."""
        if image is None:
            return cls(model, **rest)
        try:
            return cls(model, model.prepare(image), **rest)
        except ValueError as error:
            if not hasattr(image, "__array__"):
                raise
            return cls(model, refused=str(error), **rest)

    @cached_property
    def prediction(self) -> Prediction | None:
        """What the model believes about the picture."""
        return None if self.x is None else self.model.predict_batch(self.x)[0]

    @cached_property
    def wish(self) -> ClassScore:
        """The target that is to be explained; LookupError and ValueError where there is no such."""
        wish = self.target
        if self.prediction is None and not isinstance(wish, ClassScore):
            wish = {"class": 0} if wish == "argmax" else wish
        return resolve(wish, self.model.labels, self.prediction)

    @cached_property
    def explanation(self) -> Explanation | None:
        """What the method shows for the picture; None where there is no method, no picture, or it refuses."""
        if self.recipe is None or self.x is None or self.recipe.refusal(self.model):
            return None
        return self.recipe(self.model, self.x[0], self.wish)

    @cached_property
    def gallery(self) -> Tensor:
        """Pictures that look different (N, C, H, W): the picture, labelled images, black, white and seeded noise."""
        shape = self.model.input_shape
        generator = torch.Generator().manual_seed(0)
        made = [torch.zeros(1, *shape), torch.ones(1, *shape), torch.rand(4, *shape, generator=generator)]
        own = [] if self.x is None else [self.x.cpu()]
        return torch.cat([*own, *([] if self.known is None else [self.known.x[:16]]), *made])

    @cached_property
    def gallery_scores(self) -> NDArray[np.float64]:
        """The model's scores of the gallery (N, K)."""
        with torch.no_grad():
            found: NDArray[np.float64] = self.model.scores(self.gallery).cpu().double().numpy()
        return found


def seen_by(model: Classifier, x: Tensor) -> Tensor:
    """What the model's inner function gets for `x` (N, C, H, W): (x − mean) / std, where they are known."""
    mean, std = _normalisation(model)
    return (x - mean) / std


def shown_to(model: Classifier, inner: Tensor) -> Tensor:
    """The x for which the model's inner function gets `inner`; the reverse of `seen_by`, so not always in [0, 1]."""
    mean, std = _normalisation(model)
    return inner * std + mean


def _normalisation(model: Classifier) -> tuple[Tensor, Tensor]:
    found = []
    for name, usual in (("mean", 0.0), ("std", 1.0)):
        value = torch.as_tensor(getattr(model, name, usual), dtype=torch.float32).flatten()
        found.append(value.reshape(1, -1, 1, 1))
    return found[0], found[1]
