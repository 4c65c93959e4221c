"""Keras models from files and by name; hostile files are refused and run nothing."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

import seewhy
from seewhy.classifiers.keras import imported
from seewhy.classifiers.keras_files import read_model

keras = imported()


def small() -> Any:
    keras.utils.set_random_seed(3)
    layers = keras.layers
    body = [layers.Conv2D(4, 3, name="c"), layers.BatchNormalization(name="n"), layers.Flatten(name="f")]
    return keras.Sequential([keras.Input((8, 8, 3)), *body, layers.Dense(3, activation="softmax", name="d")])


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_saved_model_gives_the_same_answers(tmp_path, ending):
    model = small()
    model.save(tmp_path / f"net.{ending}")
    x = torch.rand(20, 3, 8, 8)
    ours = seewhy.load(f"keras:{tmp_path}/net.{ending}?labels=a,b,c&mean=0.5&std=0.25")
    theirs = model((x.permute(0, 2, 3, 1) - 0.5) / 0.25, training=False)
    assert (ours.scores(x).softmax(1) - theirs).abs().max() <= 1e-5
    assert (ours.name, ours.labels) == ("net", ("a", "b", "c"))


def test_a_model_of_keras_2_is_built_layer_by_layer(shared):
    from PIL import Image

    strip = np.asarray(Image.open(shared / "cifar10" / "test_00.png")).reshape(-1, 32, 32, 3)
    truth = np.load(shared / "cifar10" / "test_labels.npy")[:1000]
    model = seewhy.load(f"keras:{shared}/models/nnitp_cifar10.h5", mean=0.473363, std=0.251569)
    x = torch.from_numpy(strip.copy()).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        hits = model.scores(x).argmax(1).numpy() == truth
    assert hits.mean() > 0.85
    name, pool = list(model.layers().items())[14]
    assert (name, pool.shape) == ("max_pooling2d_2", (64, 8, 8))
    assert len(model.layers()) == 26


def test_a_functional_model_of_keras_2_is_built(tmp_path):
    """As Keras 2 wrote it: layers without a module, connections as lists."""

    def layer(kind: str, name: str, before: list[str], **config: Any) -> dict[str, Any]:
        nodes = [[[one, 0, 0, {}] for one in before]] if before else []
        return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}

    conv = {
        "filters": 2,
        "kernel_size": [3, 3],
        "padding": "same",
        "kernel_initializer": {"class_name": "Zeros", "config": {}},
    }
    config = {
        "name": "old",
        "layers": [
            layer("InputLayer", "x", [], batch_input_shape=[None, 4, 4, 1], dtype="float32", sparse=False),
            layer("Conv2D", "c", ["x"], **conv),
            layer("BatchNormalization", "n", ["c"], axis=[3]),
            layer("Add", "s", ["c", "n"]),
            layer("Flatten", "f", ["s"]),
            layer("Dense", "d", ["f"], units=2, activation="softmax"),
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["d", 0, 0]],
    }
    rng = np.random.default_rng(0)
    weights = {
        "c": {"kernel:0": rng.random((3, 3, 1, 2)), "bias:0": rng.random(2)},
        "n": {name: rng.random(2) + 0.5 for name in ("gamma:0", "beta:0", "moving_mean:0", "moving_variance:0")},
        "d": {"kernel:0": rng.random((32, 2)), "bias:0": rng.random(2)},
    }
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["keras_version"] = "2.3.1"
        file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": config})
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in "xcnsfd"]
        for name in "xcnsfd":
            own = group.create_group(name)
            own.attrs["weight_names"] = [f"{name}/{key}".encode() for key in weights.get(name, {})]
            for key, value in weights.get(name, {}).items():
                own[f"{name}/{key}"] = value.astype("float32")
    model = seewhy.load(f"keras:{tmp_path}/old.h5")
    x = torch.rand(2, 1, 4, 4)
    kernel = torch.from_numpy(weights["c"]["kernel:0"]).permute(3, 2, 0, 1).float()
    maps = torch.nn.functional.conv2d(x, kernel, torch.from_numpy(weights["c"]["bias:0"]).float(), padding=1)
    gamma, beta, mean, variance = (torch.from_numpy(v).float().reshape(2, 1, 1) for v in weights["n"].values())
    maps = maps + (maps - mean) / (variance + 1e-3).sqrt() * gamma + beta
    flat = maps.permute(0, 2, 3, 1).flatten(1)
    wanted = (
        flat @ torch.from_numpy(weights["d"]["kernel:0"]).float() + torch.from_numpy(weights["d"]["bias:0"]).float()
    )
    torch.testing.assert_close(model.scores(x).detach(), wanted, atol=1e-4, rtol=1e-4)


def test_an_application_brings_its_preprocessing_and_takes_local_weights(tmp_path):
    made = keras.applications.MobileNet(weights=None, classes=5, input_shape=(32, 32, 3), alpha=0.25)
    made.save_weights(tmp_path / "m.weights.h5")
    net = seewhy.load(f"keras:MobileNet@{tmp_path}/m.weights.h5?classes=5&input=32&alpha=0.25")
    x = torch.rand(3, 3, 32, 32)
    theirs = made((x.permute(0, 2, 3, 1) * 255) / 127.5 - 1, training=False)
    assert (net.scores(x).softmax(1) - theirs).abs().max() <= 1e-5
    assert net.framing.keep == 0.875
    np.random.seed(5)
    before = np.random.random()
    np.random.seed(5)
    seewhy.load("keras:MobileNet?weights=random&classes=5&input=32&alpha=0.25&seed=1")
    assert np.random.random() == before, "building one moved the generator of the person's program"
    with pytest.raises(LookupError, match="did you mean 'VGG19'"):
        seewhy.load("keras:VGG91")
    with pytest.raises(ValueError, match="no option of keras"):
        seewhy.load("keras:VGG19?weights=random&include_top=false")


# Hostile files


def rewritten(tmp_path: Path, change: Any) -> Path:
    """A saved model with its description changed."""
    small().save(tmp_path / "good.keras")
    with zipfile.ZipFile(tmp_path / "good.keras") as good, zipfile.ZipFile(tmp_path / "bad.keras", "w") as bad:
        for entry in good.infolist():
            data = good.read(entry)
            if entry.filename == "config.json":
                data = json.dumps(change(json.loads(data))).encode()
            bad.writestr(entry.filename, data)
    return tmp_path / "bad.keras"


def replaced_layer(**layer: Any) -> Any:
    def change(config: dict[str, Any]) -> dict[str, Any]:
        config["config"]["layers"][1] = {"registered_name": None, "build_config": {}, **layer}
        return config

    return change


def hostile_parts(canary: Path) -> dict[str, Any]:
    import base64
    import marshal

    code = compile(f"import os; os.mkdir({str(canary)!r})", "x", "exec")
    packed = base64.b64encode(marshal.dumps(code)).decode()
    function = {"class_name": "__lambda__", "config": {"value": [packed, None, None]}}
    return {
        "lambda": {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": function}},
        "imported": {"module": "os", "class_name": "mkdir", "config": {"path": str(canary)}},
        "registered": {"module": None, "class_name": "Mine", "config": {}, "registered_name": "mine>Mine"},
        "function": {"module": "builtins", "class_name": "function", "config": "exec"},
        "files": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": str(canary)}},
        "torch": {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": packed}},
    }


@pytest.mark.parametrize("kind", ["lambda", "imported", "registered", "function", "files", "torch"])
def test_a_part_that_carries_code_is_refused_and_not_run(tmp_path, kind):
    file = rewritten(tmp_path, replaced_layer(**hostile_parts(tmp_path / "canary")[kind]))
    with pytest.raises(ValueError, match=r"bad\.keras.*(could run code|not Keras's|does not have)"):
        seewhy.load(f"keras:{file}")
    assert not (tmp_path / "canary").exists()


def test_a_lambda_in_an_old_file_is_refused_and_not_run(tmp_path):
    small().save(tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        part = hostile_parts(tmp_path / "canary")["lambda"]
        config["config"]["layers"][1] = {"class_name": "Lambda", "config": part["config"]}
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(ValueError, match="Lambda, which could run code"):
        seewhy.load(f"keras:{tmp_path}/net.h5")
    assert not (tmp_path / "canary").exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    small().save(tmp_path / "good.keras")
    bomb = zipfile.ZipFile(tmp_path / "bad.keras", "w", zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(tmp_path / "good.keras") as good, bomb:
        bomb.writestr("config.json", good.read("config.json"))
        bomb.writestr("model.weights.h5", bytes(200 * 2**20))
    with pytest.raises(ValueError, match="far more than it is"):
        read_model(tmp_path / "bad.keras")


def test_hdf5_that_lies_or_points_elsewhere_is_refused(tmp_path):
    with h5py.File(tmp_path / "lie.h5", "w") as file:
        file.create_dataset("w", shape=(2**31,), dtype="f4", chunks=(1024,))  # 8 GB of which nothing is stored
    with pytest.raises(ValueError, match=r"8,589,934,592 bytes, but holds 0"):
        read_model(tmp_path / "lie.h5")
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["w"] = h5py.ExternalLink("/etc/passwd", "/w")
    with pytest.raises(ValueError, match="points elsewhere"):
        read_model(tmp_path / "link.h5")
    (tmp_path / "raw.bin").write_bytes(bytes(64))
    with h5py.File(tmp_path / "raw.h5", "w") as file:
        file.create_dataset("w", shape=(16,), dtype="f4", external=[(str(tmp_path / "raw.bin"), 0, 64)])
    with pytest.raises(ValueError, match="in other files"):
        read_model(tmp_path / "raw.h5")


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.95])
def test_a_truncated_file_is_said_in_one_sentence(tmp_path, ending, keep):
    file = tmp_path / f"net.{ending}"
    small().save(file)
    data = file.read_bytes()
    file.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with pytest.raises(ValueError, match=r"net\.") as caught:
        read_model(file)
    assert "\n" not in str(caught.value)


def test_what_is_no_model_is_said(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["w"] = np.zeros(3)
    with pytest.raises(ValueError, match="holds weights without a model"):
        read_model(tmp_path / "w.h5")
    with pytest.raises(FileNotFoundError, match="no model at"):
        read_model(tmp_path / "none.keras")
    with pytest.raises(ValueError, match=r"a \.keras or \.h5 file"):
        seewhy.load(f"keras:{__file__}")
