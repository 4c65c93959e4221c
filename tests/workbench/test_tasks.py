from __future__ import annotations

from typing import Any

import pytest

from seewhy.workbench.tasks import Task, complete_target

LABELS = ("cat", "dog", "eel")


def task(**changes: Any) -> Task:
    return Task(**({"model": "m", "image": "i", "method": "occlusion"} | changes))


def test_defaults_said_or_unsaid_are_the_same_question() -> None:
    said = task(settings={"patch": 4, "stride": 2, "fill": "black"}, target={"class": "argmax", "output": "logit"})
    assert said.complete(LABELS).hash() == task().complete(LABELS).hash()
    assert len(task().complete(LABELS).hash()) == 16


@pytest.mark.parametrize("wish", [1, "dog", "DOG", "1", {"class": "dog"}, {"class": 1, "versus": None}])
def test_all_ways_to_name_a_class_are_the_same_question(wish: Any) -> None:
    assert task(target=wish).complete(LABELS).key == task(target=1).complete(LABELS).key


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "n"},
        {"image": "j"},
        {"method": "saliency"},
        {"settings": {"patch": 5}},
        {"target": 0},
        {"target": {"class": "argmax", "versus": 0}},
        {"target": {"class": "argmax", "output": "probability"}},
    ],
)
def test_whatever_changes_the_answer_changes_the_key(changes: dict[str, Any]) -> None:
    assert task(**changes).complete(LABELS).key != task().complete(LABELS).key


def test_conditions_count() -> None:
    one = task().complete(LABELS)
    assert one.hash("weights a") != one.hash("weights b")
    assert one.hash("a", "b") != one.hash("ab")


def test_completing_twice_changes_nothing() -> None:
    once = task(target={"class": "dog", "versus": "eel"}).complete(LABELS)
    assert once.complete(LABELS) == once
    assert once.target == {"class": 1, "versus": 2, "output": "logit"}


def test_argmax_stays_and_its_rival_is_checked() -> None:
    assert complete_target("argmax", LABELS) == {"class": "argmax", "versus": None, "output": "logit"}
    assert complete_target({"versus": "cat"}, LABELS) == {"class": "argmax", "versus": 0, "output": "logit"}
    with pytest.raises(LookupError, match="did you mean 'cat'"):
        complete_target({"versus": "cta"}, LABELS)
    with pytest.raises(ValueError, match="output"):
        complete_target({"output": "odds"}, LABELS)


@pytest.mark.parametrize("wish", [3, -1, True, 1.5, [1], {"class": 1, "versus": 1}, {"klass": 1}])
def test_impossible_targets_are_refused(wish: Any) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        complete_target(wish, LABELS)


def test_a_model_with_one_class_can_be_asked_for_it() -> None:
    assert complete_target("argmax", ["only"])["class"] == "argmax"
