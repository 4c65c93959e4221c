"""A folder of holes: of each its picture, for people as PNG and exactly as NPY, and one table of all."""

from __future__ import annotations

import hashlib
import io
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from seewhy import images
from seewhy.holes import table
from seewhy.holes.table import Hole

NAME = "holes.csv"
PATIENCE = 10.0  # seconds that a change waits for another one
ABANDONED = 5.0  # seconds after which a lock belongs to nobody any more
LONGEST_NOTE = 2_000
NOTHING = "nothing"  # the class of what shows nothing
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the same holes give the same archive; a zip knows no earlier day


def usual_folder() -> Path:
    """Where this person's holes live: `SEEWHY_HOLES`, or the platform's place for data."""
    return Path(os.environ.get("SEEWHY_HOLES") or Path(platformdirs.user_data_dir("seewhy")) / "holes")


class Holes:
    """The holes in `folder`, oldest first; the folder is made when the first one is kept.

    Safe to use from many threads and programs: each change reads the table anew, and writes it whole or not at all.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = usual_folder() if folder is None else Path(folder)

    def keep(
        self,
        image: NDArray[np.float32],
        label: str,
        probability: float,
        model: str,
        kind: str,
        recipe: Mapping[str, Any],
        *,
        fingerprint: str = "",
        truth: str | None = None,
        epsilon: float | None = None,
        note: str = "",
    ) -> Hole:
        """Keep `image` (C, H, W), which `model` takes for `label`; what is kept already stays as it is.

        The other fields are those of `Hole`. Raises: ValueError for what is no image; OSError where the disk refuses.
        """
        image = images.read(image)
        digest = hashlib.sha256(f"{image.shape} {label} {model} {fingerprint}".encode() + image.tobytes())
        id, now = digest.hexdigest()[:16], datetime.now(UTC).isoformat(timespec="seconds")
        kept = Hole(
            id, kind, label, float(probability), model, now, dict(recipe), fingerprint, truth, epsilon, _short(note)
        )
        with self._alone():
            text = self._text()
            known = next((hole for hole, _ in table.read(text).rows if hole.id == id), None)
            if known is not None:
                return known
            columns = table.columns_of(text)
            images.write_bytes(self.folder / f"{id}.npy", _npy(image))
            images.write_bytes(self.folder / f"{id}.png", images.to_png(image, {"Description": f"{model}: {label}"}))
            lines = text.splitlines() or [",".join(columns)]
            self._write([*lines, table.line_of(kept, columns)])
        return kept

    def items(self, model: str | None = None) -> list[Hole]:
        """Every hole whose row can be read; with `model`, those of the model so called."""
        return [hole for hole, _ in self._table().rows if model in (None, hole.model)]

    def troubles(self) -> list[str]:
        """A sentence for each row that cannot be read, or whose picture is gone."""
        found = self._table()
        lost = [hole.id for hole, _ in found.rows if not any(path.is_file() for path in self._files(hole.id))]
        said = [f"{NAME}, {trouble}" for trouble in found.troubles]
        return said + [f"the picture of hole {id} is gone; delete the hole, or put {id}.npy back" for id in lost]

    def find(self, id: str) -> Hole:
        """The hole called `id`; LookupError where there is none."""
        for hole in self.items():
            if hole.id == id:
                return hole
        raise LookupError(f"no hole called {id[:40]!r} here; it may have been deleted")

    def image(self, id: str) -> NDArray[np.float32]:
        """The picture of a hole, (C, H, W); LookupError where there is none any more."""
        self.find(id)
        exact, shown = self._files(id)
        with suppress(OSError, ValueError, EOFError):
            return images.read(np.load(exact, allow_pickle=False))
        with suppress(OSError, ValueError):  # 8 bits are better than nothing
            return images.read(shown)
        raise LookupError(f"the picture of hole {id} is gone or damaged; delete the hole, and make it again")

    def annotate(self, id: str, note: str) -> Hole:
        """Write `note` to a hole; LookupError where there is none, ValueError for a note that is too long."""
        with self._alone():
            text = self._text()
            noted = replace(self.find(id), note=_short(note))
            self._write(self._lines(text, id, lambda line: table.changed(line, noted, table.columns_of(text))))
        return noted

    def remove(self, id: str) -> None:
        """Forget a hole; LookupError where there is none."""
        with self._alone():
            self.find(id)
            self._write(self._lines(self._text(), id))
            for path in self._files(id):
                path.unlink(missing_ok=True)

    def to_zip(self, model: str | None = None) -> bytes:
        """A data set as a folder of pictures by class, with the exact values and the table.

        `train/TRUTH/ID.png`: by what is really on them, and `nothing` where that is nothing; `exact/ID.npy`: the values
        before they were rounded; `holes.csv`: what the model said, and the recipes.
        """
        chosen = self.items(model)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            rows = [",".join(table.COLUMNS), *(table.line_of(hole) for hole in chosen)]
            _add(archive, NAME, "\r\n".join([*rows, ""]).encode("utf-8"))
            for hole in chosen:
                with suppress(LookupError):  # its picture is gone; the row still says how to make it
                    image = self.image(hole.id)
                    _add(archive, f"train/{_folder(hole.truth or NOTHING)}/{hole.id}.png", images.to_png(image))
                    _add(archive, f"exact/{hole.id}.npy", _npy(image))
        return buffer.getvalue()

    def _files(self, id: str) -> tuple[Path, Path]:
        return self.folder / f"{id}.npy", self.folder / f"{id}.png"

    def _table(self) -> table.Table:
        return table.read(self._text())

    def _text(self) -> str:
        try:
            return (self.folder / NAME).read_bytes().decode("utf-8-sig", "surrogateescape")
        except FileNotFoundError:
            return ""

    def _lines(self, text: str, id: str, change: Callable[[str], str] | None = None) -> list[str]:
        """All lines, with the row called `id` changed, or without it."""
        mine = {line for hole, line in table.read(text).rows if hole.id == id}
        lines = text.splitlines()
        if change is None:
            return [line for line in lines if line not in mine]
        return [change(line) if line in mine else line for line in lines]

    def _write(self, lines: Sequence[str]) -> None:
        data = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")
        images.write_bytes(self.folder / NAME, data)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Inside, nobody else changes the table; OSError where another one does not end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self.folder / ".lock"
        until = time.monotonic() + PATIENCE
        while True:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                break
            except FileExistsError:
                with suppress(OSError):
                    if time.time() - lock.stat().st_mtime > ABANDONED:
                        lock.unlink()
                if time.monotonic() > until:
                    raise TimeoutError(
                        f"another program is changing {self.folder}; try again, or delete {lock}"
                    ) from None
                time.sleep(0.01)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _short(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"a note has at most {LONGEST_NOTE:,} characters, got {len(note):,}; make it shorter")
    return " ".join(note.split())


def _npy(image: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, image, allow_pickle=False)
    return buffer.getvalue()


def _folder(label: str) -> str:
    """A name for a folder that every file system takes."""
    return re.sub(r"[^\w.-]+", "_", label).strip("._")[:80] or "unnamed"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    place = zipfile.ZipInfo(name, EARLIEST)
    place.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
    place.external_attr = 0o644 << 16
    archive.writestr(place, content)
