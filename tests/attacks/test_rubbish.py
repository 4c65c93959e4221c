"""Nonsense convinces the model, respects what it may be made of, and is seen through by its neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.attacks.resemblance import KnownImages
from seewhy.attacks.rubbish import RubbishImage
from seewhy.classifiers.function import FunctionClassifier
from seewhy.datasets.digits import Digits


@pytest.fixture(scope="module")
def known() -> KnownImages:
    """The training digits that come with the package."""
    return KnownImages(Digits(), (1, 28, 28))


@pytest.mark.parametrize("target", range(10))
def test_three_strokes_convince_the_model_of_any_digit(digit_model, known, target):
    found = RubbishImage(form="strokes", amount=3)(digit_model, target, known)
    assert found.accepted
    assert digit_model.predict(found.image).probabilities[target] >= 0.99
    assert found.meaningless


def test_a_few_pixels_convince_the_model_of_a_five(digit_model, known):
    found = RubbishImage(form="pixels", amount=12, effort=8)(digit_model, 5, known)
    assert found.accepted and found.meaningless
    assert found.lit <= 12
    assert set(np.unique(found.image)) == {0.0, 1.0}


@pytest.mark.parametrize("form", ["smooth", "noise"])
def test_spots_and_noise_convince_the_model(digit_model, known, form):
    found = RubbishImage(form=form)(digit_model, 8, known)
    assert found.accepted and found.meaningless
    assert found.image.min() >= 0 and found.image.max() <= 1


def test_the_map_of_real_digits_alone_raises_the_belief(digit_model, known):
    found = RubbishImage(form="guided", amount=60)(digit_model, 3, known)
    assert found.probability > 0.5
    assert found.lit <= 60


def test_the_film_ends_with_the_picture_and_its_belief(digit_model):
    found = RubbishImage(form="pixels", amount=12, effort=4)(digit_model, 7)
    np.testing.assert_array_equal(found.frames[-1], np.rint(found.image * 255))
    assert found.climb[-1] == pytest.approx(found.probability, abs=1e-6)
    assert len(found.frames) == len(found.climb)
    assert found.meaningless is None


def test_the_same_seed_draws_the_same_strokes(digit_model):
    first, second = (RubbishImage(form="strokes", steps=5, seed=4)(digit_model, 2) for _ in range(2))
    np.testing.assert_array_equal(first.image, second.image)


def test_strokes_fool_a_black_box_and_gradients_are_asked_for_in_words():
    def left(pixels):
        share = pixels[:, :, :4].mean((1, 2, 3)).clip(0.001, 0.999)
        return np.stack([share, 1 - share], 1)

    model = FunctionClassifier(left, ["left", "right"], (1, 8, 8))
    assert RubbishImage(form="strokes", confidence=0.6, amount=3)(model, "left").accepted
    with pytest.raises(TypeError, match="needs gradients"):
        RubbishImage(form="smooth")(model, "left")


def test_a_real_digit_is_recognised_as_one(known):
    data = Digits()
    for index in range(10):
        assert known.compare(data.sample("test", index).image).agrees(int(data.truth("test")[index]))
