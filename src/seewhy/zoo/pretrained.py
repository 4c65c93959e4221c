"""The models that come with the package: weights, card and normalisation put together."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load as from_safetensors

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.zoo.training import COURSES

WEIGHTS = Path(__file__).with_name("weights")


def names() -> tuple[str, ...]:
    """The models there are."""
    return tuple(COURSES)


def load(name: str, weights: Path | None = None) -> PyTorchClassifier:
    """The model called `name`, with the weights that ship or those in the file `weights` (safetensors).

    Raises: LookupError for an unknown name, FileNotFoundError for missing and ValueError for unfit weights.
    """
    if name not in COURSES:
        raise LookupError(f"no model called {name!r}; there is {', '.join(COURSES)}")
    course = COURSES[name]
    network = course.network()
    file = weights or WEIGHTS / f"{name}.safetensors"
    if not file.is_file():
        raise FileNotFoundError(f"no weights at {str(file)!r}; give the path of a .safetensors file")
    try:
        network.load_state_dict(from_safetensors(file.read_bytes()))
    except SafetensorError as error:
        raise ValueError(f"weights must be a safetensors file, but {str(file)!r} is none ({error})") from None
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"the weights in {str(file)!r} do not fit {name}: {reason}") from None
    about = {"title": course.title, "about": course.about}
    own = file.with_suffix(".json")
    if own.is_file():
        about = json.loads(own.read_text(encoding="utf-8"))
    return PyTorchClassifier(
        network.eval(), course.data.labels, course.input_shape, course.mean, course.std, name, about
    )
