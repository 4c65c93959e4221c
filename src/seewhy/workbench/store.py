"""Files by key in one folder: whole or absent, bounded in bytes, the longest unused go first; knows no model."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock

from seewhy.images.files import write_bytes
from seewhy.results import Explanation
from seewhy.workbench.findings import Finding, Result

KEY = re.compile(r"[0-9a-f]{8,64}")
ABANDONED = 3600  # seconds after which a half-written file belongs to nobody any more


class Shelf:
    """Bytes by key, each in a file `key + suffix` of `folder`.

    A key is lower-case hex and nothing else, so that no key names a file elsewhere.
    limit: bytes that all files together may take; above it, those that were not used for longest are removed.
    """

    def __init__(self, folder: Path, suffix: str, limit: int) -> None:
        self.folder = folder
        self.suffix = suffix
        self.limit = limit
        self._lock = Lock()
        self._size: int | None = None  # of all files; counted when first needed

    def read(self, key: str) -> bytes | None:
        """What was written under `key`, or None."""
        if not KEY.fullmatch(key):
            return None
        path = self._path(key)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        with suppress(OSError):
            os.utime(path)
        return data

    def write(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`; OSError where the disk refuses, then nothing is changed."""
        if not KEY.fullmatch(key):
            raise ValueError(f"a key must be 8 to 64 hex digits, got {key!r}")
        if len(data) > self.limit:
            raise ValueError(f"at most {self.limit:,} bytes can be kept, got {len(data):,}; make it smaller")
        with self._lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self._path(key)
            known = self._size if self._size is not None else self._tidy()
            before = path.stat().st_size if path.exists() else 0
            write_bytes(path, data)
            self._size = known + len(data) - before
            if self._size > self.limit:
                self._size = self._tidy(keep=path)

    def remove(self, key: str) -> None:
        """Forget `key`, if it is there."""
        if KEY.fullmatch(key):
            with self._lock:
                self._path(key).unlink(missing_ok=True)
                self._size = None

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{self.suffix}"

    def _tidy(self, keep: Path | None = None) -> int:
        """Remove what was left half-written, then the longest unused files beyond the limit; gives the bytes left."""
        for part in self.folder.glob(".*.part"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > ABANDONED:
                    part.unlink()
        files = []
        for path in self.folder.glob(f"*{self.suffix}"):
            with suppress(OSError):  # another process may tidy too
                facts = path.stat()
                files.append((facts.st_mtime_ns, facts.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self.limit:
                break
            if path != keep:
                with suppress(OSError):
                    path.unlink()
                    total -= size
        return total


class Results:
    """Results of runs by key; what cannot be read again counts as absent and is removed."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._shelf = Shelf(folder, ".npz", limit)

    def read(self, key: str) -> Result | None:
        """The result kept under `key`, or None."""
        try:
            data = self._shelf.read(key)
        except OSError:  # it is there, but not for us: then it is computed again
            return None
        if data is None:
            return None
        try:
            return Finding.load(data) or Explanation.load(data)
        except Exception:  # whatever a damaged archive makes its readers raise
            with suppress(OSError):
                self._shelf.remove(key)
            return None

    def write(self, key: str, result: Result) -> None:
        """Keep `result` under `key`; OSError where the disk refuses."""
        self._shelf.write(key, result.to_npz())
