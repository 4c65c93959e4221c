"""Confusions, classes and reliability: counted by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from seewhy.workbench import Workbench, kinds
from seewhy.workbench.judging import by_class, confusion, judged, reliability


@pytest.fixture
def guesses() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 300)
    predicted = np.where(random.random(300) < 0.7, labels, random.integers(0, 4, 300))
    return labels, predicted, random.uniform(0.25, 1, 300)


def test_confusion_and_classes_are_those_of_scikit_learn(guesses):
    labels, predicted, _ = guesses
    table = confusion(labels, predicted, 4)
    np.testing.assert_array_equal(table, metrics.confusion_matrix(labels, predicted))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, predicted)
    for index, one in enumerate(by_class(table)):
        assert one["precision"] == pytest.approx(precision[index])
        assert one["recall"] == pytest.approx(recall[index])
        assert one["f1"] == pytest.approx(f1[index])
        assert one["support"] == support[index]
        assert one["recall_interval"][0] < one["recall"] < one["recall_interval"][1]


def test_images_without_a_class_do_not_count():
    table = confusion(np.array([0, -1, 1]), np.array([0, 1, 0]), 2)
    assert table.tolist() == [[1, 0], [1, 0]]
    assert by_class(table)[1]["precision"] is None


def test_a_model_that_is_as_right_as_it_is_sure_has_no_calibration_error():
    sure = np.repeat([0.25, 0.5, 0.75, 1.0], 100)
    right = np.concatenate([np.arange(100) < 100 * share for share in (0.25, 0.5, 0.75, 1.0)])
    found = reliability(sure, right, 10)
    assert found["ece"] == 0
    assert [one["count"] for one in found["bins"]] == [100] * 4


def test_one_that_is_always_sure_and_half_right_has_the_error_of_one_half():
    found = reliability(np.ones(50), np.arange(50) % 2 == 0)
    assert found["ece"] == 0.5
    assert found["bins"][0]["right"] == 0.5


def test_confusions_come_most_frequent_first(guesses):
    labels, predicted, sure = guesses
    found = judged(labels, predicted, sure, tuple("abcd"))
    counts = [one["count"] for one in found["confusions"]]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == int((labels != predicted).sum())


def test_the_predictions_of_a_data_set_tell_them(tmp_path):
    task = kinds.task_from({"kind": "predictions", "model": "mnist-cnn", "data": "digits", "split": "test"})
    facts = Workbench(cache=tmp_path).ask(task).describe()
    assert np.trace(facts["confusion"]) == facts["correct"]
    assert 0 <= facts["reliability"]["ece"] < 0.1
    assert len(facts["per_class"]) == 10
