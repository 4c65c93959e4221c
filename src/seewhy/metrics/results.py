"""What a metric brought: the score, and the scores of random maps beside it, without which it says nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy import pictures
from seewhy.metrics.chance import mean_factor
from seewhy.saving import Drawn
from seewhy.shares import Interval

SIGNIFICANT = 0.05
Better = Literal["higher", "lower", "chance"]  # "chance": a sound explainer is no more alike than random maps


@dataclass(frozen=True)
class Curve:
    """How the score moves along the way: while pixels go or come, or while layers forget.

    shares: (P,) of the way, from 0 to 1; scores: (P,) for the map; chances: (M, P) for the random maps;
    over: what the shares are of.
    """

    shares: NDArray[np.float64]
    scores: NDArray[np.float64]
    chances: NDArray[np.float64]
    over: str = "share of the pixels"

    def describe(self) -> list[dict[str, float]]:
        """Each point with the mean and the standard deviation of the random maps, as plain data."""
        chance, spread = self.chances.mean(0), self.chances.std(0)
        return [
            {"share": float(a), "score": float(b), "chance": float(c), "spread": float(d)}
            for a, b, c, d in zip(self.shares, self.scores, chance, spread, strict=True)
        ]


@dataclass(frozen=True)
class Measurement(Drawn):
    """One score of one map.

    value: in `unit`; chances: (M,) the same metric for random maps as smooth as this one; better: which way is good.
    curve: where the score is the area under one. notes: plain facts; notes["warnings"] is a list of sentences.
    """

    called: ClassVar[str] = "a measurement"

    metric: str
    title: str
    value: float
    chances: NDArray[np.float64] = field(repr=False)
    better: Better
    unit: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    curve: Curve | None = field(default=None, repr=False)
    seconds: float = 0.0
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """The mean score of the random maps."""
        return float(self.chances.mean())

    @property
    def spread(self) -> float:
        """The standard deviation of the random maps' scores."""
        return float(self.chances.std(ddof=1))

    @property
    def margin(self) -> float:
        """How well `chance`, and with it `gain`, is known: half of its 95 % interval, by Student's t."""
        return mean_factor(len(self.chances)) * self.spread

    @property
    def usual(self) -> Interval:
        """Where the middle 95 % of the random maps lie."""
        low, high = np.quantile(self.chances, (0.025, 0.975))
        return Interval(float(low), float(high))

    @property
    def gain(self) -> float:
        """By how much the map is better than chance; below zero where it is worse."""
        return (self.value - self.chance) * (1 if self.better == "higher" else -1)

    @property
    def beats(self) -> float:
        """The share of the random maps that the map is better than; equal ones count half."""
        ahead = (self.value - self.chances) * (1 if self.better == "higher" else -1)
        return float(((ahead > 0) + 0.5 * (ahead == 0)).mean())

    @property
    def luck(self) -> float:
        """How often luck alone does as well or better: the p value of the map's rank among the random maps, exact."""
        ahead = (self.value - self.chances) * (1 if self.better == "higher" else -1)
        return float((1 + (ahead <= 0).sum()) / (1 + len(ahead)))

    @property
    def verdict(self) -> Literal["better", "like chance", "worse"]:
        """Whether fewer than one random map of twenty does as well, as badly, or neither; takes 19 maps or more."""
        ahead = (self.value - self.chances) * (1 if self.better == "higher" else -1)
        if self.luck <= SIGNIFICANT:
            return "better"
        return "worse" if (1 + (ahead >= 0).sum()) / (1 + len(ahead)) <= SIGNIFICANT else "like chance"

    @property
    def sentence(self) -> str:
        """The score in words, beside chance."""
        low, high = self.usual
        told = f"{self.title} {self.value:.3g}, random maps as smooth {self.chance:.3g} ({low:.3g} to {high:.3g})"
        by = f"by {abs(self.gain):.2g} ± {self.margin:.2g}"
        if self.better == "chance":
            words = "no more alike than those" if self.verdict != "worse" else f"more alike than those {by}"
        else:
            words = "no better than chance" if self.verdict == "like chance" else f"{self.verdict} than chance {by}"
        return f"{told}: {words}."

    def describe(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "metric": self.metric,
            "title": self.title,
            "value": self.value,
            "chance": self.chance,
            "spread": self.spread,
            "margin": self.margin,
            "usual": list(self.usual),
            "luck": self.luck,
            "gain": self.gain,
            "beats": self.beats,
            "verdict": self.verdict,
            "better": self.better,
            "unit": self.unit,
            "maps": len(self.chances),
            "sentence": self.sentence,
            "settings": dict(self.settings),
            "curve": None if self.curve is None else self.curve.describe(),
            "over": None if self.curve is None else self.curve.over,
            "seconds": self.seconds,
            "notes": dict(self.notes),
        }

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """The random maps' scores, and the curves where there are some, by name."""
        curve = {}
        if self.curve is not None:
            curve = {"shares": self.curve.shares, "scores": self.curve.scores, "chance_curves": self.curve.chances}
        return {"chances": self.chances, **curve}

    def picture(self) -> Image.Image:
        """The score on a line among those of the random maps; where it is an area, the curves too."""
        curve = self.curve
        return pictures.beside_chance(
            self.value,
            self.chances,
            title=self.title,
            caption=self.sentence,
            unit=self.unit,
            curves=None if curve is None else (curve.shares, curve.scores, curve.chances),
            over="" if curve is None else curve.over,
        )

    def to_npz(self) -> bytes:
        """All arrays, and the facts as JSON under `facts`."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, facts=np.array(json.dumps(self.describe())), **self.all_arrays())  # type: ignore[arg-type]
        return buffer.getvalue()
