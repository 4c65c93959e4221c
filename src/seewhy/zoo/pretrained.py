"""Models of our own: weights, card and normalisation put together. Some come with the package, all can be trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.zoo.courses import COURSES
from seewhy.zoo.states import fill

WEIGHTS = Path(__file__).with_name("weights")


def names() -> tuple[str, ...]:
    """The models whose weights come with the package."""
    return tuple(name for name in COURSES if _shipped(name).is_file())


def load(name: str, weights: Path | None = None) -> PyTorchClassifier:
    """The model called `name`, with the weights that ship or those in the file `weights`.

    Raises: LookupError for an unknown name, FileNotFoundError for missing and ValueError for unfit weights.
    """
    if name not in COURSES:
        raise LookupError(f"no model called {name!r}; there is {', '.join(COURSES)}")
    course = COURSES[name]
    file = weights or _shipped(name)
    if not weights and not file.is_file():
        raise FileNotFoundError(_missing(name))
    network = course.network()
    fill(network, file, name)
    about = {"title": course.title, "about": course.about}
    own = file.with_suffix(".json")
    if own.is_file():
        about = json.loads(own.read_text(encoding="utf-8"))
    return PyTorchClassifier(
        network.eval(), course.data.labels, course.input_shape, course.mean, course.std, name, about
    )


def _shipped(name: str) -> Path:
    return WEIGHTS / f"{name}.safetensors"


def _missing(name: str) -> str:
    known = _shipped(name).with_suffix(".json")
    measured = ""
    if known.is_file():
        card = json.loads(known.read_text(encoding="utf-8"))
        measured = f" ({card['accuracy']:.2%} of the test images right after {_epochs(card)} epochs: see its card)"
    return (
        f"{name} does not come with weights; make them with `seewhy train {name}`{measured}, "
        f"then ask for {name}@{name}.safetensors"
    )


def _epochs(card: dict[str, Any]) -> int:
    """Of the training that the card tells of, and of those that its first weights came from."""
    return len(card["history"]) + (_epochs(card["start"]) if card.get("start", {}).get("history") else 0)
