"""Images for and against one bound, and how a unit's values are spread; knows recordings, no model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seewhy.inference.activations import Activations
from seewhy.predicates import Bound, Predicate

Order = Literal["index", "strongest"]


@dataclass(frozen=True)
class Examples:
    """Images of one split that were asked for, and among how many.

    places: their numbers in the split; values: the unit's value for each; predicted: the class the model sees.
    total: how many images satisfy what was asked, of which these are some; among: how many were looked at.
    """

    split: str
    places: NDArray[np.intp] = field(repr=False)
    values: NDArray[np.float64] = field(repr=False)
    predicted: NDArray[np.int64] = field(repr=False)
    total: int
    among: int

    def describe(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "split": self.split,
            "places": self.places.tolist(),
            "values": self.values.tolist(),
            "predicted": self.predicted.tolist(),
            "total": self.total,
            "among": self.among,
        }


def examples(
    recording: Activations,
    bound: Bound,
    *,
    satisfy: bool = True,
    predicted: int | None = None,
    percentile: float | None = None,
    order: Order = "index",
    count: int = 50,
    start: int = 0,
) -> Examples:
    """Images that satisfy one bound, or violate it.

    predicted: only images for which the model holds this class most likely.
    percentile: a bound of its own in the direction of `bound`, from 0 to 100: at 90 the tenth of all images that is
    strongest in that direction satisfies it (and those that are equal to the last of them).
    order: by place in the split, or the strongest in the bound's direction first (for images that violate it, those
    that violate it most).

    Raises: ValueError for a percentile that is none; LookupError where the layer was not recorded.
    """
    values = recording.row(bound)
    if percentile is not None:
        bound = at_percentile(recording, bound, percentile)
    holds = bound.holds_for(values) == satisfy
    allowed = np.ones(len(values), np.bool_) if predicted is None else recording.predicted == predicted
    places = np.flatnonzero(holds & allowed)
    if order == "strongest":
        strength = np.asarray(values[places], np.float64)
        upwards = (bound.op == "<=") == satisfy
        places = places[np.argsort(strength if upwards else -strength, kind="stable")]
    shown = places[start : start + count]
    return Examples(
        recording.split,
        shown,
        np.asarray(values[shown], np.float64),
        recording.predicted[shown],
        len(places),
        int(allowed.sum()),
    )


def matching(
    recording: Activations,
    predicate: Predicate,
    *,
    but_not: Predicate | None = None,
    predicted: int | None = None,
    count: int = 50,
    start: int = 0,
) -> tuple[NDArray[np.intp], int]:
    """Places of images of which `predicate` is true, in order, and how many there are.

    but_not: leave out images of which this is true too: with the conclusion, what is left are a rule's false positives.
    """
    mask = recording.of(predicate)
    if but_not is not None:
        mask = mask & ~recording.of(but_not)
    if predicted is not None:
        mask = mask & (recording.predicted == predicted)
    places = np.flatnonzero(mask)
    return places[start : start + count], len(places)


def at_percentile(recording: Activations, bound: Bound, percentile: float) -> Bound:
    """The bound on the same unit, from the same side, that the strongest (100 − percentile) % of the images satisfy.

    At least one image satisfies it; where images are equal to the last of them, they do too.
    """
    if not 0 <= percentile <= 100:
        raise ValueError(f"a percentile is from 0 to 100, got {percentile}; 90 is the strongest tenth")
    ordered = np.sort(recording.row(bound))
    kept = max(1, min(len(ordered), round(len(ordered) * (100 - percentile) / 100)))
    threshold = ordered[len(ordered) - kept] if bound.op == ">=" else ordered[kept - 1]
    return Bound(bound.layer, bound.unit, bound.op, float(threshold))


@dataclass(frozen=True)
class Spread:
    """How one unit's values are spread over the images of a split.

    edges: (B + 1,) of the bins, the last one closed; counts: (K, B) images by predicted class and bin; threshold, key:
    where the bound and the image in question lie, or None; share: of the images satisfies the bound; percentile: of the
    image's value, how many per cent of the images have a smaller one.
    """

    edges: NDArray[np.float64] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)
    threshold: float
    share: float
    key: float | None
    percentile: float | None

    def describe(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "edges": self.edges.tolist(),
            "counts": self.counts.tolist(),
            "threshold": self.threshold,
            "share": self.share,
            "key": self.key,
            "percentile": self.percentile,
        }


def spread(recording: Activations, bound: Bound, *, key: float | None = None, bins: int = 40) -> Spread:
    """The histogram of the unit that `bound` is about, split by what the model predicts.

    The bins reach as far as the values, the threshold and the key.
    """
    if not 1 <= bins <= 1000:
        raise ValueError(f"from 1 to 1,000 bins can be drawn, got {bins}")
    values = np.asarray(recording.row(bound), np.float64)
    ends = [values.min(), values.max(), bound.threshold, *([] if key is None else [key])]
    low, high = float(min(ends)), float(max(ends))
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    classes = recording.scores.shape[1]
    counts = np.bincount(recording.predicted * bins + place, minlength=classes * bins).reshape(classes, bins)
    return Spread(
        edges,
        counts,
        bound.threshold,
        float(bound.holds_for(values).mean()),
        key,
        None if key is None else float((values < key).mean() * 100),
    )
