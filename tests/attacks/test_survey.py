"""One attack on many pictures: known answers on a model whose border is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import catalog
from seewhy.attacks.survey import Labelled, Survey, survey
from seewhy.classifiers.pytorch import PyTorchClassifier


class Threshold(nn.Module):
    """Says "light" where the mean is above one half, surer the farther it is: 50 % more sure per .1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        light = 10 * (x.mean((1, 2, 3)) - 0.5)
        return torch.stack([-light, light], 1)


@pytest.fixture
def model() -> PyTorchClassifier:
    return PyTorchClassifier(Threshold(), ["dark", "light"], (1, 4, 4), name="threshold")


LEVELS = [0.1, 0.45, 0.48, 0.55, 0.9, 0.3]
LABELS = [0, 0, -1, 1, 0, 0]  # the third is not known, the fifth is wrong


def surveyed(model, sure: float = 0.6, epsilon: float = 0.1) -> Survey:
    shown = [
        Labelled(torch.full((1, 4, 4), level), label, f"made up/{index}")
        for index, (level, label) in enumerate(zip(LEVELS, LABELS, strict=True))
    ]
    return survey(model, catalog.attack("fgsm")(epsilon=epsilon), iter(shown), total=6, sure=sure)


def sureness(distance: float) -> float:
    return 1 / (1 + np.exp(-20 * distance))


def test_answers_near_the_border_turn_and_wrong_ones_are_left_alone(model):
    found = surveyed(model)
    assert found.truth.tolist() == [0, 0, 0, 1, 0, 0]
    assert found.before.tolist() == [0, 0, 0, 1, 1, 0]
    assert found.after.tolist() == [0, 1, 1, 0, 1, 0]
    np.testing.assert_allclose(found.before_sure, [sureness(d) for d in (0.4, 0.05, 0.02, 0.05, 0.4, 0.2)], rtol=1e-5)
    np.testing.assert_allclose(found.after_sure, [sureness(d) for d in (0.3, 0.05, 0.08, 0.05, 0.4, 0.1)], rtol=1e-5)
    assert found.confident.tolist() == [True, True, False, True, False, True]  # .02 from the border: 59.9 %
    assert found.turned.tolist() == [False, True, False, True, False, False]
    assert found.confidently_wrong.tolist() == found.turned.tolist()  # as far behind the border as before it: 73 %


def test_the_facts_count_what_the_list_shows(model):
    facts = json.loads(surveyed(model).to_json())
    assert (facts["images"], facts["labelled"], facts["confident"]) == (6, 5, 4)
    assert (facts["right_before"], facts["right_after"]) == (5, 2)
    assert facts["turned"]["count"] == 2 and facts["turned"]["share"] == 0.5
    low, high = facts["turned"]["interval"]
    assert low == pytest.approx(0.15, abs=0.005) and high == pytest.approx(0.85, abs=0.005)
    assert [row["image"] for row in facts["list"] if row["turned"]] == ["made up/1", "made up/3"]
    assert "of 4 answers that threshold gave with 60% or more, 2 (50%, 95 % interval 15–85) turn" in facts["sentence"]


def test_surer_answers_count_for_fewer(model):
    found = surveyed(model, sure=0.99)
    assert found.confident.tolist() == [True, False, False, False, False, False]
    assert not found.turned.any()
    assert "None of 6 pictures" in surveyed(model, sure=1.0).sentence
    assert surveyed(model, sure=1.0).describe()["turned"] == {"count": 0, "share": None, "interval": None}


def test_no_pictures_are_refused(model):
    with pytest.raises(ValueError, match="no pictures to attack"):
        survey(model, catalog.attack("fgsm")(), [])
