"""What a map points at is deleted, and filled from around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seewhy
from seewhy import load
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.verdicts.deleting import delete_top, infilled, top
from seewhy.verdicts.full import full_trust


def test_the_top_share_is_taken_and_at_least_one_pixel():
    values = np.arange(100.0).reshape(10, 10)
    assert top(values, 0.1).ravel().nonzero()[0].tolist() == list(range(90, 100))
    assert top(values, 0.001).sum() == 1


def test_a_hole_takes_the_colour_around_it_and_the_rest_stays():
    image = np.zeros((3, 20, 20), np.float32)
    image[0, :, :10], image[2, :, 10:] = 0.8, 0.4
    gone = np.zeros((20, 20), bool)
    gone[8:11, 2:5] = gone[8:11, 15:18] = True
    assert infilled(image, gone) == pytest.approx(image, abs=1e-6)
    noisy = np.random.default_rng(0).random((3, 20, 20), np.float32)
    assert np.array_equal(infilled(noisy, gone)[:, ~gone], noisy[:, ~gone])
    everything = infilled(noisy, np.ones((20, 20), bool))
    assert everything == pytest.approx(np.broadcast_to(noisy.mean((1, 2), keepdims=True), noisy.shape), abs=1e-6)


def test_deleting_what_a_sound_map_points_at_hurts_more_than_deleting_by_luck():
    model = load("mnist-cnn")
    falls = []
    for index in range(8):
        found = delete_top(model, seewhy.explain(model, f"digits/test/{index}", "integrated-gradients"))
        assert len(found.chances) == 20 and found.before.index == found.target
        falls.append(found.chances.mean() - found.after.guess(found.target).probability)
    assert np.mean(falls) > 0.2
    assert found.describe()["after"]["says"] == found.after.label and found.after.label in found.sentence + " "


def test_the_full_figure_tells_a_map_from_the_same_map_in_the_wrong_place():
    model, recipe = load("mnist-cnn"), IntegratedGradients(steps=16)
    why = seewhy.explain(model, "digits/test/3", "integrated-gradients", steps=16)
    right = full_trust(model, why, recipe)
    wrong = full_trust(model, replace(why, values=np.roll(why.values, (14, 14), (0, 1))), recipe)
    assert right.value > 0.9 and right.word == "trust" and wrong.value < 0.6
    assert set(right.parts) == {"squares", "deletion", "insertion"} and 0.5 < right.stability <= 1
