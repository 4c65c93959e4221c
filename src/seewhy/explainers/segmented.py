"""What methods share that hide segments of an image and look at the scores; knows no estimator."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
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
from seewhy.explainers.fills import filled
from seewhy.explainers.settling import GROWTH, Until
from seewhy.explainers.superpixels import Segmentation, segment
from seewhy.inference.batches import batch_size, in_batches
from seewhy.targets import ClassScore

SegmentFill = Literal["mean", "black", "grey", "white", "blur"]
SKETCH = 200  # samples while somebody draws


@dataclass(frozen=True)
class Hiding:
    """One image, what is seen where a segment is hidden, and the segments.

    image, hidden: (C, H, W); ids: (H, W), from 0.
    """

    model: Classifier
    target: ClassScore
    image: Tensor
    hidden: Tensor
    ids: Tensor

    @property
    def count(self) -> int:
        """How many segments there are."""
        return int(self.ids.max()) + 1

    def live(self) -> Tensor:
        """(M,) whether hiding a segment changes any pixel; where not, no method can learn anything about it."""
        differs = (self.image != self.hidden).any(0).flatten().double()
        return torch.zeros(self.count, dtype=torch.float64).index_add_(0, self.ids.flatten().cpu(), differs.cpu()) > 0

    def pictures(self, masks: Tensor) -> Tensor:
        """(S, C, H, W): the image with the segments hidden for which `masks` (S, M) is False."""
        shown = masks.to(self.image.device)[:, self.ids]  # (S, H, W)
        return torch.where(shown[:, None], self.image, self.hidden)

    def scores(self, masks: Tensor) -> Iterator[Tensor]:
        """The scores of the first 1 … S of `masks` (S, M): more and more of them, at last all (S,) float64.

        Masks that show the same picture go through the model once.
        """
        different, first, place = distinct(masks & self.live())
        known = torch.empty(len(different), dtype=torch.float64)
        due = 0.0
        for batch in progress.track(list(in_batches(len(different), batch_size(self.image))), "hiding segments"):
            rows = slice(batch.start, batch.stop)
            with torch.no_grad():
                known[rows] = self.target(self.model, self.pictures(different[rows])).double().cpu()
            used = int(first[batch.stop]) if batch.stop < len(different) else len(masks)
            if used >= due or used == len(masks):
                due = used * GROWTH
                yield known[place[:used]]


@dataclass(frozen=True)
class Weighed:
    """What a method finds: a weight a segment, its standard error, and plain facts."""

    weights: NDArray[np.float64]
    errors: NDArray[np.float64]
    notes: dict[str, Any]


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
        """Weigh the segments of one image."""

    def sketch(self) -> Self:
        """Fewer samples."""
        return self.model_copy(update={"samples": min(self.samples, SKETCH)})

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Each pixel has its segment's weight; arrays: `weights` and `errors` (M,), `segments` (H, W) their ids.

        In a batch, weights and errors end in NaN where an image has fewer segments than another.
        """
        found, maps, ids = [], [], []
        for image in x.detach():
            cut = segment(image.cpu().numpy(), self.segmentation, self.segments)
            ids.append(torch.from_numpy(cut.ids))
            hidden = hide(image, ids[-1], self.fill, model)
            one = self.weigh(Hiding(model, target, image, hidden, ids[-1].to(x.device)))
            facts = {"segments": cut.count, "segmentation": cut.method, "samples_used": 0, "settled": True}
            warnings = [*cut.warnings, *one.notes.get("warnings", [])]
            found.append((one, facts | one.notes | {"warnings": warnings}))
            maps.append(paint(one.weights, ids[-1]))
        arrays = {
            "weights": _padded([one.weights for one, _ in found]),
            "errors": _padded([one.errors for one, _ in found]),
            "segments": torch.stack(ids),
        }
        return Attribution(torch.stack(maps), tuple(notes for _, notes in found), arrays=arrays)


def hide(image: Tensor, ids: Tensor, fill: SegmentFill, model: Classifier) -> Tensor:
    """What is seen where a segment is hidden, (C, H, W)."""
    if fill != "mean":
        return filled(fill, image[None], model)[0]
    place, pixels = ids.flatten(), image.flatten(1).double().cpu()
    sums = torch.zeros(len(pixels), int(ids.max()) + 1, dtype=torch.float64).index_add_(1, place, pixels)
    return (sums / place.bincount())[:, ids].to(image)


def paint(weights: NDArray[np.float64], ids: Tensor) -> Tensor:
    """The weight of each pixel's segment, (H, W) float32."""
    return torch.from_numpy(weights)[ids].float()


def distinct(masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The different rows of `masks` (S, M) in order of appearance, where each appeared first, and which each row is."""
    packed = np.packbits(masks.numpy(), axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    order = first.argsort()
    rank = torch.from_numpy(order.argsort())
    return masks[first[order]], torch.from_numpy(first[order]), rank[torch.from_numpy(place)]


def _padded(rows: list[NDArray[np.float64]]) -> Tensor:
    return pad_sequence([torch.from_numpy(row) for row in rows], batch_first=True, padding_value=float("nan"))
