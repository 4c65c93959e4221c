"""Folders of recorded layers: which there are, whole or not at all, bounded in bytes, the longest unused go first.

A recording is a folder with `manifest.json`, which names every file and its size. Files get names of their own, are
written and synced first, and the manifest is replaced last: what a killed run leaves behind is in no manifest.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seewhy.images.files import write_bytes

FORMAT = 1  # of the manifest and the files
LIMIT = 16 * 2**30  # bytes that all recordings may take together
ABANDONED = 24 * 3600  # seconds after which files that no manifest names belong to nobody any more
KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Entry:
    """One recording: what it is of, which layers, how many bytes, and when it was last used (seconds since 1970)."""

    key: str
    model: str
    data: str
    split: str
    count: int
    layers: tuple[str, ...]
    bytes: int
    used: float

    def describe(self) -> dict[str, Any]:
        """The entry as plain data."""
        return {**self.__dict__, "layers": list(self.layers)}


def entries(folder: Path) -> tuple[Entry, ...]:
    """The recordings in `folder`, the last used first."""
    found = []
    for place in _places(folder):
        manifest = read_manifest(place)
        if manifest is not None:
            about = manifest["about"]
            found.append(
                Entry(
                    key=place.name,
                    model=about["model"],
                    data=about["data"],
                    split=about["split"],
                    count=about["count"],
                    layers=tuple(manifest["layers"]),
                    bytes=_bytes(place),
                    used=_used(place),
                )
            )
    return tuple(sorted(found, key=lambda entry: -entry.used))


def total_bytes(folder: Path) -> int:
    """Bytes of everything in `folder`, half-written files too."""
    return sum(_bytes(place) for place in _places(folder))


def clear(folder: Path, key: str | None = None) -> int:
    """Remove one recording, or all of them; gives the bytes that became free.

    Raises: LookupError where there is no recording `key`.
    """
    places = [place for place in _places(folder) if key in (None, place.name)]
    if key is not None and not places:
        raise LookupError(f"no recording {key!r} in {folder}; `seewhy cache` lists them")
    return sum(_remove(place) for place in places)


def read_manifest(place: Path) -> dict[str, Any] | None:
    """What a recording says of itself; None where it is not whole."""
    try:
        manifest = json.loads((place / "manifest.json").read_bytes())
        if manifest["format"] != FORMAT:
            return None
        sizes: Mapping[str, int] = manifest["files"]
        whole = all((place / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return manifest if whole else None


def write_manifest(place: Path, manifest: Mapping[str, Any]) -> None:
    """Make `manifest` the truth about `place`; its files must be on disk already."""
    sync_folder(place)
    write_bytes(place / "manifest.json", json.dumps(manifest, indent=1).encode())
    sync_folder(place)
    touch(place)


def touch(place: Path) -> None:
    """Say that the recording was used now."""
    with suppress(OSError):
        os.utime(place / "manifest.json")


def sync(path: Path) -> None:
    """Wait until a file is on disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def sync_folder(place: Path) -> None:
    """Wait until the names in a folder are on disk, where the system can."""
    with suppress(OSError):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def make_room(folder: Path, needed: int, limit: int, keep: str) -> None:
    """Remove the recordings that were not used for longest until `needed` bytes more fit under `limit`.

    keep: the recording that is being written.

    Raises: ValueError where they do not fit even then.
    """
    places = sorted(_places(folder), key=_used)
    for place in places:
        _sweep(place)
    total = sum(_bytes(place) for place in places)
    for place in places:
        if total + needed <= limit:
            return
        if place.name != keep and not _being_written(place):
            total -= _remove(place)
    if total + needed > limit:
        raise ValueError(
            f"these layers need {needed / 2**30:.1f} GiB on disk, and {limit / 2**30:.1f} GiB are allowed for all; "
            "choose fewer or later layers or a smaller size"
        )


def _places(folder: Path) -> list[Path]:
    with suppress(OSError):
        return [place for place in folder.iterdir() if KEY.fullmatch(place.name) and place.is_dir()]
    return []


def _bytes(place: Path) -> int:
    total = 0
    with suppress(OSError):
        for file in place.iterdir():
            with suppress(OSError):
                total += file.stat().st_size
    return total


def _used(place: Path) -> float:
    for path in (place / "manifest.json", place):
        with suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _being_written(place: Path) -> bool:
    return not (place / "manifest.json").exists() and time.time() - _used(place) < ABANDONED


def _sweep(place: Path) -> None:
    """Remove files that no manifest names and nobody has written to for a day."""
    manifest = read_manifest(place)
    named = {"manifest.json", *(manifest["files"] if manifest else ())}
    with suppress(OSError):
        for file in place.iterdir():
            with suppress(OSError):
                if file.name not in named and time.time() - file.stat().st_mtime > ABANDONED:
                    file.unlink()


def _remove(place: Path) -> int:
    """Forget a recording: its manifest first, so that nobody trusts what is left of it."""
    size = _bytes(place)
    with suppress(OSError):
        (place / "manifest.json").unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    return size - _bytes(place)
