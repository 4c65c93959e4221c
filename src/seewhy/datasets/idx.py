"""Reads the IDX format of the MNIST family, gzipped; knows no data set."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_UNSIGNED_BYTES = 8


def read(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array of unsigned bytes in `path`, a gzipped IDX file with so many dimensions; read-only.

    Raises ValueError where the file is damaged, cut short, or something else.
    """
    data = _unzipped(path)
    start = 4 + 4 * dimensions
    if len(data) < start or data[:2] != b"\0\0":
        raise ValueError(f"{path} must be an IDX file, but does not begin like one; {_ADVICE}")
    kind, found = data[2], data[3]
    if (kind, found) != (_UNSIGNED_BYTES, dimensions):
        raise ValueError(
            f"{path} must hold unsigned bytes in {dimensions} dimensions, "
            f"got type {kind:#04x} in {found}; images and labels may have been exchanged"
        )
    shape = struct.unpack_from(f">{dimensions}I", data, 4)
    if len(data) - start != math.prod(shape):
        raise ValueError(
            f"{path} promises {math.prod(shape)} values in shape {shape}, got {len(data) - start}; {_ADVICE}"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


_ADVICE = "delete it so that it is downloaded again, or copy it again"


def _unzipped(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read()
    except EOFError:
        raise ValueError(f"{path} is cut short ({path.stat().st_size} bytes); {_ADVICE}") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} must be a gzip file, but is damaged: {error}; {_ADVICE}") from None
