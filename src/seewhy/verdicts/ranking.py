"""Methods in order of how far their maps of one model are to be believed, with intervals; the same pictures for all.

Intervals draw the pictures anew (B. Efron, Bootstrap methods, 1979, https://doi.org/10.1214/aos/1176344552); all
methods keep theirs of a picture together, so that an easy picture is easy for all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.classifiers.base import Classifier
from seewhy.explainers.base import Explainer
from seewhy.inference.sharing import shared_passes
from seewhy.progress import track
from seewhy.verdicts.figure import TRUST, trust

DRAWS = 2000


@dataclass(frozen=True)
class Ranked:
    """One method: its mean trust figure, where that lies with 95 % confidence, and what a map takes.

    place: 1 for the best; places: the first and last it takes in 95 % of the draws. behind: how much lower its mean is
    than that of the best, with its interval. trusted: the share of maps from .95 on.
    """

    method: str
    mean: float
    interval: tuple[float, float]
    place: int
    places: tuple[int, int]
    behind: float
    behind_interval: tuple[float, float]
    trusted: float
    seconds: float

    @property
    def tied(self) -> bool:
        """Whether it may be as good as the best."""
        return self.behind_interval[0] <= 0


@dataclass(frozen=True)
class Ranking:
    """Methods, best first; figures: (methods, pictures), in the same order."""

    rows: tuple[Ranked, ...]
    pictures: int
    figures: NDArray[np.float64] = field(repr=False)

    def describe(self) -> dict[str, Any]:
        """Everything but the figures, as plain data."""
        rows = [{**vars(row), "tied": row.tied} for row in self.rows]
        return {"pictures": self.pictures, "rows": rows, "sentence": self.sentence}

    @property
    def sentence(self) -> str:
        """The order in words."""
        best, *others = self.rows
        tied = [row.method for row in others if row.tied]
        also = f"; {', '.join(tied)} may be as good" if tied else ", and better than all others"
        return f"Of {len(self.rows)} methods on {self.pictures} pictures, {best.method} has the best figure{also}."


def rank(model: Classifier, images: Sequence[Any], recipes: Mapping[str, Explainer]) -> Ranking:
    """Explain what `model` says of each of `images` by each of `recipes`, and order these by their trust figures.

    Raises: TypeError where a method does not suit the model, ValueError without methods or with fewer than two images.
    """
    if not recipes or len(images) < 2:
        raise ValueError(
            f"a ranking needs a method and two pictures, got {len(recipes)} and {len(images)}; name more of them"
        )
    figures, seconds = np.empty((len(recipes), len(images))), np.empty((len(recipes), len(images)))
    for column in track(range(len(images)), "ranking methods"):
        with shared_passes():
            belief = model.predict(images[column])
        for row, recipe in enumerate(recipes.values()):
            started = time.perf_counter()
            why = recipe(model, images[column], belief.index)
            seconds[row, column] = time.perf_counter() - started
            figures[row, column] = trust(model, why).value
    return ordered(tuple(recipes), figures, np.median(seconds, axis=1))


def ordered(methods: tuple[str, ...], figures: NDArray[np.float64], seconds: NDArray[np.float64]) -> Ranking:
    """The ranking of `methods` that have `figures` (methods, pictures) and take `seconds` (methods,) a map."""
    order = np.argsort(-figures.mean(1), kind="stable")
    figures = figures[order]
    count = figures.shape[1]
    drawn = np.random.default_rng(0).integers(0, count, (DRAWS, count))
    means = figures[:, drawn].mean(2)  # (methods, draws)
    places = 1 + (means[None] > means[:, None]).sum(1)  # how many are ahead
    rows = tuple(
        Ranked(
            method=methods[order[row]],
            mean=float(figures[row].mean()),
            interval=_middle(means[row]),
            place=row + 1,
            places=(int(np.percentile(places[row], 2.5)), int(np.percentile(places[row], 97.5))),
            behind=float(figures[0].mean() - figures[row].mean()),
            behind_interval=_middle(means[0] - means[row]),
            trusted=float((figures[row] >= TRUST).mean()),
            seconds=float(seconds[order[row]]),
        )
        for row in range(len(methods))
    )
    return Ranking(rows, count, figures)


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
