"""Range: a picture in other units than [0, 1], or a model that gives every picture the same answer."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient
from seewhy.explainers.cautions import darkness

ALIKE = 1e-3  # probabilities of all pictures closer than this: the answer does not depend on the picture


class Range(Check):
    """Whether picture and model speak of the same numbers."""

    name: ClassVar[str] = "range"
    title: ClassVar[str] = "Range of the values"
    looks: ClassVar[str] = "Is the picture in [0, 1], and does the answer change from picture to picture?"
    source: ClassVar[str] = "Captum, issues 1060; foolbox, issue 681: [0, 1], 0 to 255 or normalised?"
    link: ClassVar[str] = "https://github.com/bethgelab/foolbox/issues/681"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: the least and the greatest value, and how far probabilities differ among different pictures."""
        if patient.refused:
            return self.warning(f"The picture was refused: {patient.refused}.", "Pass values from 0 to 1.")
        if patient.x is not None and (dark := darkness(patient.x[0])) is not None:
            return self.warning(dark, "Divide 8-bit pixels by 255 once.", highest=float(patient.x.max()))
        scores = patient.gallery_scores
        powers = np.exp(scores - scores.max(1, keepdims=True))
        spread = float(np.ptp(powers / powers.sum(1, keepdims=True), axis=0).max())
        if spread < ALIKE:
            return self.warning(
                f"The model gives {len(scores)} different pictures the same answer: no probability moves by more than "
                f"{spread:.1g}.",
                "Look what values it was trained on; one that wants 0 to 255 takes std=1/255.",
                spread=spread,
            )
        seen = "" if patient.x is None else f"The picture goes from {patient.x.min():.2g} to {patient.x.max():.2g}; "
        told = f"{seen}probabilities move by up to {spread:.2g} among {len(scores)} pictures."
        return self.fine(told[0].upper() + told[1:], spread=spread)
