"""Causes that were found by changing them, and maps of which it is known whether they show the cause."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from seewhy import load
from seewhy.classifiers.base import Classifier
from seewhy.datasets.shortcuts import Shortcuts
from seewhy.metrics.chance import random_maps
from seewhy.verdicts.truth import Verified, reliance, sight


@pytest.fixture(scope="module")
def data() -> Shortcuts:
    return Shortcuts()


@pytest.fixture(scope="module")
def known(data) -> Verified:
    return reliance(load("shortcuts-cheat"), data, "told", "mark", 200).verified[0]


def chance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return random_maps(torch.as_tensor(values), 100).numpy()


def answer(model: Classifier, pixels: NDArray[np.uint8]) -> int:
    return model.predict(pixels).index


def test_the_answer_follows_the_mark_and_nothing_else_in_every_image_that_is_said_to_be_about_the_mark(data):
    model = load("shortcuts-cheat")
    found = reliance(model, data, "test", "mark", 200)
    assert len(found.verified) >= 10 and found.follows_mark > 2 * found.follows_shape
    marked, shaped = data.changed("test", mark=2), data.changed("test", shape=3)
    for one in found.verified[:5]:
        assert one.said == data.told("test")[one.index]
        assert answer(model, marked[one.index]) == (one.said + 2) % 4
        assert answer(model, shaped[one.index]) == one.said


def test_the_one_that_does_not_cheat_follows_the_shape_in_most_images_and_the_mark_in_none(data):
    model = load("shortcuts-honest")
    assert len(reliance(model, data, "told", "shape", 200).verified) > 150
    assert not reliance(model, data, "told", "mark", 200).verified


def test_a_map_of_the_mark_is_found_and_maps_of_the_shape_or_of_nothing_are_not(known):
    shown = sight(np.where(known.inside, 1.0, 0.0), known, chance)
    assert shown.found and shown.pointed and shown.mass == shown.rank == 1
    missed = sight(np.where(known.decoy, 1.0, 0.0), known, chance)
    assert not missed.found and not missed.pointed and missed.mass == 0
    assert not sight(np.zeros((32, 32)), known, chance).found


def test_random_maps_are_found_no_more_often_than_chance(known):
    rng = np.random.default_rng(0)
    assert sum(sight(rng.normal(size=(32, 32)), known, chance).found for _ in range(100)) <= 12  # of 100, 5 expected


def test_other_classes_are_refused(data):
    with pytest.raises(ValueError, match="mnist-cnn must have the classes circle, square, triangle, cross"):
        reliance(load("mnist-cnn"), data, "test", "mark", 10)
