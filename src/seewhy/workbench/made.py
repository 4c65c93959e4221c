"""Pictures that runs have made: "run:" + the run's id + "/" + the array's name. Knows runs, no kind of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.workbench.addresses import Picture
from seewhy.workbench.runs import Run

MADE = "run:"


def made_by(find: Callable[[str], Run], address: str) -> Picture:
    """The picture at `address`, such as run:1f0c…/adversarial; it has no label, for nobody said what it shows.

    find: gives a run by its id, or raises LookupError.

    Raises: LookupError where there is no such run, where it is not done, or has made no such picture.
    """
    id, _, name = address.removeprefix(MADE).partition("/")
    if not id or not name:
        raise LookupError(
            f"a picture made by a run is written run:ID/NAME, as in run:1f0c/adversarial, got {address[:80]!r}"
        )
    run = find(id)
    if run.result is None:
        raise LookupError(
            f"run {id[:40]} is {run.status}, so it has made no picture; wait for it, or send its task again"
        )
    held = run.result.all_arrays()
    pictures = [key for key, array in held.items() if _is_picture(array)]
    if name not in pictures:
        known = f"it has {', '.join(pictures)}" if pictures else "it has made none"
        raise LookupError(f"run {id[:40]} has no picture {name[:40]!r}; {known}")
    return Picture(held[name].astype(np.float32), address)


def _is_picture(array: NDArray[Any]) -> bool:
    """(1 or 3, H, W) with values in [0, 1]; what is signed is a change or a map."""
    shaped = array.ndim == 3 and len(array) in (1, 3) and array.dtype.kind == "f" and array.size > 0
    return shaped and bool(array.min() >= 0) and bool(array.max() <= 1)
