from __future__ import annotations

import asyncio
import json

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from seewhy.web import problems
from seewhy.web.problems import Conflict, problem, sentence, status_of
from seewhy.workbench import QueueFull, Task


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (LookupError("x"), 404),
        (FileNotFoundError("x"), 404),
        (Conflict("cancelled", "x"), 409),
        (ValueError("x"), 422),
        (TypeError("x"), 422),
        (QueueFull("x"), 429),
        (ConnectionError("x"), 503),
        (OSError("disk full"), 507),
        (KeyError("x"), None),
        (IndexError("x"), None),
        (RuntimeError("x"), None),
        (AttributeError("x"), None),
    ],
)
def test_each_error_has_its_status_and_mistakes_of_ours_have_none(error: Exception, status: int | None) -> None:
    assert status_of(error) == status


def test_a_suggestion_can_be_read_by_programs() -> None:
    assert problem(404, "no model called 'a'; did you mean 'b'?")["did_you_mean"] == "b"
    assert "did_you_mean" not in problem(404, "no model called 'a'")


def test_what_was_wanted_and_what_came_is_one_sentence() -> None:
    with pytest.raises(ValidationError) as caught:
        Task.model_validate({"model": 5, "image": "x", "method": "", "colour": "red"})
    said = sentence(caught.value)
    assert "model: input should be a valid string, got 5" in said
    assert "method: string should have at least 1 character, got ''" in said
    assert "colour: extra inputs are not permitted, got 'red'" in said


def test_a_mistake_of_ours_tells_no_secrets() -> None:
    answer = asyncio.run(problems._broken(Request({"type": "http"}), RuntimeError("password is swordfish")))
    body = json.loads(bytes(answer.body))
    assert answer.status_code == 500
    assert "swordfish" not in body["detail"]
