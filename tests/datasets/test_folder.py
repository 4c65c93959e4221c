"""Folders of pictures as people have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seewhy.datasets.folder import Folder


def paint(path: Path, light: int, size: tuple[int, int] = (8, 6)) -> None:
    """A plain grey picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, light).save(path)


def test_class_folders_are_labels(tmp_path):
    for label, light in (("dog", 50), ("cat", 200)):
        for index in (10, 9, 1):
            paint(tmp_path / label / f"{index}.png", light + index)
    (tmp_path / "cat" / "notes.txt").write_text("not a picture")
    (tmp_path / ".hidden").mkdir()
    folder = Folder(tmp_path)
    assert folder.splits == ("all",)
    assert folder.labels == ("cat", "dog")
    assert folder.truth("all").tolist() == [0, 0, 0, 1, 1, 1]
    assert [Path(f).name for f in folder.files("all")] == ["1.png", "9.png", "10.png"] * 2
    sample = folder.sample("all", 4)
    assert sample.label == 1
    assert sample.address == str(tmp_path / "dog" / "9.png")
    assert sample.image.shape == (1, 6, 8)
    assert sample.image[0, 0, 0] == pytest.approx(59 / 255)
    assert folder.pixels("all").shape == (6, 6, 8)
    assert "6 pictures" in folder.about


def test_flat_pictures_have_no_label(tmp_path):
    paint(tmp_path / "b.jpg", 10)
    paint(tmp_path / "a.png", 20)
    folder = Folder(tmp_path)
    assert folder.labels == ()
    assert folder.sample("all", 0).label is None
    assert Path(folder.sample("all", 0).address).name == "a.png"


def test_train_and_test_folders_are_splits(tmp_path):
    paint(tmp_path / "train" / "x" / "1.png", 1)
    paint(tmp_path / "train" / "y" / "1.png", 2)
    paint(tmp_path / "test" / "y" / "1.png", 3)
    folder = Folder(tmp_path)
    assert folder.splits == ("train", "test")
    assert folder.labels == ("x", "y")
    assert folder.truth("test").tolist() == [1]


def test_colour_pictures_keep_their_colours(tmp_path):
    Image.new("RGB", (4, 4), (255, 0, 0)).save(tmp_path / "red.png")
    assert Folder(tmp_path).pixels("all")[0, 0, 0].tolist() == [255, 0, 0]


def test_what_is_wrong_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        Folder(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="must hold pictures"):
        Folder(tmp_path)
    paint(tmp_path / "a.png", 1)
    with pytest.raises(NotADirectoryError, match="is a file"):
        Folder(tmp_path / "a.png")
    paint(tmp_path / "b.png", 1, (9, 9))
    with pytest.raises(ValueError, match="of one size, got 2"):
        Folder(tmp_path).pixels("all")
    (tmp_path / "c.png").write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"c\.png"):
        Folder(tmp_path).sample("all", 2)
    with pytest.raises(LookupError, match="0 to 2, got 7"):
        Folder(tmp_path).sample("all", 7)


def test_truth_is_what_numpy_wants(tmp_path):
    paint(tmp_path / "a.png", 1)
    assert Folder(tmp_path).truth("all").dtype == np.int64
