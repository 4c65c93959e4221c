"""Too few samples for the features: more unknown weights than a random method asks questions."""

from __future__ import annotations

from typing import ClassVar, get_args

import numpy as np

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient
from seewhy.explainers.superpixels import Segmentation, segment

ENOUGH = 2  # samples a segment, at least


class Samples(Check):
    """Whether a method that draws at random asks often enough."""

    name: ClassVar[str] = "samples"
    title: ClassVar[str] = "Too few samples"
    looks: ClassVar[str] = "How many samples does each segment get?"
    source: ClassVar[str] = "Captum: Lime takes 25 samples for one feature a pixel by default"
    link: ClassVar[str] = "https://captum.ai/api/lime.html"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: samples, features, and their ratio."""
        count = getattr(patient.recipe, "samples", None)
        wished = getattr(patient.recipe, "segmentation", None)
        if patient.recipe is not None and (count is None or wished not in get_args(Segmentation)):
            return self.skipped(f"{patient.recipe.title} weighs no segments by random samples.")
        count = 1000 if count is None else int(count)
        if patient.segments is not None:
            features = len(np.unique(patient.segments))
        elif patient.x is not None:
            image = patient.x[0].cpu().numpy()
            features = segment(image, wished or "slic", getattr(patient.recipe, "segments", 50)).count
        else:
            return self.skipped("There is no picture to cut.")
        measured = {"samples": count, "features": features, "ratio": count / features}
        if count >= ENOUGH * features:
            return self.fine(f"{count:,} samples for {features} segments.", **measured)
        return self.warning(
            f"{count:,} samples for {features} segments: most of the map is left to chance.",
            f"Take at least {4 * features:,} samples, or fewer segments.",
            **measured,
        )
