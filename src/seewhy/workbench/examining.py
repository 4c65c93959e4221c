"""The explanation doctor at work: finds the parts of a question and asks every check. Knows no screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seewhy import checks
from seewhy.checks import Diagnosis, Patient
from seewhy.classifiers.base import Classifier
from seewhy.explainers.base import Explainer

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


def examine(
    bench: Workbench,
    model: Classifier,
    image: Any = None,
    recipe: Explainer | None = None,
    *,
    target: Any = "argmax",
    data: str = "auto",
    segments: NDArray[Any] | None = None,
    address: str | None = None,
) -> Diagnosis:
    """Every check on `model`, with `image` and `recipe` where there are some; see `checks.known_images` for `data`.

    Raises: TypeError where the method cannot explain the model, LookupError and ValueError for what does not exist.
    """
    if recipe is not None and (refusal := recipe.refusal(model)) is not None:
        raise TypeError(refusal)
    known = checks.known_images(model, bench.dataset, data)
    ids = None if segments is None else _checked(segments, image)
    patient = Patient.received(model, image, recipe=recipe, target=target, segments=ids, known=known)
    with bench.reading():
        return checks.examine(patient, address)


def read_segments(path: Path) -> NDArray[Any]:
    """Segment ids from a .npy file; ValueError for another file."""
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (ValueError, EOFError) as error:
        raise ValueError(f"segments must be a .npy file of integers (H, W), got {path.name!r}: {error}") from error


def _checked(segments: NDArray[Any], image: Any) -> NDArray[Any]:
    ids = np.asarray(segments)
    if ids.ndim != 2 or ids.dtype.kind not in "iu" or not ids.size:
        raise ValueError(f"segments must be integers (H, W), got {ids.dtype} {ids.shape}; give each pixel a number")
    sides = getattr(image, "shape", ids.shape)[-2:]
    if hasattr(image, "ndim") and image.ndim == 3 and image.shape[0] in (1, 3) and tuple(sides) != ids.shape:
        raise ValueError(f"segments must be as large as the picture, {tuple(sides)}, got {ids.shape}")
    return ids
