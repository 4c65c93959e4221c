"""Gap not closed: a map that should add up to the rise of the score, and does not."""

from __future__ import annotations

from typing import ClassVar

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient
from seewhy.explainers.integrated_gradients import OPEN_GAP, IntegratedGradients


class Completeness(Check):
    """Whether a path method took enough steps for this picture."""

    name: ClassVar[str] = "completeness"
    title: ClassVar[str] = "Completeness gap"
    looks: ClassVar[str] = "Does the map add up to the rise of the score from the baseline?"
    source: ClassVar[str] = "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1703.01365"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: the gap, and its share of the rise."""
        if patient.x is None:
            return self.skipped("There is no picture to explain.")
        found = patient.explanation
        if patient.recipe is None and "gradients" in patient.model.abilities:
            found = IntegratedGradients()(patient.model, patient.x[0], patient.wish)
        if found is None or "relative_gap" not in found.notes:
            return self.skipped("No path was walked, so there is nothing that must add up.")
        gap, share = found.notes["gap"], found.notes["relative_gap"]
        measured = {"gap": gap, "relative_gap": share, "method": found.method}
        if share <= OPEN_GAP:
            return self.fine(f"{found.title} adds up to the rise of the score, up to {share:.2%}.", **measured)
        return self.warning(
            f"{found.title} is off by {gap:+.3g}, {share:.0%} of the rise of the score.",
            "Take more steps, or set a tolerance such as 0.01 and allow 500 steps.",
            **measured,
        )
