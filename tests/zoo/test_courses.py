"""What each course makes of a few photographs: weights in the promised form, a card that can be recomputed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from seewhy.datasets.base import ImageSet
from seewhy.datasets.cifar10 import Cifar10
from seewhy.zoo import pretrained, recipes
from seewhy.zoo.courses import COURSES
from seewhy.zoo.recipes import TrainingRecipe, device_of, precision_of
from seewhy.zoo.training import train


class Plain(ImageSet):
    """Ten colours, each a class, with a little noise."""

    name, title, about = "plain", "Plain", ""
    labels, splits, shape = Cifar10.labels, ("train", "test"), (3, 32, 32)

    def size(self, split: str) -> int:
        return 60 if split == "train" else 20

    def truth(self, split: str) -> np.ndarray:
        return np.arange(self.size(split), dtype=np.int64) % 10

    def pixels(self, split: str) -> np.ndarray:
        rng = np.random.default_rng(len(split))
        colours = np.random.default_rng(0).integers(20, 236, (10, 1, 1, 3))[self.truth(split)]
        return (colours + rng.integers(-20, 20, (self.size(split), 32, 32, 3))).astype(np.uint8)


PLAIN = Plain()


@pytest.fixture(scope="module")
def photographed(tmp_path_factory):
    """The weights and the card of cifar-cnn after a few steps in bfloat16."""
    out = tmp_path_factory.mktemp("photographs") / "net.safetensors"
    changes = {"epochs": 4, "batch": 20, "precision": "bfloat16", "average": 0.0, "learning_rate": 0.01}
    return out, train("cifar-cnn", out, COURSES["cifar-cnn"].recipe.model_copy(update=changes), PLAIN)


def test_it_learns_photographs_in_bfloat16(photographed):
    _, card = photographed
    assert card["history"][-1]["loss"] < card["history"][0]["loss"]
    assert card["seconds"] == pytest.approx(sum(epoch["seconds"] for epoch in card["history"]), abs=0.1)
    assert "--set precision=bfloat16" in card["command"]


def test_matrices_are_kept_in_half_and_the_rest_is_not(photographed):
    tensors = load_file(photographed[0])
    assert {key for key, tensor in tensors.items() if tensor.dtype == torch.float16} == {
        f"{name}.weight" for name in (*(f"conv{number}" for number in range(1, 7)), "linear")
    }
    assert tensors["norm1.running_var"].dtype == torch.float32


def test_the_card_tells_the_accuracy_of_what_was_kept(photographed):
    out, card = photographed
    model = pretrained.load("cifar-cnn", out)
    x = torch.from_numpy(PLAIN.pixels("test").transpose(0, 3, 1, 2).copy()).float() / 255
    right = model.scores(x).argmax(1).numpy() == PLAIN.truth("test")
    assert card["accuracy"] == right.mean()
    assert card == json.loads(out.with_suffix(".json").read_text()) == model.about
    assert model.scores(x).dtype == torch.float32


def test_photographs_are_normalised_a_channel_at_a_time():
    course = COURSES["cifar-cnn"]
    mean = torch.tensor(course.mean).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    assert course.normalised(mean).abs().max() == 0
    ones = course.normalised(mean + torch.tensor(course.std).reshape(1, 3, 1, 1))
    assert ones.allclose(torch.ones(1, 3, 2, 2))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar-resnet50", "cifar-vgg19"])
def test_the_large_networks_train_and_are_found_again(name, tmp_path):
    if name == "cifar-vgg19" and find_spec("keras") is None:
        pytest.skip("needs keras: pip install 'seewhy[keras]'")
    out = tmp_path / f"{name}.safetensors"
    changes = {"epochs": 3, "batch": 20, "learning_rate": 0.01, "average": 0.0}
    card = train(name, out, COURSES[name].recipe.model_copy(update=changes), PLAIN)
    assert card["history"][-1]["loss"] < card["history"][0]["loss"]
    model = pretrained.load(name, out)
    x = torch.from_numpy(PLAIN.pixels("test").transpose(0, 3, 1, 2).copy()).float() / 255
    with torch.no_grad():
        right = model.scores(x).argmax(1).numpy() == PLAIN.truth("test")
    assert card["accuracy"] == pytest.approx(right.mean())


@pytest.mark.parametrize("name", ["cifar-resnet50", "cifar-vgg19"])
def test_without_weights_the_command_that_makes_them_is_said(name):
    assert name not in pretrained.names()
    ask = rf"`seewhy train {name}` \(.* see its card\), then ask for {name}@{name}.safetensors"
    with pytest.raises(FileNotFoundError, match=ask):
        pretrained.load(name)


def test_a_killed_training_goes_on_and_ends_the_same(tmp_path):
    """SIGKILL in the middle of the second of three epochs; nothing can be tidied up then."""
    recipe = {"epochs": 3, "batch": 32, "precision": "float32"}
    script = f"""
import os, signal, sys
from seewhy.web.threads import prepare_threads
prepare_threads()
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_training import FEW, TrainingRecipe, reporting_to, train
class Kill:
    cancelled = False
    def progress(self, done, total, stage):
        if stage.startswith("epoch 2") and done == 4:
            os.kill(os.getpid(), signal.SIGKILL)
from pathlib import Path
with reporting_to(Kill()):
    train("mnist-cnn", Path({str(tmp_path / "net.safetensors")!r}), TrainingRecipe(**{recipe!r}), FEW)
"""
    ended = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["net.checkpoint"]
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        from test_training import FEW
    finally:
        sys.path.pop(0)
    card = train("mnist-cnn", tmp_path / "net.safetensors", TrainingRecipe(**recipe), FEW)
    assert len(card["history"]) == 3
    train("mnist-cnn", tmp_path / "whole.safetensors", TrainingRecipe(**recipe), FEW)
    assert (tmp_path / "net.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()


def test_a_device_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device cuda:1 is not there; use device=auto"):
        device_of(TrainingRecipe(device="cuda:1"))
    assert device_of(TrainingRecipe()) == torch.device("cpu")
    with pytest.raises(ValueError, match="pattern"):
        TrainingRecipe(device="tpu")


@pytest.mark.parametrize(("hardware", "chosen"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_takes_bfloat16_where_the_hardware_multiplies_it(monkeypatch, hardware, chosen):
    monkeypatch.setattr(recipes, "_multiplies_bfloat16", lambda _: hardware)
    cpu = torch.device("cpu")
    assert precision_of("auto", cpu) == chosen
    assert precision_of("float32", cpu) == torch.float32
    assert precision_of("bfloat16", cpu) == torch.bfloat16
