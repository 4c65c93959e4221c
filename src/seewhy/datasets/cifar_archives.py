"""CIFAR-10's two official archives, unpacked once into plain records; knows names and bytes, runs nothing.

Only members with the expected names are read, and each is written under a name of ours: an archive cannot reach
another place on the disk.
"""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np

from seewhy import images
from seewhy.datasets.cifar_parts import unpickled
from seewhy.progress import track

BINARY, PYTHON = "cifar-10-binary.tar.gz", "cifar-10-python.tar.gz"
CHECKSUMS = {BINARY: "c32a1d4ab5d03f1284b67883e8d87530", PYTHON: "c58f30108f718f92721af3b95e74349a"}  # MD5
BATCHES = (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch")


def unpack(archive: Path, folder: Path) -> None:
    """Write the six batches of `archive`, which is told by its name, as NAME.bin into `folder`.

    Raises ValueError where it is not the official archive, byte for byte; OSError where the disk refuses.
    """
    verify(archive)
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "r:gz") as tar:
        members = (member for member in tar if member.isfile())
        batches = {PurePosixPath(member.name).name.removesuffix(".bin"): member for member in members}
        for name in track(BATCHES, f"unpacking {archive.name}, batch"):
            file = tar.extractfile(batches[name])
            data = b"" if file is None else file.read()
            images.write_bytes(folder / f"{name}.bin", data if archive.name == BINARY else _records(data, name))


def verify(archive: Path) -> None:
    """Refuse an archive that is not the official one of its name."""
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != CHECKSUMS[archive.name]:
        raise ValueError(
            f"{archive} must have the MD5 {CHECKSUMS[archive.name]}, got {found} ({archive.stat().st_size} bytes): "
            "it is damaged or cut short; delete it so that it is downloaded, or copy it again"
        )


def _records(data: bytes, name: str) -> bytes:
    """A batch of the Python version in the form of the binary one."""
    planes, labels = unpickled(data, name)
    return np.concatenate([labels[:, None], planes], axis=1).tobytes()
