"""Saturated softmax: probabilities where logits are wanted, or a target whose slope is lost."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient
from seewhy.explainers.cautions import slope, softmax

ROUNDING = 1e-4  # how far a row of probabilities may be from 1


class Outputs(Check):
    """Whether what is explained still moves with the picture."""

    name: ClassVar[str] = "softmax"
    title: ClassVar[str] = "Saturated softmax"
    looks: ClassVar[str] = "Are the scores logits, and does the target still move where the model is sure?"
    source: ClassVar[str] = "Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, 2013, section 3"
    link: ClassVar[str] = "https://arxiv.org/abs/1312.6034"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: the belief in the target, and how many times flatter the probability is than the logit."""
        scores = patient.gallery_scores
        if (scores >= 0).all() and scores.shape[1] > 1 and (np.abs(scores.sum(1) - 1) < ROUNDING).all():
            return self.warning(
                "The model's scores are probabilities already: there is a softmax inside, and a second one follows.",
                "Load the model without its last softmax, so that the logits can be explained.",
                sums=[float(total) for total in scores.sum(1)],
            )
        if patient.prediction is None:
            return self.fine("The scores are no probabilities, so the logits can be explained.")
        belief = float(patient.prediction.probabilities[patient.wish.index])
        flatter = 1 / max(slope(belief), 1e-12)
        found = softmax(patient.prediction, patient.wish)
        if found is not None:
            return self.warning(found, "Explain the logit, which is the default.", belief=belief, flatter=flatter)
        way = "the logit is explained" if patient.wish.output == "logit" else "that still moves"
        return self.fine(
            f"The belief is {belief:.2%}, and {way}.", belief=belief, flatter=flatter, output=patient.wish.output
        )
