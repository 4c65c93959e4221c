"""Explanations of one image side by side: the same question asked in several ways, and how far the answers agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy import pictures
from seewhy.results import Explanation
from seewhy.saving import Drawn


@dataclass(frozen=True)
class Comparison(Drawn):
    """A row for each target, in each row one explanation a method, in the same order."""

    called = "a comparison"

    rows: tuple[tuple[Explanation, ...], ...]

    def __post_init__(self) -> None:
        methods = {tuple(found.caption_of_method for found in row) for row in self.rows}
        if len(methods) != 1 or not self.rows[0]:
            raise ValueError("a comparison needs at least one method, and the same ones in every row")
        if any(one.values.shape != two.values.shape for one, two in pairwise(self)):
            raise ValueError("a comparison needs maps of one size; explain the same image each time")

    def __iter__(self) -> Iterator[Explanation]:
        return (found for row in self.rows for found in row)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods with their settings, as titles of the columns."""
        return tuple(found.caption_of_method for found in self.rows[0])

    def agreement(self, row: int = 0) -> NDArray[np.float64]:
        """Rank correlation (Spearman's ρ, −1 to 1) between the maps of a row, (methods, methods).

        It is not a number where a map is constant.
        """
        return rank_correlation([found.values for found in self.rows[row]])

    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""
        return {
            "methods": list(self.methods),
            "targets": [dict(row[0].target) for row in self.rows],
            "agreement": [_plain(self.agreement(row)) for row in range(len(self.rows))],
            "explanations": [[found.describe() for found in row] for row in self.rows],
        }

    def picture(self) -> Image.Image:
        """All maps in one picture, one colour scale a method."""
        first = self.rows[0][0]
        place = f" on {first.place}" if first.address else ""
        return pictures.sheet(
            first.image,
            [[pictures.Cell(found.values, f"{found.seconds:.2f} s") for found in row] for row in self.rows],
            row_titles=[f"Why “{row[0].target['text']}”? {_sure(row[0])}" for row in self.rows],
            column_titles=[found.title for found in self.rows[0]],
            signed=[found.signed for found in self.rows[0]],
            title=f"{first.model}{place}: {first.prediction.label} ({first.prediction.probability:.1%})",
            footer="; ".join(self.methods) + ". " + self.in_words(),
        )

    def in_words(self, row: int = 0) -> str:
        """How far the methods agree on a row's target, each pair once."""
        names, table = [found.title for found in self.rows[row]], self.agreement(row)
        pairs = [(a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
        if not pairs:
            return ""
        return "Rank correlation: " + ", ".join(f"{names[a]} ~ {names[b]} {table[a, b]:.2f}" for a, b in pairs) + "."


def rank_correlation(maps: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Spearman's ρ between all pairs of maps; equal values share their mean rank.

    >>> rank_correlation([np.array([1, 2, 3]), np.array([10, 20, 15])]).round(3).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    ranks = np.stack([_ranks(np.asarray(values).ravel()) for values in maps])
    centred = ranks - ranks.mean(1, keepdims=True)
    with np.errstate(invalid="ignore"):
        scaled = centred / np.sqrt((centred**2).sum(1, keepdims=True))
    table: NDArray[np.float64] = np.clip(scaled @ scaled.T, -1, 1)
    return table


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: NDArray[np.float64] = (last - (count - 1) / 2)[place]
    return ranks


def _plain(table: NDArray[np.float64]) -> list[list[float | None]]:
    return [[None if np.isnan(value) else round(float(value), 6) for value in row] for row in table]


def _sure(found: Explanation) -> str:
    return f"{found.prediction.guess(found.target['class']).probability:.1%}"
