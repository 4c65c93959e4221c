"""The place of every value among the values of its row, as 16-bit numbers that compare like the values themselves.

A rank is the number of smaller values in the row, so equal values share it and `len(row) - rank` values are at least
as large. Half-precision values are sorted as 16-bit integers, whose order is theirs once the sign is folded in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 2**16  # images: beyond this a rank does not fit


def ranks(values: NDArray[Any], out: NDArray[np.uint16]) -> None:
    """Write into `out` (U, N) how many values of its row each of `values` (U, N) exceeds; no NaN, no −0 beside 0."""
    if values.shape[1] > MOST:
        raise ValueError(f"at most {MOST:,} images can be ranked, got {values.shape[1]:,}; take a smaller size")
    if values.dtype == np.float16:
        for row, places in zip(values, out, strict=True):
            _rank_halves(row, places)
    else:
        rank = _Singles(values.shape[1])
        for row, places in zip(values, out, strict=True):
            rank(row, places)


def below_and_upto(values: NDArray[Any], others: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """How many of each row of `values` (U, N) are smaller, and how many not larger, than each of `others` (A, U)."""
    if values.dtype == np.float16:
        values, others = _keys(values), _keys(others)
    below, upto = np.empty(others.shape, np.int32), np.empty(others.shape, np.int32)
    for unit, row in enumerate(values):
        for each in range(len(others)):
            other = others[each, unit]
            below[each, unit] = np.count_nonzero(row < other)
            upto[each, unit] = np.count_nonzero(row <= other)
    return below, upto


def _keys(halves: NDArray[Any]) -> NDArray[np.uint16]:
    """16-bit integers that are ordered as the numbers are."""
    bits = np.ascontiguousarray(halves).view(np.int16)
    keys: NDArray[np.uint16] = (bits ^ ((bits >> 15) & 0x7FFF)).view(np.uint16) ^ np.uint16(0x8000)
    return keys


def _rank_halves(row: NDArray[np.float16], places: NDArray[np.uint16]) -> None:
    keys = _keys(row)
    ordered = np.sort(keys)
    starts = _starts(ordered)
    first = np.empty(MOST, np.uint16)
    first[ordered[starts]] = starts
    np.take(first, keys, out=places, mode="clip")


class _Singles:
    """Ranks rows of single-precision values: each value and its place become one integer, and these are sorted.

    Sorting 64-bit integers is twice as fast as sorting floats together with their places.
    """

    def __init__(self, count: int) -> None:
        self.order = np.arange(count, dtype=np.uint64)
        self.ranks = np.arange(count, dtype=np.uint16)
        self.packed = np.empty(count, np.uint64)

    def __call__(self, row: NDArray[np.float32], places: NDArray[np.uint16]) -> None:
        """Write the ranks of `row` (N,) into `places` (N,)."""
        bits = row.view(np.int32)
        signs = bits >> 31
        signs &= 0x7FFFFFFF
        signs ^= bits
        keys = signs.view(np.uint32)
        keys ^= np.uint32(0x80000000)  # ordered as the numbers are
        packed = self.packed
        packed[:] = keys
        packed <<= np.uint64(16)
        packed |= self.order
        packed.sort()
        images = packed & np.uint64(0xFFFF)
        packed >>= np.uint64(16)
        ranks = self.ranks.copy()
        equal = packed[1:] == packed[:-1]
        if equal.any():  # those that equal the value before get the rank of the first of their run
            ranks[1:] *= ~equal
            np.maximum.accumulate(ranks, out=ranks)
        places[images.view(np.int64)] = ranks


def _starts(ordered: NDArray[Any]) -> NDArray[np.intp]:
    """Where each run of equal values begins."""
    new = np.empty(len(ordered), np.bool_)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)
