from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from seewhy.workbench.once import Once


def test_two_threads_that_ask_together_make_it_once() -> None:
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        time.sleep(0.05)
        return key.upper()

    values = Once(make)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(values.__getitem__, ["a"] * 8)) == {"A"}
    assert made == ["a"]


def test_a_failure_is_told_to_all_and_tried_again() -> None:
    tries: list[int] = []

    def make(key: str) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise LookupError("not yet")
        return 7

    values = Once(make)
    with pytest.raises(LookupError, match="not yet"):
        values["a"]
    assert values["a"] == 7
