"""Degenerate segmentation, and segment ids that do not start at 0."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

import numpy as np
from numpy.typing import NDArray

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient
from seewhy.explainers.superpixels import FEWEST, Segmentation, segment

LARGEST = 0.6  # of the picture in one segment: the map is one block


class Segments(Check):
    """Whether the picture falls into enough parts to say anything."""

    name: ClassVar[str] = "segments"
    title: ClassVar[str] = "Degenerate segmentation"
    looks: ClassVar[str] = "How many segments are there, and how large is the largest?"
    source: ClassVar[str] = "LIME, issue 661; quickshift's usual settings find 2 segments on 28 × 28 pixels"
    link: ClassVar[str] = "https://github.com/marcotcr/lime/issues/661"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: their count and the largest one's share of the pixels."""
        if patient.segments is not None:
            return self._judged(patient.segments, "The segments given are")
        if patient.x is None:
            return self.skipped("There is no picture to cut.")
        wished = getattr(patient.recipe, "segmentation", None)
        if patient.recipe is not None and wished not in get_args(Segmentation):
            return self.skipped(f"{patient.recipe.title} cuts no picture.")
        count = getattr(patient.recipe, "segments", 50)
        cut = segment(patient.x[0].cpu().numpy(), wished or "slic", count)
        if cut.warnings:
            return self.warning(
                " ".join(cut.warnings), "Say another segmentation, such as slic or grid.", count=cut.count
            )
        return self._judged(cut.ids, f"{cut.method} found")

    def _judged(self, ids: NDArray[Any], how: str) -> Outcome:
        found, sizes = np.unique(ids, return_counts=True)
        share = float(sizes.max() / ids.size)
        measured = {"count": len(found), "largest": share}
        if len(found) >= FEWEST and share <= LARGEST:
            return self.fine(f"{how} {len(found)} segments, the largest {share:.0%} of the picture.", **measured)
        return self.warning(
            f"{how} {len(found)} segments, the largest {share:.0%} of the picture: the map can say next to nothing.",
            f"Cut finer, to at least {FEWEST} segments; seewhy tries finer settings, then a grid.",
            **measured,
        )


class Numbering(Check):
    """Whether segments are numbered as estimators expect."""

    name: ClassVar[str] = "numbering"
    title: ClassVar[str] = "Segment ids from 1"
    looks: ClassVar[str] = "Do the ids start at 0, without a gap?"
    source: ClassVar[str] = "scikit-image: slic(start_label=1) is the default"
    link: ClassVar[str] = "https://scikit-image.org/docs/stable/api/skimage.segmentation.html"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: the least id, and how many are skipped."""
        if patient.segments is None:
            return self.fine("No segments were given; seewhy numbers its own from 0.")
        found = np.unique(patient.segments)
        first, gaps = int(found[0]), int(found[-1]) + 1 - len(found)
        if first == 0 and not gaps:
            return self.fine(f"The {len(found)} ids go from 0 to {len(found) - 1}.", first=first, gaps=gaps)
        what = f"start at {first}" if first else f"skip {gaps} numbers"
        return self.warning(
            f"The ids {what}: estimators that count segments from 0 give each weight to its neighbour, and never hide "
            "the last segment.",
            "Number them by np.unique(ids, return_inverse=True)[1].reshape(ids.shape).",
            first=first,
            gaps=gaps,
        )
