"""A trained model and a digit, for attacks that need a model with opinions."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.digits import Digits
from seewhy.loading import load


@pytest.fixture
def digit_model() -> PyTorchClassifier:
    """The small network for digits that comes with the package."""
    model = load("mnist-cnn")
    assert isinstance(model, PyTorchClassifier)
    return model


@pytest.fixture
def digit() -> np.ndarray:
    """A handwritten 5 (1, 28, 28) that the model knows."""
    return Digits().sample("test", 12).image
