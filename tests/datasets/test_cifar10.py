"""CIFAR-10 in every form in which it lies on disks: found, read lazily, fetched, and refused when it is broken."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seewhy.datasets import cifar10, cifar_archives, fetching, unpickling
from seewhy.datasets.cifar10 import Cifar10
from seewhy.datasets.named import split_of

FEW = 4  # images in a batch or strip
TRAIN, TEST = 5 * FEW, FEW


@pytest.fixture(autouse=True)
def nowhere_else(request, tmp_path_factory, monkeypatch):
    """Nothing is found but what a test puts there, except by those that want the real images."""
    if "data_folder" in request.fixturenames:
        return
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("SEEWHY_DATA", raising=False)


def content(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 32, 32, 3) and labels that every form below holds."""
    rng = np.random.default_rng(len(split))
    count = TRAIN if split == "train" else TEST
    return rng.integers(0, 256, (count, 32, 32, 3), np.uint8), np.arange(count, dtype=np.uint8) % 10


def batches() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Planes (N, 3072) and labels of the six batches by name."""
    found = {}
    for split, names in (("train", [f"data_batch_{n}" for n in range(1, 6)]), ("test", ["test_batch"])):
        images, labels = content(split)
        planes = images.transpose(0, 3, 1, 2).reshape(-1, 3072)
        for number, name in enumerate(names):
            piece = slice(number * FEW, number * FEW + FEW)
            found[name] = planes[piece], labels[piece]
    return found


def record_files() -> dict[str, bytes]:
    return {
        f"cifar-10-batches-bin/{name}.bin": np.concatenate([labels[:, None], planes], 1).tobytes()
        for name, (planes, labels) in batches().items()
    }


class Python2(pickle._Pickler):
    """Writes bytes as the texts of Python 2, which made the official files."""

    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012 - as the parent has it

    def save_bytes(self, data: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(data)

    dispatch[bytes] = save_bytes


def pickle_files() -> dict[str, bytes]:
    found = {}
    for name, (planes, labels) in batches().items():
        file = io.BytesIO()
        content = {b"data": planes, b"labels": labels.tolist(), b"batch_label": b"one of five"}
        Python2(file, protocol=2).dump(content)
        found[f"cifar-10-batches-py/{name}"] = file.getvalue().replace(b"numpy._core.", b"numpy.core.")
    return found


def strip_files() -> dict[str, bytes]:
    found = {}
    for split in ("train", "test"):
        images, labels = content(split)
        file = io.BytesIO()
        np.save(file, labels)
        found[f"{split}_labels.npy"] = file.getvalue()
        for number in range(len(images) // FEW):
            file = io.BytesIO()
            Image.fromarray(images[number * FEW :][:FEW].reshape(-1, 32, 3)).save(file, "PNG")
            found[f"{split}_{number:02d}.png"] = file.getvalue()
    return found


def archive_of(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def written(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def archived(files: dict[str, bytes], name: str, folder: Path, monkeypatch) -> Path:
    """The files in an archive that passes for the official one."""
    data = archive_of(files)
    monkeypatch.setitem(cifar_archives.CHECKSUMS, name, hashlib.md5(data).hexdigest())
    return written({name: data}, folder)


@pytest.fixture(params=["records", "pickles", "strips", "binary archive", "python archive"])
def folder(request, tmp_path, monkeypatch) -> Path:
    """The same images in one of the forms."""
    if request.param == "binary archive":
        return archived(record_files(), cifar_archives.BINARY, tmp_path, monkeypatch)
    if request.param == "python archive":
        return archived(pickle_files(), cifar_archives.PYTHON, tmp_path, monkeypatch)
    return written({"records": record_files, "pickles": pickle_files, "strips": strip_files}[request.param](), tmp_path)


def test_every_form_gives_the_same_images_and_labels(folder):
    data = Cifar10(folder)
    assert data.available()
    for split in data.splits:
        images, labels = content(split)
        assert data.size(split) == len(images)
        assert np.array_equal(data.pixels(split), images)
        assert data.truth(split).tolist() == labels.tolist()
    images, labels = content("train")
    for index in (0, FEW - 1, FEW, TRAIN - 1):
        sample = data.sample("train", index)
        assert (sample.label, sample.address) == (labels[index], f"cifar10/train/{index}")
        assert np.array_equal(np.rint(sample.image.transpose(1, 2, 0) * 255), images[index])
    for outside in (-1, TRAIN):
        with pytest.raises(LookupError, match=f"images 0 to {TRAIN - 1}, got {outside}"):
            data.sample("train", outside)
    with pytest.raises(LookupError, match="no split 'val'"):
        data.sample("val", 0)


def test_checksums_do_not_depend_on_the_form(tmp_path):
    found = [
        Cifar10(written(files, tmp_path / str(number))).checksums()
        for number, files in enumerate([record_files(), pickle_files(), strip_files()])
    ]
    assert found[0] == found[1] == found[2]
    assert set(found[0]) == {"train", "test"}


@pytest.mark.parametrize("files", [record_files, pickle_files, strip_files])
def test_the_version_changes_with_any_byte_and_with_nothing_else(tmp_path, files):
    one, same, other = (written(files(), tmp_path / name) for name in ("one", "same", "other"))
    assert Cifar10(one).version() == Cifar10(same).version()
    changed = next(path for path in sorted(other.rglob("*")) if path.is_file() and "test" in path.name)
    changed.write_bytes(changed.read_bytes()[:-1] + b"\x07")
    assert Cifar10(other).version() != Cifar10(one).version()


@pytest.mark.parametrize("files", [pickle_files, strip_files])
def test_one_image_is_opened_without_reading_the_other_files(files, tmp_path):
    written(files(), tmp_path)
    for other in [*tmp_path.glob("train_0[1-4].png"), *tmp_path.glob("*py/data_batch_[2-5]")]:
        other.write_bytes(other.read_bytes()[:60])  # a header at most
    data, (images, _) = Cifar10(tmp_path), content("train")
    assert np.array_equal(np.rint(data.sample("train", 2).image.transpose(1, 2, 0) * 255), images[2])
    with pytest.raises(ValueError, match="damaged or cut short"):
        data.sample("train", FEW + 1)


def test_an_explicit_folder_comes_before_the_variable_before_the_cache(tmp_path, monkeypatch):
    cache = fetching.user_cache() / "cifar10"
    assert not Cifar10().available()
    written(record_files(), cache)
    assert Cifar10().available()
    other = {name: bytes(len(data)) for name, data in record_files().items()}
    written(other, tmp_path / "variable" / "cifar10")
    monkeypatch.setenv("SEEWHY_DATA", str(tmp_path / "variable"))
    assert Cifar10().pixels("test").max() == 0
    written(strip_files(), tmp_path / "explicit")
    assert np.array_equal(Cifar10(tmp_path / "explicit").pixels("test"), content("test")[0])


def test_what_is_nowhere_is_fetched_unpacked_once_and_the_archive_let_go(tmp_path, monkeypatch):
    served = archived(record_files(), cifar_archives.BINARY, tmp_path, monkeypatch) / cifar_archives.BINARY
    asked: list[str] = []

    def fetch(urls: list[str], checksum: str, destination: Path) -> Path:
        asked.extend(urls)
        assert checksum == cifar_archives.CHECKSUMS[cifar_archives.BINARY]
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(served.read_bytes())
        return destination

    monkeypatch.setattr(cifar10.fetching, "fetch", fetch)
    data = Cifar10(mirrors=("https://one.test/",))
    assert not data.available()
    assert np.array_equal(data.pixels("train"), content("train")[0])
    assert data.size("test") == TEST
    assert Cifar10().available() and Cifar10().size("train") == TRAIN
    assert asked == ["https://one.test/cifar-10-binary.tar.gz"]
    assert sorted(path.suffix for path in (fetching.user_cache() / "cifar10").iterdir()) == [".bin"] * 6


def test_the_published_checksums_and_address_stand():
    assert cifar_archives.CHECKSUMS == {
        "cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530",
        "cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a",
    }
    assert cifar10.MIRRORS == ("https://www.cs.toronto.edu/~kriz/",)
    assert split_of("cifar10/train") == ("cifar10", "train")


@pytest.mark.parametrize(
    ("files", "name", "change", "message"),
    [
        (record_files, "cifar-10-batches-bin/test_batch.bin", lambda data: data[:-1], "records of 3073 bytes"),
        (record_files, "cifar-10-batches-bin/test_batch.bin", lambda _: b"", "cut short"),
        (record_files, "cifar-10-batches-bin/test_batch.bin", lambda data: b"\x0a" + data[1:], "labels from 0 to 9"),
        (pickle_files, "cifar-10-batches-py/test_batch", lambda data: data[:-9], "damaged or cut short"),
        (pickle_files, "cifar-10-batches-py/test_batch", lambda _: b"hello", "damaged or cut short"),
        (pickle_files, "cifar-10-batches-py/test_batch", lambda _: pickle.dumps([1]), "must hold a dictionary"),
        (pickle_files, "cifar-10-batches-py/test_batch", lambda _: pickle.dumps({"data": 3}), r"shape \(N, 3072\)"),
        (strip_files, "test_00.png", lambda data: data[: len(data) // 2], "damaged or cut short"),
        (strip_files, "test_00.png", lambda _: b"hello", "must be a PNG"),
        (strip_files, "test_labels.npy", lambda data: data[:-1], "must be a .npy file|too few"),
        (strip_files, "test_labels.npy", lambda _: b"hello", "must be a .npy file"),
    ],
)
def test_broken_files_are_said(tmp_path, files, name, change, message):
    made = files()
    made[name] = change(made[name])
    data = Cifar10(written(made, tmp_path))
    with pytest.raises(ValueError, match=message):
        data.sample("test", 0)
    with pytest.raises(ValueError, match=message):
        (data.pixels("test"), data.truth("test"))


def test_a_strip_of_another_width_is_said(tmp_path):
    file = io.BytesIO()
    Image.new("RGB", (28, 64)).save(file, "PNG")
    with pytest.raises(ValueError, match="32 wide, got 28 × 64"):
        Cifar10(written(strip_files() | {"test_00.png": file.getvalue()}, tmp_path)).size("test")


@pytest.mark.parametrize("name", [cifar_archives.BINARY, cifar_archives.PYTHON])
def test_a_broken_archive_is_said_and_nothing_of_it_is_kept(tmp_path, monkeypatch, name):
    file = archived(record_files(), name, tmp_path, monkeypatch) / name
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"must have the MD5 .* cut short; delete it"):
        Cifar10(tmp_path).size("test")
    assert not list(fetching.user_cache().rglob("*.bin"))


def test_a_pickle_that_wants_to_run_something_is_refused(tmp_path):
    class Harm:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'harm'}",)

    made = pickle_files() | {"cifar-10-batches-py/test_batch": pickle.dumps({b"data": Harm(), b"labels": []})}
    with pytest.raises(ValueError, match=r"asks for posix.system|asks for nt.system"):
        Cifar10(written(made, tmp_path)).sample("test", 0)
    assert not (tmp_path / "harm").exists()


def test_arrays_in_pickles_must_be_bytes_that_fit_their_shape():
    for protocol in (2, 3, 4):
        array = np.arange(12, dtype=np.uint8).reshape(3, 4)
        for same in (array, np.asfortranarray(array)):
            data = pickle.dumps({"a": same}, protocol)
            assert np.array_equal(unpickling.read(data, "it")["a"], array)
    with pytest.raises(ValueError, match="unsigned bytes"):
        unpickling.read(pickle.dumps({"a": np.zeros(3)}, 3), "it")
    with pytest.raises(ValueError, match="asks for"):
        unpickling.read(pickle.dumps({"a": np.array([object()], object)}, 3), "it")


def test_the_real_images_have_the_published_facts(data_folder):
    data = Cifar10(data_folder)
    if not data.available():
        pytest.skip("needs cifar10/ in the folder SEEWHY_DATA names")
    assert [data.size(split) for split in data.splits] == [50_000, 10_000]
    for split, count in (("train", 5_000), ("test", 1_000)):
        assert np.bincount(data.truth(split)).tolist() == [count] * 10
    first = data.pixels("train")[:10_000].transpose(0, 3, 1, 2).reshape(-1, 3072)
    batch = np.concatenate([data.truth("train")[:10_000, None].astype(np.uint8), first], 1).tobytes()
    assert hashlib.md5(batch).hexdigest() == "5dd7e06a14cb22eb9f671a540d1b7c25"  # data_batch_1.bin as published
    mean = data.pixels("train").mean((0, 1, 2)) / 255
    assert mean == pytest.approx([0.4914, 0.4822, 0.4465], abs=1e-4)
