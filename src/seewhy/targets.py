"""The number that is explained: one class's score, or one class against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from seewhy.classifiers.base import Classifier, Prediction
from seewhy.classifiers.labels import index_of

Output = Literal["logit", "probability"]


@dataclass(frozen=True)
class ClassScore:
    """The score of class `index`, or how far it is ahead of class `versus`.

    output: "logit" (before the softmax; the default, because a confident softmax is flat and hides the reasons)
    or "probability".
    """

    index: int
    versus: int | None = None
    output: Output = "logit"

    def of(self, scores: Tensor) -> Tensor:
        """The number (N,) for each row of `scores` (N, K)."""
        if self.output == "probability":
            scores = torch.softmax(scores, dim=1)
        value = scores[:, self.index]
        return value if self.versus is None else value - scores[:, self.versus]

    def __call__(self, model: Classifier, x: Tensor) -> Tensor:
        """The number (N,) for each image of `x` (N, C, H, W)."""
        return self.of(model.scores(x))

    def describe(self, labels: Sequence[str]) -> dict[str, Any]:
        """The target as plain data with names."""
        versus = None if self.versus is None else labels[self.versus]
        text = labels[self.index] if versus is None else f"{labels[self.index]} rather than {versus}"
        return {
            "class": self.index,
            "label": labels[self.index],
            "versus": self.versus,
            "versus_label": versus,
            "output": self.output,
            "text": text,
        }


def resolve(wish: Any, labels: Sequence[str], prediction: Prediction | None = None) -> ClassScore:
    """What a person or a JSON body means by a target.

    wish: "argmax" (the class that `prediction` holds most likely), an index, a label,
    {"class": …, "versus": …, "output": "logit" | "probability"}, or a ClassScore.

    >>> resolve({"class": "dog", "versus": 0}, ["cat", "dog"])
    ClassScore(index=1, versus=0, output='logit')

    Raises: LookupError for a label that does not exist, ValueError for anything else that is no target.
    """
    if isinstance(wish, ClassScore):
        wish = {"class": wish.index, "versus": wish.versus, "output": wish.output}
    if not isinstance(wish, Mapping):
        wish = {"class": wish}
    unknown = sorted(set(wish) - {"class", "versus", "output"})
    if unknown:
        raise ValueError(f"a target has 'class', 'versus' and 'output', got {unknown[0]!r}; leave it out")
    output = wish.get("output", "logit")
    if output not in ("logit", "probability"):
        raise ValueError(f"a target's output must be 'logit' or 'probability', got {output!r}")
    index = _index(wish.get("class", "argmax"), labels, prediction)
    versus = None if wish.get("versus") is None else _index(wish["versus"], labels, prediction)
    if index == versus:
        raise ValueError(f"a class cannot be compared with itself, got {labels[index]!r} twice; choose another class")
    return ClassScore(index, versus, output)


def _index(wish: Any, labels: Sequence[str], prediction: Prediction | None) -> int:
    if wish in (None, "argmax"):
        if prediction is None:
            raise ValueError("the target 'argmax' needs a prediction; name a class")
        return prediction.index
    return index_of(wish, labels)
