"""The order in which pieces of a picture go, weakest first, and how sure the model is on the way there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

POINTS = 33  # of each curve
Alive = NDArray[np.bool_]


@dataclass(frozen=True)
class Order:
    """All pieces of a picture, from the first that can go to the last that must stay.

    pieces: (H, W), the number of each pixel's piece, −1 for background; sequence: (P,), the numbers of the pieces,
    weakest first; drops: (P,), how much less sure the model is of the class when that piece alone is missing.
    kept: (S,), falling from 1 to 0, the share of the content that is shown; strongest, weakest: (S,), how sure the
    model is when the shown share is the end of the sequence, or its beginning.
    """

    pieces: NDArray[np.int64] = field(repr=False)
    sequence: NDArray[np.int64] = field(repr=False)
    drops: NDArray[np.float64] = field(repr=False)
    kept: NDArray[np.float64] = field(repr=False)
    strongest: NDArray[np.float64] = field(repr=False)
    weakest: NDArray[np.float64] = field(repr=False)

    def describe(self) -> dict[str, Any]:
        """The curves and the drops of up to 100 pieces, as plain data."""
        drops = self.drops.tolist() if len(self.drops) <= 100 else None
        curves = {name: getattr(self, name).tolist() for name in ("kept", "strongest", "weakest")}
        return {"curves": curves, "drops": drops}

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """Which pixel belongs to which piece, their sequence, and their drops, by name."""
        return {
            "pieces": self.pieces.astype(np.int32), "sequence": self.sequence.astype(np.int32),
            "drops": self.drops.astype(np.float32),
        }  # fmt: skip


def ordered(
    pieces: NDArray[np.int64],
    sequence: NDArray[np.int64],
    drops: NDArray[np.float64],
    staying: int,
    sureness: Callable[[Iterable[Alive]], NDArray[np.float64]],
) -> Order:
    """The order with its curves, which pass through the last `staying` pieces.

    sureness: says how sure the model is, for each choice of pieces.
    """
    count = len(sequence)
    sizes = np.bincount(pieces[pieces >= 0], minlength=count)[sequence] if count else np.zeros(0)
    even = np.rint(np.linspace(0, count, min(POINTS, count + 1))).astype(int)
    gone = np.unique(np.append(even, count - staying))
    left = (sizes.sum() - np.append(0, np.cumsum(sizes))[gone]) / max(sizes.sum(), 1)

    def shown(chosen: NDArray[np.int64]) -> Alive:
        alive = np.zeros(count, bool)
        alive[chosen] = True
        return alive

    found = sureness([shown(sequence[n:]) for n in gone] + [shown(sequence[:n]) for n in gone])
    strongest, weakest = found[: len(gone)], found[len(gone) :]
    shares = 1 - left  # of the weakest n pieces
    return Order(pieces, sequence, drops, left, strongest, np.interp(left, shares, weakest))
