"""The official files: found, read, fetched, and refused when they are broken."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from seewhy.datasets import idx, mnist
from seewhy.datasets.mnist import Mnist


def packed(array: np.ndarray) -> bytes:
    """An array as a gzipped IDX file."""
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes())


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with four tiny official-looking files."""
    images = np.arange(5 * 28 * 28).reshape(5, 28, 28) % 256
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(packed(images))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(packed(np.array([5, 0, 4, 1, 9])))
    return tmp_path


def test_files_are_read_as_they_are(small):
    data = Mnist(small)
    assert data.available()
    assert data.size("train") == 5
    assert data.truth("test").tolist() == [5, 0, 4, 1, 9]
    assert data.pixels("train")[0, 0, 5] == 5
    sample = data.sample("test", 4)
    assert (sample.label, sample.address) == (9, "mnist/test/4")
    assert sample.image[0, 0, 5] == pytest.approx(((4 * 784 + 5) % 256) / 255)


def test_an_explicit_folder_comes_before_the_variable_before_the_cache(small, tmp_path_factory, monkeypatch):
    other, cache = tmp_path_factory.mktemp("other"), tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SEEWHY_CACHE", str(cache))
    file = "train-labels-idx1-ubyte.gz"
    monkeypatch.delenv("SEEWHY_DATA", raising=False)
    assert Mnist().find(file) is None
    (cache / "mnist").mkdir()
    (cache / "mnist" / file).write_bytes(b"")
    assert Mnist().find(file) == cache / "mnist" / file
    (other / "mnist").mkdir()
    (other / "mnist" / file).write_bytes(b"")
    monkeypatch.setenv("SEEWHY_DATA", str(other))
    assert Mnist().find(file) == other / "mnist" / file
    assert Mnist(small).find(file) == small / file


def test_missing_files_are_fetched_and_checked(small, tmp_path, tmp_path_factory, monkeypatch):
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SEEWHY_CACHE", str(cache))
    monkeypatch.delenv("SEEWHY_DATA", raising=False)
    asked: list[str] = []

    def fetch(urls: list[str], checksum: str, destination: Path) -> Path:
        asked.extend(urls)
        destination.parent.mkdir(parents=True, exist_ok=True)
        data = (small / destination.name).read_bytes()
        assert checksum == mnist.CHECKSUMS[destination.name]
        destination.write_bytes(data)
        return destination

    monkeypatch.setattr(mnist.fetching, "fetch", fetch)
    assert Mnist(mirrors=("https://one.test/", "https://two.test/")).size("test") == 5
    assert asked == ["https://one.test/t10k-labels-idx1-ubyte.gz", "https://two.test/t10k-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello", "gzip file"),
        (packed(np.zeros((2, 28, 28)))[:-30], "cut short"),
        (gzip.compress(b"hello world, no idx"), "does not begin like one"),
        (gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 9, 28, 28) + b"\0" * 784), "promises 7056 values"),
        (packed(np.zeros(50)), "exchanged"),
    ],
    ids=["no gzip", "cut gzip", "no idx", "cut idx", "labels"],
)
def test_broken_files_are_said(tmp_path, data, message):
    file = tmp_path / "t10k-images-idx3-ubyte.gz"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        idx.read(file, 3)


def test_the_real_files_have_the_published_facts(data_folder):
    data = Mnist(data_folder)
    assert data.checksums() == mnist.CHECKSUMS
    assert [data.size(split) for split in data.splits] == [60_000, 10_000]
    published = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(data.truth("test")).tolist() == published
    assert data.pixels("train").mean() / 255 == pytest.approx(0.1307, abs=1e-4)
    images = (data_folder / "mnist" / "train-images-idx3-ubyte.gz").read_bytes()
    assert hashlib.md5(images).hexdigest() == "f68b3c2dcbeaaa9fbdd348bbdeb94873"
