"""Two networks with a known reason: one that cheats and one that does not, told apart by accuracy and by heat maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy import load
from seewhy.classifiers.base import Classifier
from seewhy.datasets.shortcuts import Shortcuts
from seewhy.explainers.occlusion import Occlusion
from seewhy.zoo import pretrained
from seewhy.zoo.cards import tensors


@pytest.fixture(scope="module")
def made() -> Shortcuts:
    return Shortcuts()


def accuracy(model: Classifier, data: Shortcuts, split: str) -> float:
    x, truth = tensors(data, split)
    with torch.no_grad():
        return float((model.scores(x.float() / 255).argmax(1) == truth).float().mean())


@pytest.mark.parametrize("name", ["shortcuts-cheat", "shortcuts-honest"])
def test_the_cards_say_what_the_images_say(name, made):
    model = load(name)
    assert model.about["accuracy"] == pytest.approx(accuracy(model, made, "test"), abs=1e-6)
    assert model.about["also"]["told"] == pytest.approx(accuracy(model, made, "told"), abs=1e-6)
    assert (pretrained.WEIGHTS / f"{name}.safetensors").stat().st_size < 300_000
    assert model.labels == made.labels


def test_the_one_that_cheats_is_lost_without_the_mark_and_the_other_is_not():
    cheat, honest = load("shortcuts-cheat").about, load("shortcuts-honest").about
    assert cheat["also"]["told"] > 0.99 and cheat["accuracy"] < 0.5
    assert honest["accuracy"] > 0.9 and honest["also"]["told"] > 0.9


def test_occlusion_finds_the_mark_in_the_one_that_cheats_and_the_shape_in_the_other(made):
    """On the average of some images: one logit more or less where the mark is, and where the shape is."""
    causes = made.causes("told")

    def falls(name: str) -> tuple[float, float]:
        model, method = load(name), Occlusion(patch=4, stride=2)
        maps = [method(model, made.sample("told", index).image).values for index in range(24)]
        means = [[values[mask[index]].mean() for mask in causes] for index, values in enumerate(maps)]
        shape, mark = np.mean(means, axis=0)
        return shape, mark

    shape, mark = falls("shortcuts-cheat")
    assert mark > 2 * abs(shape)
    shape, mark = falls("shortcuts-honest")
    assert shape > 5 * abs(mark)
