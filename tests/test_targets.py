"""What people and JSON bodies may call a target."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.classifiers.base import Prediction
from seewhy.targets import ClassScore, resolve

LABELS = ("cat", "dog", "Sea Lion")
PREDICTION = Prediction.from_logits(LABELS, np.array([0.0, 2.0, 1.0]))


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("argmax", ClassScore(1)),
        (None, ClassScore(1)),
        (2, ClassScore(2)),
        ("2", ClassScore(2)),
        ("sea lion", ClassScore(2)),
        ({"class": "cat", "versus": "dog"}, ClassScore(0, 1)),
        ({"class": "argmax", "output": "probability"}, ClassScore(1, None, "probability")),
        ({"class": 0, "versus": "argmax"}, ClassScore(0, 1)),
        (ClassScore(0, 2), ClassScore(0, 2)),
    ],
)
def test_a_wish_becomes_a_target(wish, expected):
    assert resolve(wish, LABELS, PREDICTION) == expected


@pytest.mark.parametrize(
    ("wish", "error", "message"),
    [
        (3, ValueError, "from 0 to 2, got 3"),
        (-1, ValueError, "from 0 to 2, got -1"),
        ("cow", LookupError, "no class called 'cow'"),
        ("dgo", LookupError, "did you mean 'dog'"),
        (1.5, ValueError, "an index or a label, got 1.5"),
        (True, ValueError, "an index or a label"),
        ({"class": 1, "versus": 1}, ValueError, "compared with itself"),
        ({"klass": 1}, ValueError, "got 'klass'"),
        ({"class": 1, "output": "softmax"}, ValueError, "'logit' or 'probability'"),
    ],
)
def test_what_is_no_target_is_said(wish, error, message):
    with pytest.raises(error, match=message):
        resolve(wish, LABELS, PREDICTION)


def test_two_classes_of_one_name_need_an_index():
    with pytest.raises(ValueError, match="2 classes are called 'crane'; use an index: 0, 2"):
        resolve("crane", ("crane", "dog", "crane"))


def test_the_numbers():
    scores = torch.tensor([[1.0, 3.0, 2.0], [0.0, 0.0, 5.0]])
    assert ClassScore(1).of(scores).tolist() == [3, 0]
    assert ClassScore(1, 2).of(scores).tolist() == [1, -5]
    torch.testing.assert_close(ClassScore(2, output="probability").of(scores), scores.softmax(1)[:, 2])


def test_a_label_is_found_as_files_write_it_and_exactly_before_roughly():
    labels = ["Cardigan", "tiger cat", "cardigan"]
    assert [resolve(wish, labels).index for wish in ("cardigan", "Cardigan", "tiger_cat", "Tiger_Cat")] == [2, 0, 1, 1]
    with pytest.raises(ValueError, match="2 classes are called"):
        resolve("CARDIGAN", labels)
