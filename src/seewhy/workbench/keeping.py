"""What the program keeps in its cache, shelf by shelf: how much there is, and how to be rid of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seewhy import catalog
from seewhy.inference.activations import shelf

ABOUT = {
    "results": "answers of finished runs",
    "activations": "layers over a data set, for rules",
    "uploads": "pictures that were uploaded",
    "reports": "reports that were made",
    "unfinished": "tests that were stopped and go on from there",
}


def describe(cache: Path) -> list[dict[str, Any]]:
    """Each shelf with its files, bytes, and what it is; recorded layers and data sets one by one."""
    rows = [_row(what, cache / what, about) for what, about in ABOUT.items() if what != "activations"]
    for entry in shelf.entries(cache / "activations"):
        about = f"{entry.model}, {entry.data}/{entry.split}, {entry.count:,} images, {', '.join(entry.layers)}"
        rows.append({"what": "activations", "key": entry.key, "count": 1, "bytes": entry.bytes, "about": about})
    for name, made in catalog.datasets().items():
        if (cache / name).is_dir():
            rows.append(_row(name, cache / name, f"the data set {made.title}, downloaded"))
    return rows


def clear(cache: Path, what: str) -> int:
    """Remove a shelf, or "all" of them; gives the bytes that became free. Data sets stay.

    Raises: ValueError for anything else.
    """
    if what != "all" and what not in ABOUT:
        raise ValueError(f"what to clear is all, {', '.join(ABOUT)}, got {what!r}; choose one of these")
    freed = 0
    for name in ABOUT if what == "all" else (what,):
        if name == "activations":
            freed += shelf.clear(cache / name)
        else:
            freed += _emptied(cache / name)
    return freed


def _row(what: str, folder: Path, about: str) -> dict[str, Any]:
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()] if folder.is_dir() else []
    return {"what": what, "key": None, "count": len(sizes), "bytes": sum(sizes), "about": about}


def _emptied(folder: Path) -> int:
    freed = 0
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.is_file():
            freed += file.stat().st_size
            file.unlink(missing_ok=True)
    return freed
