"""Reads the arrays in pickles that others made without running anything of theirs; knows no data set.

A pickle is a program. This one may build dictionaries, lists, texts, numbers and NumPy arrays of bytes, and nothing
else: the three names that an array needs stand for classes of our own, which only remember what they were given.
"""

from __future__ import annotations

import math
import pickle
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read(data: bytes, name: str) -> dict[str, Any]:
    """The dictionary in a pickle's bytes, written by Python 2 or 3; arrays of bytes are NumPy arrays, keys are text.

    name: of the file, for errors.

    Raises ValueError where the pickle is damaged, is no dictionary, or asks for anything beyond such data.
    """
    try:
        found = _Reader(BytesIO(data), encoding="bytes").load()
    except _ForbiddenError as error:
        raise ValueError(f"{name} must hold plain arrays, but asks for {error}; it was not opened") from None
    except Exception as error:  # a damaged pickle can raise anything
        raise ValueError(f"{name} is damaged or cut short ({type(error).__name__}); copy it again") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} must hold a dictionary, got {type(found).__name__}; choose another file")
    try:
        return {_text(key): value.array() if isinstance(value, _Array) else value for key, value in found.items()}
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold arrays of unsigned bytes ({error}); copy it again") from None


class _ForbiddenError(Exception):
    pass


class _Array:
    """What a pickled array says of itself; the bytes become an array only when they fit what it says."""

    def __init__(self, *_: object) -> None:
        self._state: Any = None

    def __setstate__(self, state: object) -> None:
        self._state = state

    def array(self) -> NDArray[np.uint8]:
        """The values; anything but unsigned bytes is refused."""
        _version, shape, kind, by_columns, data = self._state
        if not isinstance(kind, _Kind) or kind.name not in ("u1", "uint8") or not isinstance(data, bytes):
            raise ValueError("one holds something else")
        if math.prod(shape) != len(data):
            raise ValueError(f"one promises shape {shape}, got {len(data)} values")
        return np.frombuffer(data, np.uint8).reshape(shape, order="F" if by_columns else "C")


class _Kind:
    """A pickled dtype: only its name matters, since bytes have no order."""

    def __init__(self, name: object, *_: object) -> None:
        self.name = _text(name)

    def __setstate__(self, state: object) -> None: ...


def _encoded(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes for Python 2."""
    return text.encode("latin-1" if encoding == "latin1" else "ascii")


class _Reader(pickle.Unpickler):
    _known = {  # noqa: RUF012 - a table, never written to
        ("_reconstruct", "multiarray"): _Array,
        ("ndarray", "numpy"): _Array,
        ("dtype", "numpy"): _Kind,
        ("encode", "_codecs"): _encoded,
    }

    def find_class(self, module: str, name: str) -> Any:
        known = self._known.get((name, module.removeprefix("numpy.core.").removeprefix("numpy._core.")))
        if known is None:
            raise _ForbiddenError(f"{module}.{name}")
        return known


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
