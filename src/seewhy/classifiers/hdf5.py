"""HDF5 files that may be opened: all their data lies inside them, and is no larger than they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

MOST_GROWTH = 64  # how far compression may have shrunk the data


def check(file: Path | BinaryIO, name: str) -> None:
    """Refuse what is no HDF5, points to other files, or says it is far larger than it is.

    Raises: ValueError with one sentence about the file called `name`.
    """
    import h5py

    try:
        with h5py.File(file, "r") as opened:
            _check_group(opened, name, h5py, depth=0)
    except (OSError, RuntimeError, KeyError, TypeError) as error:  # what h5py says of damaged files
        if isinstance(error, FileNotFoundError):
            raise
        reason = " ".join(str(error).split())[:120]
        raise ValueError(f"{name!r} is no HDF5 file or is damaged ({reason}); save it again") from None


def _check_group(group: Any, name: str, h5py: Any, depth: int) -> None:
    if depth > 64:
        raise ValueError(f"{name!r} nests its groups too deeply; save it again")
    for key in group:
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise ValueError(f"{name!r} points elsewhere at {key!r}; save it with its data inside")
        item = group[key]
        if isinstance(item, h5py.Group):
            _check_group(item, name, h5py, depth + 1)
        elif isinstance(item, h5py.Dataset):
            _check_dataset(item, name, key)


def _check_dataset(data: Any, name: str, key: str) -> None:
    if data.external or data.is_virtual:
        raise ValueError(f"{name!r} keeps {key!r} in other files; save it with its data inside")
    stored = data.id.get_storage_size()
    if data.nbytes > MOST_GROWTH * stored + 4096:
        raise ValueError(f"{name!r} says {key!r} has {data.nbytes:,} bytes, but holds {stored:,}; save it again")
