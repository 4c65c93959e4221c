"""Brings files from the network to disk, whole or not at all; knows no data set.

httpx is imported on first use, so that a program that downloads nothing does not wait for it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from seewhy.progress import track

if TYPE_CHECKING:
    import httpx

_CHUNK = 1 << 16
_ATTEMPTS = 3  # at each mirror


def user_cache() -> Path:
    """Where this person's downloads live: `SEEWHY_CACHE`, or the platform's usual place."""
    return Path(os.environ.get("SEEWHY_CACHE") or platformdirs.user_cache_dir("seewhy"))


def fetch(urls: Sequence[str], checksum: str, destination: Path) -> Path:
    """Download one file to `destination` from the first of `urls` that gives it; returns `destination`.

    checksum: MD5 in hex, or SHA-256 or its beginning, told apart by length; nothing else ever gets the final name.
    A download that broke off goes on where it stopped, from the same mirror or the next, in this process or a later
    one: until the checksum is right, the bytes wait in `destination` + ".part".
    Raises ConnectionError with what happened at every mirror; OSError where the disk refuses.
    """
    import httpx

    if destination.is_file():
        return destination
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = destination.with_name(destination.name + ".part")
    troubles = []
    timeout = httpx.Timeout(30, connect=10)
    with httpx.Client(follow_redirects=True, timeout=timeout, headers={"Accept-Encoding": "identity"}) as client:
        for url in urls:
            try:
                _download(client, url, part)
                _verify(part, checksum)
            except (httpx.HTTPError, httpx.InvalidURL, _WrongBytes) as error:
                troubles.append(f"{url}: {error or type(error).__name__}")
            else:
                part.replace(destination)
                return destination
    raise ConnectionError(
        f"{destination.name} could not be downloaded: {'; '.join(troubles)}. "
        f"Check the network, or put the file into {destination.parent} by hand"
    )


class _WrongBytes(Exception):  # noqa: N818 - never leaves this file
    """The file arrived whole, but is another one."""


def _download(client: httpx.Client, url: str, part: Path) -> None:
    """Let `part` grow to the whole file; breaks are tried again from where they happened."""
    import httpx

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _continue(client, url, part)
        except httpx.TransportError:
            if attempt == _ATTEMPTS:
                raise


def _continue(client: httpx.Client, url: str, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == 416 and have:  # nothing is left to send; the checksum decides
            return
        answer.raise_for_status()
        resumes = answer.status_code == 206 and _first_byte(answer) == have
        if answer.status_code == 206 and not resumes:
            raise _WrongBytes(f"sent bytes from {_first_byte(answer)}, asked from {have}")
        length = answer.headers.get("Content-Length")
        pieces = -(-int(length) // _CHUNK) if length else None
        name = part.name.removesuffix(".part")
        with part.open("ab" if resumes else "wb") as file:
            for chunk in track(answer.iter_raw(_CHUNK), f"downloading {name}", pieces):
                file.write(chunk)


def _first_byte(answer: httpx.Response) -> int | None:
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _verify(part: Path, checksum: str) -> None:
    algorithm = "md5" if len(checksum) == 32 else "sha256"
    with part.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if not found.startswith(checksum.lower()):
        size = part.stat().st_size
        part.unlink()
        raise _WrongBytes(f"{algorithm} must be {checksum}, got {found} ({size} bytes)")
