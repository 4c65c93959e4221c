"""The weights that ship do what their card says."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from seewhy import load
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.datasets.cifar10 import Cifar10
from seewhy.datasets.digits import Digits
from seewhy.datasets.mnist import CHECKSUMS, Mnist
from seewhy.zoo import pretrained
from seewhy.zoo.cards import tensors
from seewhy.zoo.courses import COURSES


def right(model: Classifier, data: ImageSet, split: str) -> np.ndarray:
    x = tensors(data, split)[0]
    with torch.no_grad():
        predicted = torch.cat([model.scores(part.float() / 255).argmax(1) for part in x.split(500)]).numpy()
    return predicted == data.truth(split)


def test_the_card_says_what_the_full_test_set_says(data_folder):
    model, data = load("mnist-cnn"), Mnist(data_folder)
    hits = right(model, data, "test")
    assert hits.mean() >= 0.992
    assert model.about["accuracy"] == pytest.approx(hits.mean(), abs=1e-9)
    assert model.about["test_images"] == 10_000
    for label, recall in model.about["recall"].items():
        assert recall == pytest.approx(hits[data.truth("test") == int(label)].mean(), abs=1e-9)


@pytest.mark.slow
def test_the_card_of_the_cifar_network_says_what_the_full_test_set_says(data_folder):
    model, data = load("cifar-cnn"), Cifar10(data_folder)
    if not data.available():
        pytest.skip("needs cifar10/ in the folder SEEWHY_DATA names")
    hits = right(model, data, "test")
    assert hits.mean() >= 0.85
    assert model.about["accuracy"] == pytest.approx(hits.mean(), abs=1e-9)
    assert model.about["data_sha256"]["test"] == data.checksums()["test"]
    for label, recall in model.about["recall"].items():
        assert recall == pytest.approx(hits[data.truth("test") == data.labels.index(label)].mean(), abs=1e-9)


def test_the_card_of_the_cifar_network_is_complete():
    model = load("cifar-cnn")
    about = model.about
    assert about["training_images"] == 50_000 and about["test_images"] == 10_000
    assert len(about["history"]) == about["recipe"]["epochs"]
    assert about["command"].startswith("seewhy train cifar-cnn")
    assert about["accuracy"] >= 0.85
    assert model.labels == Cifar10.labels
    assert model.input_shape == (3, 32, 32)
    assert (pretrained.WEIGHTS / "cifar-cnn.safetensors").stat().st_size <= 2 * 2**20


def test_the_recipe_on_a_card_is_that_of_its_course():
    """So that `seewhy train NAME` repeats what ships."""
    for name in pretrained.names():
        recipe = COURSES[name].recipe
        assert recipe.model_copy(update=load(name).about["recipe"]) == recipe


def test_the_card_says_what_the_embedded_digits_say():
    model, data = load("mnist-cnn"), Digits()
    hits = np.concatenate([right(model, data, split) for split in data.splits])
    assert model.about["elsewhere"]["digits"] == pytest.approx(hits.mean(), abs=1e-9)


def test_the_card_is_complete():
    about = load("mnist-cnn").about
    assert about["data_sha256"] == CHECKSUMS
    assert about["training_images"] == 60_000
    assert {"seed", "epochs", "batch"} <= set(about["recipe"])
    assert len(about["history"]) == about["recipe"]["epochs"]
    assert about["command"].startswith("seewhy train mnist-cnn")


def test_the_network_is_two_convolutions_and_one_linear_layer():
    kinds = [info.kind for info in load("mnist-cnn").layers().values()]
    assert kinds.count("Conv2d") == 2
    assert kinds.count("Linear") == 1
    assert (pretrained.WEIGHTS / "mnist-cnn.safetensors").stat().st_size <= 2 * 2**20


def test_local_weights_are_taken(tmp_path):
    network = pretrained.COURSES["mnist-cnn"].network()
    save_file(network.state_dict(), tmp_path / "mine.safetensors")
    (tmp_path / "mine.json").write_text(json.dumps({"title": "mine", "accuracy": 0.1}))
    model = load(f"mnist-cnn@{tmp_path / 'mine.safetensors'}")
    assert model.about["title"] == "mine"
    assert model.fingerprint != load("mnist-cnn").fingerprint


def test_unfit_weights_are_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weights at .*\.safetensors"):
        pretrained.load("mnist-cnn", tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(ValueError, match="is none"):
        pretrained.load("mnist-cnn", tmp_path / "text.safetensors")
    save_file({"linear.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="do not fit mnist-cnn"):
        pretrained.load("mnist-cnn", tmp_path / "other.safetensors")
    with pytest.raises(LookupError, match="no model called"):
        pretrained.load("resnet")


@pytest.mark.parametrize("name", ["cifar-resnet50", "cifar-vgg19"])
def test_what_does_not_ship_has_a_card_that_the_bare_name_quotes(name: str) -> None:
    card = json.loads((pretrained.WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))
    assert card["name"] == name
    assert card["accuracy"] == pytest.approx(card["history"][-1]["accuracy"], abs=0.005)  # of rounding to bfloat16
    assert card["command"].startswith(f"seewhy train {name} ")
    epochs = len(card["history"]) + len(card.get("start", {}).get("history", []))
    told = f"{card['accuracy']:.2%} of the test images right after {epochs} epochs"
    with pytest.raises(FileNotFoundError, match=told):
        pretrained.load(name)
    assert name not in pretrained.names()
