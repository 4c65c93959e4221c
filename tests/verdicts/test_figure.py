"""The trust figure where the answer is known: models whose reason is one square, maps that point there or elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import seewhy
from seewhy import load
from seewhy.classifiers.function import FunctionClassifier
from seewhy.datasets.digits import Digits
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.targets import ClassScore
from seewhy.verdicts.figure import figure, trust
from seewhy.verdicts.squares import around, hide_squares, log_odds

SIDE = 16  # squares of 4 × 4


def corner(x: np.ndarray) -> np.ndarray:
    """Sure of class 1 where the square in row 1, column 3 of four is white."""
    odds = x[:, 4:8, 12:16, 0].sum((1, 2)) - 8
    return np.stack([1 / (1 + np.exp(odds)), 1 / (1 + np.exp(-odds))], 1)


@pytest.fixture
def model() -> FunctionClassifier:
    return FunctionClassifier(corner, labels=["no", "yes"], input_shape=(1, SIDE, SIDE))


@pytest.fixture
def image() -> torch.Tensor:
    x = torch.zeros(1, SIDE, SIDE)
    x[:, 4:8, 12:16] = 1
    return x


def squares_of(model, image):
    return hide_squares(model, image, model.scores(image[None])[0])


def test_only_the_square_that_decides_has_a_fall_and_it_is_exact(model, image):
    squares = squares_of(model, image)
    falls = squares.falls(ClassScore(1))
    assert falls.shape == (4, 4) and falls[1, 3] == pytest.approx(16, abs=1e-3)  # from 8 to −8
    falls[1, 3] = 0
    assert abs(falls).max() < 1e-3
    assert squares.falls(ClassScore(0))[1, 3] == pytest.approx(-16, abs=1e-3)
    assert len(squares.scores) == 16


def test_a_map_of_that_square_is_trusted_and_one_of_another_square_or_sign_is_not(model, image):
    squares = squares_of(model, image)
    right, wrong = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    right[4:8, 12:16] = wrong[12:16, 4:8] = 1
    good = figure(squares, ClassScore(1), right)
    assert good.value == 1 and good.word == "trust" and good.fall == pytest.approx(good.largest)
    assert figure(squares, ClassScore(1), wrong).word == figure(squares, ClassScore(1), -right).word != "trust"
    assert figure(squares, ClassScore(0), right).value == 0


def test_random_maps_have_every_figure_equally_often(model, image):
    squares, rng = squares_of(model, image), np.random.default_rng(0)
    values = [figure(squares, ClassScore(1), rng.normal(size=(SIDE, SIDE))).value for _ in range(200)]
    assert np.mean(values) == pytest.approx(0.5, abs=0.07)
    assert np.mean(np.array(values) >= 0.95) == pytest.approx(0.05, abs=0.04)


@pytest.mark.parametrize("level", [0.0, 1.0, -3.0])
def test_a_map_that_points_nowhere_is_no_better_than_chance(model, image, level):
    found = figure(squares_of(model, image), ClassScore(1), np.full((SIDE, SIDE), level))
    assert found.value == 0.5 and found.word == "no better than chance"


def test_the_figure_does_not_depend_on_the_scale_of_the_map(model, image):
    squares, rng = squares_of(model, image), np.random.default_rng(1)
    values = rng.normal(size=(SIDE, SIDE))
    assert figure(squares, ClassScore(1), values).value == figure(squares, ClassScore(1), 1e-3 * values).value


def test_a_hidden_square_has_the_mean_colour_of_its_surroundings():
    image = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    rows, columns = slice(4, 8), slice(0, 4)
    ring = torch.ones(SIDE, SIDE, dtype=torch.bool)
    ring[3:9, :5] = False
    ring[rows, columns] = True
    assert torch.allclose(around(image, rows, columns), image[:, ~ring].mean(1))
    assert torch.equal(around(image, slice(0, SIDE), slice(0, SIDE)), image.mean((1, 2)))


def test_log_odds_are_those_of_the_softmax_and_against_a_rival_the_difference():
    scores = torch.tensor([[1.0, 2.0, 0.5], [80.0, 0.0, 0.0]], dtype=torch.float64)
    p = scores.softmax(1)[0, 1]
    assert log_odds(scores, ClassScore(1))[0] == pytest.approx(float(torch.log(p / (1 - p))))
    assert log_odds(scores, ClassScore(1, versus=0)).tolist() == [1.0, -80.0]
    assert log_odds(scores, ClassScore(0))[1] == pytest.approx(80 - np.log(2))  # not infinite, as by probabilities


def test_seventeen_pictures_are_asked_about_and_none_the_second_time(model, image):
    asked = []
    counting = FunctionClassifier(
        lambda x: asked.append(len(x)) or corner(x), labels=["no", "yes"], input_shape=(1, SIDE, SIDE)
    )
    why = seewhy.explain(counting, image[0].numpy(), "occlusion", patch=8, stride=8)
    asked.clear()
    first = trust(counting, why)
    assert sum(asked) == first.passes == 17
    assert trust(counting, why).value == first.value and sum(asked) == 17


def test_it_tells_the_maps_of_the_shipped_network_from_the_same_maps_in_the_wrong_place():
    model, method, data = load("mnist-cnn"), IntegratedGradients(steps=16), Digits()
    right, moved = [], []
    for index in range(12):
        why = method(model, data.sample("test", index).image)
        right.append(trust(model, why).value)
        moved.append(trust(model, replace(why, values=np.roll(why.values, (14, 14), (0, 1)))).value)
    assert np.median(right) >= 0.95 and np.median(moved) < 0.5


def test_an_explanation_of_another_model_is_refused(model):
    with pytest.raises(ValueError, match=r"must be of .*, \(1, 16, 16\) and 2 classes, got \(1, 28, 28\) and 10"):
        trust(model, seewhy.explain("mnist-cnn", "digits/test/3", "saliency"))
