"""Some rows and columns of a large table of ranks, a cache's worth at a time; knows no rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from seewhy.progress import track

Ranks = NDArray[np.uint16]
Places = NDArray[np.intp]
Counts = NDArray[np.intp]
T = TypeVar("T")

HELD = 2**28  # bytes of ranks that are held together
BLOCK = 2**18  # ranks in one block: with a copy to sort and two masks it stays in a core's second cache


def blocks(rows: Places, columns: int) -> list[Places]:
    """`rows` in order, cut so that a block has about BLOCK ranks."""
    height = max(1, BLOCK // max(1, columns))
    return [rows[start : start + height] for start in range(0, len(rows), height)]


def gather(table: Ranks, rows: Places, columns: Places | None) -> Ranks:
    """The given rows (ascending) and columns, (len(rows), len(columns)), or all columns; do not write to the latter."""
    first, last = int(rows[0]), int(rows[-1]) + 1
    dense = last - first <= 2 * len(rows)  # then it is cheaper to take the rows between than to pick
    whole = table[first:last] if dense else table[rows]
    if columns is None:
        return whole[rows - first] if len(whole) > len(rows) else whole
    picked = np.empty((len(whole), len(columns)), table.dtype)
    np.take(whole, columns, axis=1, out=picked, mode="clip")  # "clip" spares a second copy
    return picked[rows - first] if dense and len(whole) > len(rows) else picked


class Kept:
    """Some columns of some rows of a table; once read they are held together, as a few of many lie far apart."""

    def __init__(self, table: Ranks, rows: Places, columns: Places) -> None:
        self._table, self._rows, self._columns = table, rows, columns
        self._held: Ranks | None = None
        self._compact = False

    @property
    def count(self) -> int:
        """How many columns there are."""
        return len(self._columns)

    @property
    def fits(self) -> bool:
        """Whether all of it may be held."""
        return len(self._rows) * self.count * self._table.itemsize <= HELD

    def hold(self) -> None:
        """Hold what is read from now on, which must be every row."""
        if not self._compact and self._held is None and self.fits:
            self._held = np.empty((len(self._rows), self.count), self._table.dtype)

    def of(self, places: Places) -> Ranks:
        """A copy of the rows at `places`, which follow one another, (len(places), count)."""
        found = gather(self._table, self._rows[places], self._columns)
        if self._held is not None:
            self._held[places[0] : places[-1] + 1] = found
        return found

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Go on with fewer columns."""
        if self._held is not None:
            self._table, self._held, self._compact = self._held, None, True
            self._rows, self._columns = np.arange(len(self._rows)), np.arange(self.count)
        self._columns = self._columns[mask]


def count(mask: NDArray[np.bool_]) -> Counts:
    """How many are true in each row of (R, M); eight at a time, as bytes of one integer that cannot overflow."""
    width = mask.shape[1] // 8 * 8
    tail: Counts = mask[:, width:].sum(axis=1, dtype=np.intp)
    if width == 0:
        return tail
    eights = np.ascontiguousarray(mask[:, :width]).view(np.uint64)
    sums = np.add.reduceat(eights, np.arange(0, eights.shape[1], 255), axis=1)
    head: Counts = sums.view(np.uint8).reshape(len(mask), -1).sum(axis=1, dtype=np.intp)
    return head + tail


def for_each(work: Callable[[Places], T], parts: Sequence[Places], stage: str) -> Iterable[T]:
    """`work` for every block, on as many threads as torch may use; results in order."""
    threads = min(torch.get_num_threads(), len(parts))
    if threads <= 1:
        return [work(part) for part in track(parts, stage)]
    with ThreadPoolExecutor(threads) as pool:
        return list(track(pool.map(work, parts), stage, len(parts)))
