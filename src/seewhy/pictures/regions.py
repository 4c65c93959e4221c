"""A map in words: which of nine regions holds how much. Knows arrays and English, nothing of colours."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.pictures.strength import finite

NAMES = (
    ("top left", "top centre", "top right"),
    ("middle left", "in the centre", "middle right"),
    ("lower left", "lower centre", "lower right"),
)
_EVEN = 0.15  # nine equal regions hold 0.11 each


def region_table(values: NDArray[Any]) -> list[list[float]]:
    """The sum of the values in each region of a 3 × 3 grid, row by row from the top.

    >>> region_table(np.eye(3))
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return [[float(value) for value in row] for row in _sums(finite(values))]


def describe_map(values: NDArray[Any], signed: bool = True) -> str:
    """Where most of a map lies, in a sentence for people who do not see it.

    signed: whether the method tells for from against; the others only say how strong.

    >>> describe_map(np.array([[0.0, 3.0], [-1.0, 1.0]]))
    '75 % of the support lies top right; strongest against: lower left.'
    """
    checked = finite(values)
    checked = checked / (np.abs(checked).max() or 1.0)  # shares are the same, and sums cannot overflow
    pro, contra = _sums(checked.clip(min=0)), _sums(-checked.clip(max=0))
    if not (pro.any() or contra.any()):
        return "nothing stands out; the map is zero everywhere."
    if not signed and not contra.any():
        return f"{_most(pro, 'strength')}."
    if not contra.any():
        return f"{_most(pro, 'support')}; nothing speaks against."
    if not pro.any():
        return f"nothing speaks for it; {_most(contra, 'objection')}."
    against = "against is spread evenly" if _even(contra) else f"strongest against: {_where(contra)}"
    return f"{_most(pro, 'support')}; {against}."


def _sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    # By the middle of each pixel: of 28 rows, the regions get 9, 10 and 9.
    rows, columns = ((np.arange(n) + 0.5) * 3 // n for n in values.shape)
    top, left = rows == np.arange(3)[:, None], columns == np.arange(3)[:, None]  # (3, H), (3, W)
    sums: NDArray[np.float64] = top.astype(np.float64) @ values @ left.T.astype(np.float64)
    return sums


def _most(sums: NDArray[np.float64], noun: str) -> str:
    if _even(sums):
        return f"the {noun} is spread evenly"
    return f"{round(100 * float(sums.max() / sums.sum()))} % of the {noun} lies {_where(sums)}"


def _even(sums: NDArray[np.float64]) -> bool:
    return bool(sums.max() < _EVEN * sums.sum())


def _where(sums: NDArray[np.float64]) -> str:
    row, column = divmod(int(sums.argmax()), 3)
    return NAMES[row][column]
