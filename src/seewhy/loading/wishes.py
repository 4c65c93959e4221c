"""What the person says about a model beside its name, and what is left of an address's options; opens nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seewhy.catalog import datasets, no_such
from seewhy.zoo import imagenet

Numbers = float | Sequence[float]


@dataclass(frozen=True)
class Wishes:
    """Settings of a model that overrule its own; None where nothing was said.

    labels: names, or the name of a data set whose labels they are; input_shape: (C, H, W); mean, std: in units of
    [0, 1]; others: further options, which each kind of address checks for itself.
    """

    labels: Sequence[str] | None = None
    input_shape: Sequence[int] | None = None
    mean: Numbers | None = None
    std: Numbers | None = None
    name: str | None = None
    others: Mapping[str, Any] = field(default_factory=dict)

    def and_options(self, options: Mapping[str, Any]) -> Wishes:
        """These wishes, with what an address's options say where nothing was said; the rest of them as `others`."""
        rest = dict(options)
        labels, shape = _labels(rest.pop("labels", None)), _shape(rest.pop("input", None))
        mean, std = (_numbers(key, rest.pop(key, None)) for key in ("mean", "std"))
        return Wishes(
            labels if self.labels is None else self.labels,
            shape if self.input_shape is None else self.input_shape,
            mean if self.mean is None else self.mean,
            std if self.std is None else self.std,
            self.name,
            rest,
        )

    def said(self) -> list[str]:
        """What is wished for, by name; a name of its own changes no model."""
        return [key for key in ("labels", "input_shape", "mean", "std") if getattr(self, key) is not None]

    def only(self, kind: str, known: Sequence[str]) -> dict[str, Any]:
        """The further options; ValueError where one is not among `known`."""
        for key in self.others:
            if key not in known:
                every = (*known, "labels", "input", "mean", "std")
                raise ValueError(no_such(f"option of {kind}", key, every, "docs/models.md"))
        return dict(self.others)

    def normalisation(self, mean: Numbers = 0.0, std: Numbers = 1.0) -> tuple[Numbers, Numbers]:
        """The mean and std to use: those wished for, else `mean` and `std`."""
        return (mean if self.mean is None else self.mean, std if self.std is None else self.std)


def _labels(wish: Any) -> tuple[str, ...] | None:
    """Labels from the name of a data set, "imagenet", or a file: one a line, or a JSON list."""
    if wish is None or isinstance(wish, list):
        return None if wish is None else tuple(map(str, wish))
    if wish == "imagenet":
        return imagenet.labels()
    if wish in datasets():
        return tuple(datasets()[wish].labels)
    file = Path(str(wish)).expanduser()
    if file.is_file():
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else text.splitlines()
        return tuple(map(str, found))
    if "," in str(wish):
        return tuple(part.strip() for part in str(wish).split(","))
    raise LookupError(
        f"labels are a data set's name, a file with one label a line, or names separated by commas, got {wish!r}; "
        f"the data sets are {', '.join(('imagenet', *datasets()))}"
    )


def _shape(wish: Any) -> tuple[int, ...] | None:
    if wish is None:
        return None
    parts = wish if isinstance(wish, list) else str(wish).replace("×", "x").split("x")
    try:
        shape = tuple(int(part) for part in parts)
    except ValueError:
        shape = ()
    if len(shape) not in (1, 2, 3):
        raise ValueError(f"input is a side or CxHxW in pixels, got {wish!r}; for example input=3x224x224")
    return {1: (3, *shape * 2), 2: (3, *shape), 3: shape}[len(shape)]


def _numbers(key: str, wish: Any) -> Numbers | None:
    parts = wish if isinstance(wish, list) else [wish]
    if wish is not None and not all(isinstance(n, int | float) and not isinstance(n, bool) for n in parts):
        raise ValueError(f"{key} is one number, or one for each channel separated by commas, got {wish!r}")
    return wish  # type: ignore[no-any-return]
