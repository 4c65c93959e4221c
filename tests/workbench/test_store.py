from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from seewhy.classifiers.base import Prediction
from seewhy.results import Explanation
from seewhy.workbench import store
from seewhy.workbench.store import Results, Shelf

A, B, C = "aaaaaaaa", "bbbbbbbb", "cccccccc"


@pytest.fixture
def explanation() -> Explanation:
    values = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    return Explanation(
        values=values,
        image=np.zeros((1, 3, 4), np.float32),
        model="tiny",
        method="saliency",
        settings={"absolute": False},
        target={"class": 1, "label": "b", "versus": None, "versus_label": None, "output": "logit", "text": "b"},
        prediction=Prediction.from_logits(("a", "b"), np.array([0.0, 1.0])),
        score=1.0,
        seconds=0.1,
        notes={"warnings": []},
        arrays={"steps": np.arange(3)},
    )


def test_what_was_written_is_read(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "new" / "folder", ".bin", 100)
    assert shelf.read(A) is None
    shelf.write(A, b"one")
    shelf.write(A, b"two")
    assert shelf.read(A) == b"two"
    shelf.remove(A)
    assert shelf.read(A) is None


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "aaaaaaaa/../b", "AAAAAAAA", "aaaaaaa", "a" * 65, "aaaaaaaa\n", ".aaaaaaaa"]
)
def test_a_key_never_names_a_file_elsewhere(tmp_path: Path, key: str) -> None:
    shelf = Shelf(tmp_path / "shelf", "", 100)
    (tmp_path / "secret").write_bytes(b"secret")
    assert shelf.read(key) is None
    with pytest.raises(ValueError, match="hex"):
        shelf.write(key, b"x")
    shelf.remove(key)
    assert (tmp_path / "secret").exists()


def test_beyond_the_limit_the_longest_unused_goes_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, ".bin", 25)
    for age, key in ((30, A), (20, B)):
        shelf.write(key, b"0123456789")
        os.utime(tmp_path / f"{key}.bin", (time.time() - age,) * 2)
    assert shelf.read(A)  # now it is B that was not used for longest
    shelf.write(C, b"0123456789")
    assert shelf.read(B) is None
    assert shelf.read(A)
    assert shelf.read(C)


def test_a_file_above_the_limit_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, ".bin", 5)
    shelf.write(A, b"12345")
    with pytest.raises(ValueError, match="at most 5 bytes"):
        shelf.write(B, b"123456")
    assert shelf.read(A) == b"12345"


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path, ".bin", 100)
    shelf.write(A, b"old")

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "the disk is full")

    monkeypatch.setattr(store, "write_bytes", full)
    with pytest.raises(OSError, match="full"):
        shelf.write(A, b"new")
    assert shelf.read(A) == b"old"


def test_what_a_crash_left_half_written_is_no_result_and_goes_in_time(tmp_path: Path) -> None:
    young, old = tmp_path / ".0123.part", tmp_path / ".4567.part"
    for part in (young, old):
        part.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * store.ABANDONED,) * 2)
    Shelf(tmp_path, ".bin", 100).write(A, b"whole")
    assert young.exists()
    assert not old.exists()


def test_many_writers_keep_the_shelf_within_its_limit(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, ".bin", 1000)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: shelf.write(f"{n:08x}", bytes(100)), range(60)))
    kept = list(tmp_path.glob("*"))
    assert sum(path.stat().st_size for path in kept) <= 1000
    assert {path.suffix for path in kept} == {".bin"}


def test_an_explanation_comes_back_whole(tmp_path: Path, explanation: Explanation) -> None:
    results = Results(tmp_path, 10**6)
    results.write(A, explanation)
    found = results.read(A)
    assert found is not None
    assert found.describe() == explanation.describe()
    np.testing.assert_array_equal(found.values, explanation.values)


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_a_damaged_file_is_a_miss_and_is_removed(tmp_path: Path, explanation: Explanation, keep: float) -> None:
    results = Results(tmp_path, 10**6)
    results.write(A, explanation)
    path = tmp_path / f"{A}.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep if keep in (0, 1, 100) else keep * len(whole))])
    assert results.read(A) is None
    assert not path.exists()


def test_a_flipped_bit_is_a_miss(tmp_path: Path, explanation: Explanation) -> None:
    results = Results(tmp_path, 10**6)
    results.write(A, explanation)
    path = tmp_path / f"{A}.npz"
    damaged = bytearray(path.read_bytes())
    damaged[60] ^= 0xFF
    path.write_bytes(damaged)
    assert results.read(A) is None
