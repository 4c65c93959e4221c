"""Arrays as bytes for the page: safetensors for several, npy for one. Knows formats, nothing of what is in them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

SAFETENSORS = "application/vnd.safetensors"
NPY = "application/x-npy"


def pack(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, object] | None = None) -> bytes:
    """Named arrays and texts as one safetensors file; metadata that is None is left out."""
    texts = {name: str(value) for name, value in (metadata or {}).items() if value is not None}
    return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata=texts))


def npy(array: NDArray[Any]) -> bytes:
    """One array as an npy file."""
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()
