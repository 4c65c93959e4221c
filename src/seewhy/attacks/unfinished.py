"""What a long test has done so far, in a file beside it, so that one that was stopped or killed goes on from there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.images.files import write_bytes


class Unfinished:
    """Which pieces of a test are done, and the table of yes and no that they fill.

    path: where it is kept after every piece; None keeps nothing. mark: stands for the whole question, so that what
    another test left is not taken for this one's. A file that cannot be read counts as absent.

    Raises: ValueError for a file that another test left.
    """

    def __init__(self, path: Path | None, mark: str, table: NDArray[np.bool_], pieces: int) -> None:
        self.path, self.mark = path, mark
        self.table = table
        self.done = np.zeros(pieces, bool)
        self.seconds = 0.0  # spent by those that were stopped
        held = _read(path)
        if held is None:
            return
        if str(held["mark"]) != mark or len(held["done"]) != pieces:
            raise ValueError(f"{path} was left by another test; delete it, or name another file")
        self.done[:], self.seconds = held["done"], float(held["seconds"])
        self.table[...] = np.unpackbits(held["table"], count=table.size).reshape(table.shape).astype(bool)

    def finish(self, piece: int, seconds: float) -> None:
        """`piece` is done and its rows are in the table; `seconds` is what this session has taken."""
        self.done[piece] = True
        if self.path is None:
            return
        buffer = io.BytesIO()
        held: dict[str, Any] = {
            "mark": np.array(self.mark), "done": self.done, "table": np.packbits(self.table),
            "seconds": np.array(self.seconds + seconds),
        }  # fmt: skip
        np.savez(buffer, **held)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(self.path, buffer.getvalue())

    def over(self) -> None:
        """The whole is done: nothing is left to go on from."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _read(path: Path | None) -> dict[str, NDArray[Any]] | None:
    if path is None or not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return {name: file[name] for name in ("mark", "done", "table", "seconds")}
    except Exception:  # whatever a damaged archive makes its reader raise
        return None
