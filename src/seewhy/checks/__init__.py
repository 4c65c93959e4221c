"""The explanation doctor: the mistakes that make maps mislead, each looked for and said in words.

One check a file; this one lists them and asks them all.
"""

from __future__ import annotations

from collections.abc import Callable

from seewhy import catalog
from seewhy.checks.aliasing import Aliasing
from seewhy.checks.attack_gradients import AttackGradients
from seewhy.checks.base import Check, Outcome
from seewhy.checks.baseline import Baseline
from seewhy.checks.completeness import Completeness
from seewhy.checks.diagnosis import Diagnosis
from seewhy.checks.maps import Maps
from seewhy.checks.mode import Mode
from seewhy.checks.normalisation import Normalisation
from seewhy.checks.outputs import Outputs
from seewhy.checks.patient import Known, Patient
from seewhy.checks.picture import Range
from seewhy.checks.samples import Samples
from seewhy.checks.segmentation import Numbering, Segments
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.progress import track

__all__ = ["CHECKS", "Check", "Diagnosis", "Known", "Outcome", "Patient", "examine", "known_images"]

CHECKS: tuple[Check, ...] = (
    Mode(),
    Outputs(),
    Range(),
    Normalisation(),
    Baseline(),
    Segments(),
    Numbering(),
    Aliasing(),
    AttackGradients(),
    Maps(),
    Samples(),
    Completeness(),
)

SAME: dict[str, tuple[str, ...]] = {  # by check: words of the notes that say the same
    "mode": ("in training mode",),
    "softmax": ("softmax is flat",),
    "range": ("divided by 255",),
    "baseline": ("of the baseline's colour",),
    "segments": ("segments, so",),
    "maps": ("has one place",),
    "samples": ("samples are few",),
    "completeness": ("The map adds up to", "The tolerance of"),
}


def known_images(model: Classifier, opened: Callable[[str], ImageSet], wish: str = "auto") -> Known | None:
    """Labelled images for the check of the normalisation.

    wish: a split such as "digits/test", "none", or "auto": the first set on this computer with the model's shape and
    classes. opened: opens the set of a name.

    Raises: LookupError for a set or split that does not exist, ValueError where it has none of the model's classes.
    """
    if wish == "none":
        return None
    if wish != "auto":
        name, _, split = wish.partition("/")
        data = opened(name)
        return Known.of(model, data, split or data.splits[-1])
    for name, made in catalog.datasets().items():
        if made.shape == model.input_shape and made.labels == model.labels and (data := opened(name)).available():
            return Known.of(model, data, data.splits[-1])
    return None


def examine(patient: Patient, image: str | None = None) -> Diagnosis:
    """Every check on `patient`; `image` is the picture's address, for the words.

    Raises: LookupError and ValueError for a target or a layer that does not exist; what the model itself raises.
    """
    outcomes = tuple(check.examine(patient) for check in track(list(CHECKS), "examining"))
    return Diagnosis(
        patient.model.name,
        outcomes,
        image,
        None if patient.recipe is None else patient.recipe.name,
        {} if patient.recipe is None else patient.recipe.model_dump(mode="json"),
        _said(patient, outcomes),
        patient.model.fingerprint,
    )


def _said(patient: Patient, outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    """What the map's own notes warn of, where no check has said it."""
    found = patient.explanation
    if found is None:
        return ()
    said = {start for one in outcomes if one.state == "warning" for start in SAME.get(one.check, ())}
    return tuple(w for w in found.notes["warnings"] if not any(start in w for start in said))
