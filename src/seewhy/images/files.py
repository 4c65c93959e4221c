"""Files that are written whole or not at all: beside the old one first, then renamed; knows bytes and paths only."""

import contextlib
import errno
import os
import secrets
from pathlib import Path


def write_bytes(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write `data` to `path`; whatever goes wrong, an older file there stays as it was.

    Raises: OSError (or its FileNotFoundError, IsADirectoryError, PermissionError) with one sentence: what to do.
    """
    path = Path(path)
    try:
        target = path.resolve()  # a symbolic link keeps pointing to the file it names
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EPERM, "is protected")
        if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced by a file
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise _explained(error, path) from error
    return path


def _replace(target: Path, data: bytes) -> None:
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _mode(target)), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _mode(target: Path) -> int:
    return target.stat().st_mode & 0o777 if target.exists() else 0o666


_REASONS: dict[int | None, str] = {
    errno.ENOENT: "its folder does not exist; create it first",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another path",
    errno.EISDIR: "it is a folder; add a file name",
    errno.EACCES: "writing there is not allowed; choose another folder",
    errno.EPERM: "the file is protected against writing; choose another name",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.ENOSPC: "the disk is full; free some space and save again",
    errno.EDQUOT: "your share of the disk is used up; free some space and save again",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def _explained(error: OSError, path: Path) -> OSError:
    reason = _REASONS.get(error.errno, f"{error.strerror or error}; choose another place")
    explained = type(error)(f"could not write {path}: {reason}")
    explained.errno = error.errno
    return explained
