"""Baseline equal to the content: what is drawn in the baseline's own colour cannot be seen to matter."""

from __future__ import annotations

from typing import ClassVar

from seewhy.checks.base import Check, Outcome
from seewhy.checks.patient import Patient
from seewhy.explainers.cautions import HIDDEN, hidden, share_hidden
from seewhy.explainers.segmented import SegmentExplainer
from seewhy.inference.fills import FILLS, filled


class Baseline(Check):
    """Whether what stands out in the picture differs from what it is compared with."""

    name: ClassVar[str] = "baseline"
    title: ClassVar[str] = "Baseline equal to the content"
    looks: ClassVar[str] = "How much of what stands out in the picture equals the baseline, or what covers it?"
    source: ClassVar[str] = "Sturmfels, Lundberg, Lee: Visualizing the Impact of Feature Attribution Baselines, 2020"
    link: ClassVar[str] = "https://distill.pub/2020/attribution-baselines/"

    def examine(self, patient: Patient) -> Outcome:
        """Measured: the share of the content that equals the method's baseline, or black without a method."""
        if patient.x is None:
            return self.skipped("There is no picture to compare with a baseline.")
        name = "black"
        if patient.recipe is not None:
            chosen = getattr(patient.recipe, "baseline", None) or getattr(patient.recipe, "fill", None)
            own_mean = chosen == "mean" and isinstance(patient.recipe, SegmentExplainer)  # of each segment
            if chosen not in FILLS or own_mean:
                return self.skipped(f"{patient.recipe.title} compares with no plain baseline.")
            name = str(chosen)
        x = patient.x[0]
        against = filled(name, patient.x, patient.model)[0]
        if bool((x == against).all()):
            return self.warning(
                f"The picture equals the baseline ({name}), so by definition there is nothing to explain.",
                "Use another picture or another baseline.",
                share=1.0,
            )
        share = share_hidden(x, against)
        equal = float((x == against).all(0).float().mean())
        measured = {"share": share, "equal": equal, "baseline": name}
        if share < HIDDEN:
            return self.fine(
                f"{share:.0%} of what stands out is of the baseline's colour ({name}); {equal:.0%} of all pixels equal "
                "it and get 0.",
                **measured,
            )
        others = {each: share_hidden(x, filled(each, patient.x, patient.model)[0]) for each in FILLS}
        best = min(others, key=lambda each: others[each])
        return self.warning(hidden(share, name), f"Compare with another, such as {best}.", **measured)
