"""A folder of holes: what goes in comes out, whatever happens to the table in between."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from seewhy.datasets.folder import Folder
from seewhy.holes import Hole, Holes
from seewhy.holes.table import COLUMNS, line_of, read


@pytest.fixture
def holes(tmp_path) -> Holes:
    return Holes(tmp_path / "deep" / "holes")


def kept(holes: Holes, seed: int = 0, **changes) -> Hole:
    image = np.random.default_rng(seed).random((1, 5, 6), dtype=np.float32)
    usual = {"label": "7", "probability": 0.9, "model": "m", "kind": "nonsense", "recipe": {"form": "pixels"}}
    return holes.keep(image, **(usual | changes))


def test_a_picture_comes_back_exactly(holes):
    image = np.random.default_rng(1).random((3, 5, 6), dtype=np.float32)
    hole = holes.keep(image, "cat", 0.123456789012345, "m", "attack", {"a": [1]}, truth="dog", epsilon=0.1 + 0.2)
    assert (Holes(holes.folder).image(hole.id) == image).all()
    assert Holes(holes.folder).items() == [hole]
    with Image.open(holes.folder / f"{hole.id}.png") as picture:
        assert picture.size == (6, 5)


def test_an_empty_folder_is_not_made_by_looking(tmp_path):
    holes = Holes(tmp_path / "none")
    assert holes.items() == [] and holes.troubles() == []
    assert not (tmp_path / "none").exists()


def test_the_same_picture_is_kept_once_and_another_answer_again(holes):
    first = kept(holes, note="mine")
    assert kept(holes) == first
    assert kept(holes, label="8").id != first.id and kept(holes, model="other").id != first.id
    assert len(holes.items()) == 3 and holes.items("other")[0].model == "other"


@pytest.mark.parametrize(
    "text", ['a "quote", and a comma', "=1+1", "'quoted", "-3", "ünï\u2028cödé", "two\nlines\r\nand\ttab", ""]
)
def test_any_text_is_one_row_and_comes_back_on_one_line(holes, text):
    hole = kept(holes, label=text or "x", note=text)
    again = holes.find(hole.id)
    assert again.note == " ".join(text.split()) and again.label == " ".join((text or "x").split())
    assert len((holes.folder / "holes.csv").read_bytes().decode().splitlines()) == 2


def test_no_cell_is_a_formula(holes):
    kept(holes, note="=HYPERLINK(1)", label="@x")
    rows = list(csv.DictReader(io.StringIO((holes.folder / "holes.csv").read_text())))
    assert not any(value.startswith(("=", "+", "-", "@")) for value in rows[0].values())


def test_damaged_rows_are_told_and_stay(holes):
    hole = kept(holes)
    file = holes.folder / "holes.csv"
    other = line_of(Hole("0" * 16, "nonsense", "1", 2.0, "m", "2026-01-01", {}))
    damage = ["half a row", '"never closed, 1', line_of(hole).replace(hole.id, "../../etc/passwd"), other, "caf\udce9,"]
    whole = file.read_bytes() + "\r\n".join([*damage, ""]).encode("utf-8", "surrogateescape")
    file.write_bytes(whole)
    assert holes.items() == [hole]
    told = holes.troubles()
    assert len(told) == 5 and told[0].startswith("holes.csv, line 3 cannot be read and is left as it is: 12 cells")
    assert "a probability lies in [0, 1]" in told[3]
    second = kept(holes, 2)
    holes.annotate(hole.id, "seen")
    holes.remove(second.id)
    after = file.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    assert after[2:] == damage and holes.find(hole.id).note == "seen"


def test_columns_may_be_added_and_moved(holes):
    hole = kept(holes)
    file = holes.folder / "holes.csv"
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, ["mine", *reversed(COLUMNS)])
        writer.writeheader()
        writer.writerow(rows[0] | {"mine": "kept?"})
    second = kept(holes, 2)
    noted = holes.annotate(hole.id, "a")
    assert holes.items() == [noted, second]
    assert [row["mine"] for row in csv.DictReader(io.StringIO(file.read_text()))] == ["kept?", ""]


def test_a_header_without_a_column_is_told(holes):
    assert "lacks label" in read("id,kind\n").troubles[0]
    assert read("") == ((), ())


def test_a_lost_picture_is_told_and_eight_bits_help_out(holes):
    hole = kept(holes)
    exact = holes.image(hole.id)
    (holes.folder / f"{hole.id}.npy").write_bytes(b"rubbish")
    assert np.abs(holes.image(hole.id) - exact).max() <= 0.5 / 255 + 1e-6
    (holes.folder / f"{hole.id}.npy").unlink()
    (holes.folder / f"{hole.id}.png").unlink()
    assert "is gone" in holes.troubles()[0]
    with pytest.raises(LookupError, match="gone or damaged"):
        holes.image(hole.id)
    holes.remove(hole.id)
    assert holes.items() == []


@pytest.mark.parametrize("id", ["", "0" * 16, "../../etc/passwd", "holes"])
def test_no_id_reaches_another_file(holes, id):
    kept(holes)
    for ask in (holes.find, holes.image, holes.remove, lambda one: holes.annotate(one, "x")):
        with pytest.raises(LookupError, match="no hole called"):
            ask(id)


def test_many_at_once_lose_nothing(holes):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda seed: kept(holes, seed), range(24)))
    assert len({hole.id for hole in holes.items()}) == 24 and not holes.troubles()


def test_another_program_may_keep_holes_too(holes):
    code = (
        "import sys, numpy as np; from seewhy.holes import Holes; holes = Holes(sys.argv[1])\n"
        "for at in range(8):\n"
        "    image = np.full((1, 4, 4), at / int(sys.argv[2]), np.float32)\n"
        "    holes.keep(image, 'x', 1, 'm', 'erase', {})"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(holes.folder), str(n)]) for n in (17, 31)]
    assert [one.wait(60) for one in started] == [0, 0]
    assert len(holes.items()) == 15  # both keep the black one


def test_a_lock_left_behind_does_not_hold_for_ever(holes):
    kept(holes)
    lock = holes.folder / ".lock"
    lock.touch()
    os.utime(lock, (1, 1))
    kept(holes, 2)
    assert len(holes.items()) == 2 and not lock.exists()


def test_a_write_that_fails_changes_nothing(holes, monkeypatch):
    kept(holes)
    before = (holes.folder / "holes.csv").read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="disk is full"):
        kept(holes, 2)
    assert (holes.folder / "holes.csv").read_bytes() == before and not list(holes.folder.glob(".*"))


def test_the_archive_is_a_data_set(holes, tmp_path):
    nothing = kept(holes, 1)
    nudged = kept(holes, 2, kind="attack", truth="a/b", epsilon=0.1)
    with zipfile.ZipFile(io.BytesIO(holes.to_zip())) as archive:
        archive.extractall(tmp_path / "set")
    data = Folder(tmp_path / "set")
    assert data.splits == ("train",) and data.labels == ("a_b", "nothing") and data.size("train") == 2
    exact = np.load(tmp_path / "set" / "exact" / f"{nudged.id}.npy", allow_pickle=False)
    assert (exact == holes.image(nudged.id)).all()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "set" / "holes.csv").read_text())))
    assert [row["id"] for row in rows] == [nothing.id, nudged.id]
    assert holes.to_zip() == holes.to_zip()


def test_what_cannot_be_kept_is_refused(holes):
    with pytest.raises(ValueError, match="at most 2,000 characters"):
        kept(holes, note="x" * 2_001)
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        holes.keep(np.full((1, 4, 4), 200.0, np.float32), "1", 1, "m", "erase", {})
    assert holes.items() == []
