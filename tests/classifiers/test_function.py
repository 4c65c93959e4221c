"""Callables and scikit-learn estimators as classifiers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from seewhy import explain, load
from seewhy.datasets.digits import Digits


def brightness(pixels: np.ndarray) -> np.ndarray:
    """Probability of "bright": the mean of the picture."""
    mean = pixels.mean((1, 2, 3))
    return np.stack([mean, 1 - mean], 1)


def test_a_function_sees_height_width_channels():
    seen = []
    load(lambda x: seen.append(x.shape) or brightness(x), labels=["b", "d"], input_shape=(3, 4, 5)).predict(
        np.zeros((3, 4, 5), np.float32)
    )
    assert seen == [(1, 4, 5, 3)]


def test_its_probabilities_come_back_and_scores_are_their_logarithms():
    model = load(brightness, labels=["bright", "dark"], input_shape=(1, 4, 4))
    guess = model.predict(np.full((1, 4, 4), 0.8, np.float32))
    assert guess.label == "bright"
    assert guess.probability == pytest.approx(0.8, abs=1e-6)
    assert guess.logits[1] == pytest.approx(np.log(0.2), abs=1e-5)
    assert model.name == "brightness"


def test_occlusion_of_a_known_function_is_known():
    image = np.zeros((1, 6, 6), np.float32)
    image[0, 2:4, 2:4] = 1
    model = load(brightness, labels=["bright", "dark"], input_shape=(1, 6, 6))
    why = explain(model, image, "occlusion", target={"class": "bright", "output": "probability"}, patch=1, stride=1)
    np.testing.assert_allclose(why.values, image[0] / 36, atol=1e-6)


def test_a_scikit_learn_estimator_works_as_it_is():
    digits = load_digits()
    estimator = LogisticRegression(max_iter=300).fit(digits.data, digits.target)
    model = load(estimator, labels=[str(i) for i in range(10)], input_shape=(1, 8, 8), std=1 / 16)
    images = (digits.images[:200] / 16).astype(np.float32)
    right = [model.predict(image[None]).index == label for image, label in zip(images, digits.target, strict=False)]
    assert np.mean(right) > 0.97
    why = explain(model, images[3][None], "occlusion", patch=2, stride=1)
    assert why.values.shape == (8, 8)
    assert load(estimator, labels=model.labels, input_shape=(1, 8, 8)).fingerprint == model.fingerprint


def test_digits_are_read_as_the_source_has_them():
    assert Digits().labels == tuple("0123456789")


@pytest.mark.parametrize(
    "answer",
    [np.ones((1, 2)), np.array([[-0.5, 1.5]]), np.array([0.5, 0.5]), np.array([[np.nan, 1.0]])],
    ids=["sums to 2", "negative", "one row", "nan"],
)
def test_what_are_no_probabilities_is_said(answer):
    model = load(lambda x: answer, labels=["a", "b"], input_shape=(1, 2, 2), name="odd")
    with pytest.raises(ValueError, match="odd must give probabilities"):
        model.predict(np.zeros((1, 2, 2), np.float32))


def test_an_estimator_without_probabilities_is_said():
    with pytest.raises(TypeError, match="predict_proba"):
        load(LinearSVC(), labels=["a", "b"], input_shape=(1, 2, 2))
