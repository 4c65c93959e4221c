"""A drawing moved and scaled to where MNIST puts its digits. Knows light ink on black, nothing of digits.

LeCun et al. fitted each digit into 20 × 20 pixels, aspect kept, and put its centre of mass in the middle of 28 × 28:
http://yann.lecun.com/exdb/mnist/
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_INK = 20 / 28  # of the side
_NEAR = 0.1  # a drawing this close to its size is only moved: resampling would soften it
_MOST = 4.0  # a dot is not blown up to a disc
_FAINT = 0.1  # of the brightest pixel: less is haze, not ink


def centre(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """The drawing (C, H, W) as (1, H, W), sized and placed as in MNIST; no ink is cut off, and blank stays blank."""
    drawing: NDArray[np.float32] = image.mean(0, dtype=np.float32)
    if not drawing.max() > 0:
        return drawing[None]
    inked = drawing > _FAINT * drawing.max()
    rows, columns = _span(inked.any(1)), _span(inked.any(0))
    factor = min(_INK * min(drawing.shape) / max(rows.stop - rows.start, columns.stop - columns.start), _MOST)
    near = abs(factor - 1) <= _NEAR
    ink = drawing[_wider(rows), _wider(columns)] if near else _scaled(drawing[rows, columns], factor)
    placed = np.zeros_like(drawing)
    height, width = ink.shape
    top, left = (_start(ink.sum(1 - axis), drawing.shape[axis]) for axis in (0, 1))
    placed[top : top + height, left : left + width] = ink
    return placed[None]


def _span(line: NDArray[np.bool_]) -> slice:
    where = np.flatnonzero(line)
    return slice(where[0], where[-1] + 1)


def _wider(span: slice) -> slice:
    """One pixel more on each side: the faint rim of a stroke belongs to it."""
    return slice(max(0, span.start - 1), span.stop + 1)


def _scaled(ink: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    height, width = (max(1, round(n * factor)) for n in ink.shape)
    scaled: NDArray[np.float32] = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BILINEAR))
    return scaled


def _start(profile: NDArray[np.float32], length: int) -> int:
    """Where the ink begins along an axis: its centre of mass at index length / 2 (14.0 on average in MNIST)."""
    middle = float(profile @ np.arange(len(profile)) / profile.sum())
    return int(np.clip(round(length / 2 - middle), 0, length - len(profile)))
