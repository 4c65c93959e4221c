"""What methods share that hide segments of an image and look at the scores; knows no estimator."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from seewhy import progress
from seewhy.classifiers.base import Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.settling import GROWTH, Until, looks, steadiness
from seewhy.explainers.superpixels import Segmentation, segment
from seewhy.inference.asking import Asking
from seewhy.inference.batches import in_batches
from seewhy.inference.fills import filled
from seewhy.targets import ClassScore

SegmentFill = Literal["mean", "black", "grey", "white", "blur", "noise"]
SKETCH = 200  # samples while somebody draws
FILM, PIECES = 250_000, 200  # keep masks up to so many entries, of so many parts
LOOK = 64  # samples between two looks whether the ranking has settled, at least


@dataclass(frozen=True)
class Hiding:
    """One image, what is seen where a segment is hidden, and the segments that make a difference, the parts.

    image, hidden: (C, H, W); place: (H, W), the part of each pixel, or `count` where hiding it changes nothing.
    """

    model: Classifier
    target: ClassScore
    image: Tensor
    hidden: Tensor
    place: Tensor
    count: int

    def pictures(self, masks: Tensor) -> Tensor:
        """(S, C, H, W): the image with the parts hidden for which `masks` (S, count) is False."""
        always = torch.ones(len(masks), 1, dtype=torch.bool)
        shown = torch.cat([masks, always], 1).to(self.image.device)[:, self.place]  # (S, H, W)
        return torch.where(shown[:, None], self.image, self.hidden)

    def scores(self, masks: Tensor, stops: Sequence[int] = ()) -> Iterator[Tensor]:
        """The scores of the first 1 … S of `masks` (S, count): more and more of them, at last all (S,) float64.

        Masks that show the same picture go through the model once. With `stops`, exactly so many scores are told each
        time, whatever goes through the model at once.
        """
        different, first, whose = distinct(masks)
        asking = Asking(self.model, self.image)
        known = torch.empty(len(different), dtype=torch.float64)
        pieces = _pieces(first, len(masks), asking.size, stops)
        for rows, stop in progress.track(pieces, "hiding segments"):
            if len(rows):
                scores = self.target.of(asking.scores(self.pictures(different[rows.start : rows.stop])))
                known[rows.start : rows.stop] = scores.double().cpu()
            if stop:
                yield known[whose[:stop]]


@dataclass(frozen=True)
class Weighed:
    """What a method finds: a weight a part, its standard error, plain facts, and what it learned them from.

    masks: (S, M) which parts were shown; scores: (S,) what the target said.
    """

    weights: NDArray[np.float64]
    errors: NDArray[np.float64]
    notes: dict[str, Any]
    masks: Tensor | None = None
    scores: Tensor | None = None


class SegmentExplainer(Explainer):
    """A method that hides segments at random and weighs them by what happens to the score."""

    samples: int = Field(1000, ge=10, le=100_000, description="pictures with hidden segments, at most")
    segmentation: Segmentation = Field("slic", description="what cuts the image into segments")
    segments: int = Field(50, ge=1, le=1000, description="about how many segments (grid and slic)")
    fill: SegmentFill = Field("mean", description="what hides a segment; mean is the segment's own mean colour")
    paired: bool = Field(True, description="follow each random mask by its opposite, which steadies the result")
    until: Until = Field("count", description="use all samples, or stop when the ranking of the segments has settled")
    seed: int = Field(0, ge=0, description="where the random numbers start")

    @abstractmethod
    def weigh(self, hiding: Hiding) -> Weighed:
        """Weigh the parts of one image, at least one."""

    def sketch(self) -> Self:
        """Fewer samples."""
        return self.model_copy(update={"samples": min(self.samples, SKETCH)})

    def stops(self) -> list[int]:
        """After how many samples to see whether the ranking has settled; none where all samples are used."""
        return looks(self.samples, LOOK) if self.until == "settled" else []

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Each pixel has its segment's weight; arrays: `weights` and `errors` (M,), `segments` (H, W) their ids.

        Segments that look like what hides them are left out: their weight is 0, without error. Where they are not too
        many, also the `parts` (H, W) that were hidden (the number behind the last one: never), in the `masks` (S, P)
        0 or 1, with their `mask_scores` (S,). In a batch, what is shorter than in another ends in NaN, masks in 0.
        """
        rows: dict[str, list[Tensor]] = {"weights": [], "errors": [], "segments": []}
        notes, films = [], []
        for image in x.detach():
            cut = segment(image.cpu().numpy(), self.segmentation, self.segments)
            ids = torch.from_numpy(cut.ids)
            hidden = hide(image, ids, self.fill, model)
            live = changed(image, hidden, ids)
            hiding = Hiding(model, target, image, hidden, *parts(ids, live, x.device))
            weights, errors, facts, film = self._weighed(hiding)
            films.append(film)
            rows["weights"].append(_at(weights, live))
            rows["errors"].append(_at(errors, live))
            rows["segments"].append(ids)
            known = {"segments": cut.count, "segmentation": cut.method, "segments_unchanged": int((~live).sum())}
            notes.append(known | facts | {"warnings": [*cut.warnings, *facts["warnings"]]})
        maps = [row[ids].float() for row, ids in zip(rows["weights"], rows["segments"], strict=True)]
        arrays = {name: _padded(rows[name]) for name in ("weights", "errors")}
        arrays |= {"segments": torch.stack(rows["segments"])} | _joined(films)
        return Attribution(torch.stack(maps), tuple(notes), arrays=arrays)

    def _weighed(self, hiding: Hiding) -> tuple[Tensor, Tensor, dict[str, Any], dict[str, Tensor]]:
        """Weights and errors of the parts, facts, and what they were learned from."""
        if not hiding.count:
            nothing = "The fill looks like the image, so hiding changes nothing; use another fill."
            facts = {"samples_used": 0, "agreement": 1.0, "settled": True, "warnings": [nothing]}
            return torch.zeros(0).double(), torch.zeros(0).double(), facts, {}
        found = self.weigh(hiding)
        weights, errors = torch.from_numpy(found.weights), torch.from_numpy(found.errors)
        steady = steadiness(weights, errors)
        warnings = [*found.notes.get("warnings", []), *steady["warnings"]]
        return weights, errors, found.notes | steady | {"warnings": warnings}, _film(found, hiding)


def hide(image: Tensor, ids: Tensor, fill: SegmentFill, model: Classifier) -> Tensor:
    """What is seen where a segment is hidden, (C, H, W)."""
    if fill != "mean":
        return filled(fill, image[None], model)[0]
    place, pixels = ids.flatten(), image.flatten(1).double().cpu()
    sums = torch.zeros(len(pixels), int(ids.max()) + 1, dtype=torch.float64).index_add_(1, place, pixels)
    return (sums / place.bincount())[:, ids].to(image)


def changed(image: Tensor, hidden: Tensor, ids: Tensor) -> Tensor:
    """(M,) whether hiding a segment changes any pixel; where not, no method can learn anything about it."""
    differs = (image != hidden).any(0).flatten().double().cpu()
    return torch.zeros(int(ids.max()) + 1, dtype=torch.float64).index_add_(0, ids.flatten(), differs) > 0


def parts(ids: Tensor, live: Tensor, device: torch.device | str = "cpu") -> tuple[Tensor, int]:
    """The part (H, W) that each pixel belongs to, its segment's number among the live ones, and how many there are."""
    count = int(live.sum())
    numbers = torch.full((len(live),), count).masked_scatter(live, torch.arange(count))
    return numbers[ids].to(device), count


def paint(weights: NDArray[np.float64], hiding: Hiding) -> NDArray[np.float32]:
    """The weight of each pixel's part, (H, W); 0 where hiding changes nothing."""
    found: NDArray[np.float32] = np.append(weights, 0.0).astype(np.float32)[hiding.place.cpu().numpy()]
    return found


def distinct(masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The different rows of `masks` (S, M) in order of appearance, where each appeared first, and which each row is."""
    packed = np.packbits(masks.numpy(), axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    order = first.argsort()
    rank = torch.from_numpy(order.argsort())
    return masks[first[order]], torch.from_numpy(first[order]), rank[torch.from_numpy(place)]


def _pieces(first: Tensor, samples: int, size: int, stops: Sequence[int]) -> list[tuple[range, int]]:
    """Different pictures that go through the model at once, and how many samples are to be told after them, or 0.

    first: which sample shows each different picture for the first time, in order.
    """
    pieces, due = [], 0.0
    if not stops:
        for batch in in_batches(len(first), size):
            known = int(first[batch.stop]) if batch.stop < len(first) else samples
            told = known >= due or known == samples
            due = known * GROWTH if told else due
            pieces.append((batch, known if told else 0))
        return pieces
    start = 0
    for stop in stops:
        end = int(torch.searchsorted(first, stop))
        batches = [range(start + part.start, start + part.stop) for part in in_batches(end - start, size)]
        pieces += [(batch, 0) for batch in batches[:-1]]
        pieces.append((batches[-1] if batches else range(start, start), stop))
        start = end
    return pieces


def _at(values: Tensor, live: Tensor) -> Tensor:
    """The values of the parts at their segments (M,); 0 at the others."""
    return torch.zeros(len(live), dtype=torch.float64).masked_scatter(live, values)


def _film(found: Weighed, hiding: Hiding) -> dict[str, Tensor]:
    """What the weights were learned from, where it was kept and is not too much."""
    if found.masks is None or found.scores is None or found.masks.numel() > FILM or hiding.count > PIECES:
        return {}
    return {"masks": found.masks.byte(), "mask_scores": found.scores, "parts": hiding.place.cpu()}


def _joined(films: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The films of all images, where each has one."""
    if not all(films):
        return {}
    masks = [film["masks"] for film in films]
    whole = torch.zeros(len(masks), *(max(mask.shape[axis] for mask in masks) for axis in (0, 1)), dtype=torch.uint8)
    for one, mask in zip(whole, masks, strict=True):
        one[: len(mask), : mask.shape[1]] = mask
    scores = _padded([film["mask_scores"] for film in films])
    return {"masks": whole, "mask_scores": scores, "parts": torch.stack([film["parts"] for film in films])}


def _padded(rows: list[Tensor]) -> Tensor:
    return pad_sequence(rows, batch_first=True, padding_value=float("nan"))
