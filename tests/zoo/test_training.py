"""Training on little data: it learns, repeats itself, and survives being stopped."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from seewhy.datasets.base import ImageSet
from seewhy.datasets.digits import Digits
from seewhy.progress import Cancelled, reporting_to
from seewhy.zoo import pretrained
from seewhy.zoo.augmentation import vary
from seewhy.zoo.recipes import TrainingRecipe
from seewhy.zoo.training import train


class Few(Digits):
    """So few digits that an epoch takes a blink."""

    def pixels(self, split: str) -> np.ndarray:
        return super().pixels(split)[:256]

    def truth(self, split: str) -> np.ndarray:
        return super().truth(split)[:256]


FEW: ImageSet = Few()
RECIPE = TrainingRecipe(epochs=4, batch=32)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A training that ran through: weights and card."""
    out = tmp_path_factory.mktemp("whole") / "net.safetensors"
    return out, train("mnist-cnn", out, RECIPE, FEW)


def test_it_learns_and_writes_weights_with_a_card(whole):
    out, card = whole
    assert card["history"][-1]["loss"] < card["history"][0]["loss"] / 1.5
    assert card == json.loads(out.with_suffix(".json").read_text())
    assert card["data_sha256"]
    assert card["command"].startswith("seewhy train mnist-cnn --set epochs=4 --set batch=32")
    assert set(card["recall"]) == set("0123456789")
    model = pretrained.load("mnist-cnn", out)
    x = torch.from_numpy(FEW.pixels("test")).float()[:, None] / 255
    right = (model.scores(x).argmax(1).numpy() == FEW.truth("test")).mean()
    assert card["accuracy"] == pytest.approx(right)
    assert not list(out.parent.glob("*.checkpoint"))


def test_the_same_recipe_gives_the_same_weights_and_another_seed_others(whole, tmp_path):
    again, other = tmp_path / "again.safetensors", tmp_path / "other.safetensors"
    torch.manual_seed(99)  # the world's own chance must not matter
    before = torch.get_rng_state()
    train("mnist-cnn", again, RECIPE, FEW)
    assert torch.equal(torch.get_rng_state(), before)
    assert again.read_bytes() == whole[0].read_bytes()
    train("mnist-cnn", other, RECIPE.model_copy(update={"seed": 1}), FEW)
    assert other.read_bytes() != again.read_bytes()


class Stop:
    """Says stop in the middle of the third epoch."""

    def __init__(self) -> None:
        self.cancelled = False
        self.stages: list[str] = []

    def progress(self, done: int, total: int | None, stage: str) -> None:
        self.stages.append(stage)
        self.cancelled = stage.startswith("epoch 3") and done == 4

    def partial(self, values: object) -> None: ...


def test_a_stopped_training_goes_on_and_ends_the_same(whole, tmp_path):
    out, listener = tmp_path / "net.safetensors", Stop()
    with reporting_to(listener), pytest.raises(Cancelled):
        train("mnist-cnn", out, RECIPE, FEW)
    assert "epoch 1 of 4, batch" in listener.stages
    assert not out.exists()
    checkpoint = tmp_path / "net.checkpoint"
    assert checkpoint.exists()
    with pytest.raises(ValueError, match="repeat these settings, or delete it"):
        train("mnist-cnn", out, RECIPE.model_copy(update={"epochs": 9}), FEW)
    listener = Stop()
    card = train("mnist-cnn", out, RECIPE, FEW)
    assert len(card["history"]) == 4
    assert out.read_bytes() == whole[0].read_bytes()
    assert not checkpoint.exists()


def test_a_damaged_checkpoint_is_said(tmp_path):
    (tmp_path / "net.checkpoint").write_bytes(b"half a file")
    with pytest.raises(ValueError, match="cannot be read"):
        train("mnist-cnn", tmp_path / "net.safetensors", RECIPE, FEW)


def test_an_unknown_network_is_said(tmp_path):
    with pytest.raises(LookupError, match="there is mnist-cnn"):
        train("mnist-dnn", tmp_path / "net.safetensors", RECIPE, FEW)


def test_variations_stay_pictures_of_about_the_same_ink():
    x = torch.from_numpy(FEW.pixels("train")).float()[:, None] / 255
    varied = vary(x, torch.Generator().manual_seed(0))
    assert varied.shape == x.shape
    assert varied.min() >= 0
    assert varied.max() <= 1
    assert not torch.equal(varied, x)
    assert torch.equal(varied, vary(x, torch.Generator().manual_seed(0)))
    change = varied.sum((1, 2, 3)) / x.sum((1, 2, 3))
    assert 0.8 < change.median() < 1.4


def test_a_training_goes_on_from_weights_and_its_card_says_from_which(whole, tmp_path):
    first, before = whole
    start, out = tmp_path / "first.safetensors", tmp_path / "more.safetensors"
    start.write_bytes(first.read_bytes())
    start.with_suffix(".json").write_bytes(first.with_suffix(".json").read_bytes())
    gently = RECIPE.model_copy(update={"epochs": 1, "learning_rate": 1e-5, "average": 0.0})
    card = train("mnist-cnn", out, gently, FEW, start)
    weights, earlier = load_file(out), load_file(start)
    assert all((weights[key] - earlier[key]).abs().max() < 1e-3 for key in earlier)  # steps so small stay near
    assert any(not torch.equal(weights[key], earlier[key]) for key in earlier)
    assert card["start"]["sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    assert card["start"]["history"] == before["history"]
    assert card["command"].startswith("seewhy train mnist-cnn --start first.safetensors --set epochs=1")
    start.with_suffix(".json").unlink()
    assert set(train("mnist-cnn", out, gently, FEW, start)["start"]) == {"file", "sha256"}


def test_what_is_stopped_goes_on_only_from_the_same_weights(whole, tmp_path):
    out, start = tmp_path / "net.safetensors", whole[0]
    with reporting_to(Stop()), pytest.raises(Cancelled):
        train("mnist-cnn", out, RECIPE, FEW, start)
    with pytest.raises(ValueError, match="begun with other weights; repeat these settings, or delete it"):
        train("mnist-cnn", out, RECIPE, FEW)
    assert len(train("mnist-cnn", out, RECIPE, FEW, start)["history"]) == 4


def test_weights_to_start_from_that_are_missing_or_of_another_network_are_refused(tmp_path):
    out, other = tmp_path / "net.safetensors", tmp_path / "other.safetensors"
    with pytest.raises(FileNotFoundError, match=r"no weights to start from at .*other"):
        train("mnist-cnn", out, RECIPE, FEW, other)
    save_file({"weight": torch.zeros(3)}, other)
    with pytest.raises(ValueError, match="do not fit"):
        train("mnist-cnn", out, RECIPE, FEW, other)
    assert list(tmp_path.iterdir()) == [other]
