"""Attacks, erasing, nonsense and robustness as runs: checked before work, repeatable, kept."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.workbench import Workbench, kinds

TASKS = {
    "attack": {"image": "digits/test/12", "method": "fgsm", "settings": {"epsilon": 0.2}},
    "erase": {"image": "digits/test/12", "settings": {"pieces": "strokes"}},
    "nonsense": {"target": "2", "settings": {"form": "strokes", "amount": 3}, "data": "digits"},
    "robustness": {"attacks": ["fgsm"], "settings": {"images": 20, "epsilons": [0.1]}},
}


def task(kind: str, **changes):
    return kinds.task_from({"kind": kind, "model": "mnist-cnn", **TASKS[kind], **changes})


@pytest.fixture
def bench(tmp_path) -> Workbench:
    return Workbench(cache=tmp_path)


@pytest.mark.parametrize("kind", TASKS)
def test_the_same_question_is_answered_from_the_store(bench, tmp_path, kind):
    first = bench.ask(task(kind))
    again = Workbench(cache=tmp_path).ask(task(kind))
    assert again.describe() == first.describe()
    for name, array in first.all_arrays().items():
        np.testing.assert_array_equal(again.all_arrays()[name], array)
    assert kinds.task_behind(again).kind == kind


def test_an_attack_takes_the_picture_s_own_label_for_true(bench):
    plan = bench.plan(task("attack"))
    assert plan.task.label == 5
    assert plan.task.settings["loss"] == "cross-entropy"


@pytest.mark.parametrize(
    ("kind", "changes", "error", "words"),
    [
        ("attack", {"method": "fgms"}, LookupError, "did you mean 'fgsm'"),
        ("attack", {"settings": {"epsilon": 2}}, ValueError, "less than or equal to 1"),
        ("attack", {"target": 5}, ValueError, "already counts as '5'"),
        ("erase", {"settings": {"pieces": "lines"}}, ValueError, "pieces"),
        ("erase", {"target": "dog"}, LookupError, "no class called 'dog'"),
        ("nonsense", {"data": None, "settings": {"form": "guided"}}, ValueError, "name the data set"),
        ("robustness", {"attacks": ["deepfool"]}, ValueError, "has no epsilon"),
        ("robustness", {"split": "tests"}, LookupError, "split"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_computed(bench, kind, changes, error, words):
    with pytest.raises(error, match=words):
        bench.plan(task(kind, **changes))


def test_the_python_of_an_attack_repeats_it(bench):
    found = bench.ask(task("attack", settings={"epsilon": 0.15}))
    scope: dict = {}
    source = kinds.named("attack").python(kinds.task_behind(found), found)
    exec(source.replace("found.save('attack.png')\n", ""), scope)
    np.testing.assert_array_equal(scope["found"].adversarial, found.all_arrays()["adversarial"])
