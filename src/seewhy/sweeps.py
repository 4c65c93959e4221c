"""One method over several baselines: what each says, and what of the evidence survives them all.

Knows numbers, words and explanations, no methods and no models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy import pictures
from seewhy.results import Explanation
from seewhy.saving import Drawn

SURVIVING = "survives all"


@dataclass(frozen=True)
class Sweep(Drawn):
    """Explanations of one image for one target that differ in their baseline only.

    setting: the method's name for it, "baseline" or "fill"; choices: its values, in the order of `row`.
    """

    called = "a sweep"

    setting: str
    choices: tuple[str, ...]
    row: tuple[Explanation, ...]

    def __post_init__(self) -> None:
        if len(self.choices) < 2 or len(self.choices) != len(self.row):
            raise ValueError(f"a sweep needs two baselines or more, got {len(self.choices)}; name another")

    @property
    def surviving(self) -> NDArray[np.float32]:
        """The evidence (H, W) that every baseline gives, signed."""
        return surviving([found.values for found in self.row])

    @property
    def share(self) -> float:
        """How much of the evidence survives: the strength of `surviving` as a share of a map's mean strength.

        Strength is the sum of the absolute values; 1 where all maps are the same, 0 where no pixel keeps its sign.
        """
        return share([found.values for found in self.row])

    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""
        return {
            "setting": self.setting,
            "choices": list(self.choices),
            "share": self.share,
            "explanations": [found.describe() for found in self.row],
        }

    def picture(self) -> Image.Image:
        """All maps and what survives them in one row, each with a scale of its own."""
        first = self.row[0]
        cells = [pictures.Cell(found.values, f"{found.seconds:.2f} s") for found in self.row]
        cells.append(pictures.Cell(self.surviving, f"{_percent(self.share)} of the evidence"))
        place = f" on {first.place}" if first.address else ""
        return pictures.sheet(
            first.image,
            [cells],
            row_titles=[f"Why “{first.target['text']}”?"],
            column_titles=[*(_short(choice) for choice in self.choices), SURVIVING],
            signed=[first.signed] * len(cells),
            title=f"{first.title} over {len(self.choices)} baselines: {first.model}{place}",
            footer=self.in_words(),
        )

    def in_words(self) -> str:
        """How much survives, in a sentence."""
        listed = ", ".join(self.choices)
        return f"{_percent(self.share)} of the evidence for “{self.row[0].target['text']}” survives all of {listed}."


def surviving(maps: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Pixel by pixel, the weakest of the values where all have one sign, with that sign; 0 where they have not.

    >>> surviving([np.array([3.0, -2.0, 1.0]), np.array([1.0, -5.0, -1.0])]).tolist()
    [1.0, -2.0, 0.0]
    """
    stacked = np.stack([np.asarray(values, np.float32) for values in maps])
    low, high = stacked.min(0), stacked.max(0)
    found: NDArray[np.float32] = np.where(low > 0, low, np.where(high < 0, high, np.float32(0)))
    return found


def share(maps: Sequence[NDArray[Any]]) -> float:
    """The strength of what survives as a share of the mean strength of the maps; 0 where all are zero.

    >>> share([np.array([3.0, -1.0]), np.array([1.0, 1.0])])
    0.3333333333333333
    """
    whole = float(np.mean([np.abs(np.asarray(values, np.float64)).sum() for values in maps]))
    return float(np.abs(surviving(maps)).sum(dtype=np.float64)) / whole if whole else 0.0


def _percent(part: float) -> str:
    return f"{part:.0%}" if part >= 0.095 or not part else f"{part:.1%}"


def _short(choice: str) -> str:
    """An address is cut from the left, where it says least."""
    return choice if len(choice) <= 22 else f"…{choice[-21:]}"
