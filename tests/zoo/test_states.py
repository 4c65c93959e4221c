"""Weights from files, and what is refused."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from seewhy.zoo.states import fill, read_state


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.canary),)


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}, lambda s: {"model": s}])
@pytest.mark.parametrize("old", [False, True])
def test_a_checkpoint_is_read_however_it_was_saved(tmp_path, network, wrap, old):
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    torch.save(wrap(state), tmp_path / "w.pth", _use_new_zipfile_serialization=not old)
    found = read_state(tmp_path / "w.pth")
    assert all(torch.equal(found[key], value) for key, value in network.state_dict().items())


def test_half_precision_weights_fit(tmp_path, network):
    save_file({key: value.half() for key, value in network.state_dict().items()}, tmp_path / "w.safetensors")
    before = network[0].weight.clone()
    fill(network, tmp_path / "w.safetensors", "net")
    torch.testing.assert_close(network[0].weight, before, atol=1e-3, rtol=1e-3)
    assert network[0].weight.dtype == torch.float32


@pytest.mark.parametrize("old", [False, True])
def test_a_payload_is_refused_and_not_run(tmp_path, old):
    torch.save(
        {"w": torch.zeros(2), "x": Payload(tmp_path / "canary")},
        tmp_path / "w.pth",
        _use_new_zipfile_serialization=not old,
    )
    with pytest.raises(ValueError, match=r"must hold tensors only.*mkdir.*safetensors"):
        read_state(tmp_path / "w.pth")
    assert not (tmp_path / "canary").exists()


def test_a_bare_pickle_is_refused_and_not_run(tmp_path):
    (tmp_path / "w.pt").write_bytes(pickle.dumps(Payload(tmp_path / "canary")))
    with pytest.raises(ValueError, match=r"w\.pt"):
        read_state(tmp_path / "w.pt")
    assert not (tmp_path / "canary").exists()


def test_a_whole_module_is_refused_with_the_way_to_convert(tmp_path, network):
    torch.save(network, tmp_path / "w.pt")
    with pytest.raises(ValueError, match=r"torch\.nn.*save_file\(model\.state_dict"):
        read_state(tmp_path / "w.pt")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, network):
    torch.save(network.state_dict(), tmp_path / "good.pth")
    with (
        zipfile.ZipFile(tmp_path / "good.pth") as good,
        zipfile.ZipFile(tmp_path / "w.pth", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in good.infolist():
            bomb.writestr(entry.filename, bytes(300 * 2**20) if entry.filename.endswith("/0") else good.read(entry))
    assert (tmp_path / "w.pth").stat().st_size < 2**20
    with pytest.raises(ValueError, match="would grow to"):
        read_state(tmp_path / "w.pth")


@pytest.mark.parametrize("keep", [0, 3, 20, 200, 900])
@pytest.mark.parametrize("kind", ["pth", "old.pth", "safetensors"])
def test_a_truncated_file_is_said_in_one_sentence(tmp_path, network, keep, kind):
    file = tmp_path / f"w.{kind}"
    if kind == "safetensors":
        save_file(network.state_dict(), file)
    else:
        torch.save(network.state_dict(), file, _use_new_zipfile_serialization=kind == "pth")
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"w\.") as caught:
        read_state(file)
    assert "\n" not in str(caught.value)


def test_a_header_that_promises_ten_gigabytes_is_refused(tmp_path):
    header = b'{"w":{"dtype":"F32","shape":[2684354560],"data_offsets":[0,10737418240]}}'
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))
    with pytest.raises(ValueError, match="none"):
        read_state(tmp_path / "w.safetensors")
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", 10 * 2**30) + header)
    with pytest.raises(ValueError, match="none"):
        read_state(tmp_path / "w.safetensors")


def test_weights_of_another_network_are_said(tmp_path, network):
    save_file({"0.weight": torch.zeros(9, 9)}, tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match=r"do not fit net: .*0\.weight") as caught:
        fill(network, tmp_path / "w.safetensors", "net")
    assert "\n" not in str(caught.value)


def test_what_holds_no_tensors_is_refused(tmp_path):
    torch.save([1, 2], tmp_path / "w.pth")
    with pytest.raises(ValueError, match="holds list"):
        read_state(tmp_path / "w.pth")
    (tmp_path / "w.npy").write_bytes(b"")
    with pytest.raises(ValueError, match=r"from \.safetensors or \.pth"):
        read_state(tmp_path / "w.npy")
    with pytest.raises(FileNotFoundError, match="no weights at"):
        read_state(tmp_path / "none.pth")
