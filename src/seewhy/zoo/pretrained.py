"""The models that come with the package: weights, card and normalisation put together."""

from __future__ import annotations

import json
from pathlib import Path

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.zoo.states import fill
from seewhy.zoo.training import COURSES

WEIGHTS = Path(__file__).with_name("weights")


def names() -> tuple[str, ...]:
    """The models there are."""
    return tuple(COURSES)


def load(name: str, weights: Path | None = None) -> PyTorchClassifier:
    """The model called `name`, with the weights that ship or those in the file `weights`.

    Raises: LookupError for an unknown name, FileNotFoundError for missing and ValueError for unfit weights.
    """
    if name not in COURSES:
        raise LookupError(f"no model called {name!r}; there is {', '.join(COURSES)}")
    course = COURSES[name]
    network = course.network()
    file = weights or WEIGHTS / f"{name}.safetensors"
    fill(network, file, name)
    about = {"title": course.title, "about": course.about}
    own = file.with_suffix(".json")
    if own.is_file():
        about = json.loads(own.read_text(encoding="utf-8"))
    return PyTorchClassifier(
        network.eval(), course.data.labels, course.input_shape, course.mean, course.std, name, about
    )
