"""Saving is whole or not at all, and says in one sentence why not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from seewhy.images.files import write_bytes


def test_a_new_file_is_written_and_an_old_one_replaced(tmp_path: Path) -> None:
    path = tmp_path / "why.png"
    assert write_bytes(path, b"first") == path
    write_bytes(str(path), b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["why.png"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(("number", "sentence"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only")])
def test_when_the_disk_fails_the_old_file_stays_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, sentence: str
) -> None:
    path = tmp_path / "why.png"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match=sentence) as error:
        write_bytes(path, b"new")
    assert error.value.errno == number
    assert "Errno" not in str(error.value)
    assert "\n" not in str(error.value)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["why.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_device_that_is_full_says_so() -> None:
    with pytest.raises(OSError, match="disk is full; free some space"):
        write_bytes("/dev/full", b"x")


def test_stopping_half_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "why.png", b"new")
    assert os.listdir(tmp_path) == []


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="folder does not exist; create it first"):
        write_bytes(tmp_path / "no" / "why.png", b"x")


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="it is a folder; add a file name"):
        write_bytes(tmp_path, b"x")


def test_a_file_in_the_middle_of_the_path_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError, match="is a file, not a folder"):
        write_bytes(tmp_path / "file" / "why.png", b"x")


def test_a_name_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="name is too long"):
        write_bytes(tmp_path / ("n" * 300 + ".png"), b"x")


def test_a_protected_file_or_folder_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "why.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # as for anybody but root
    with pytest.raises(PermissionError, match="protected against writing"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_link_keeps_pointing_and_permissions_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o640
