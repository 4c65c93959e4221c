"""Telling how far a loop is, and stopping it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from seewhy.progress import Cancelled, heed, note, partial, reporting_to, track


class Notebook:
    """Writes down what it hears; says stop after `stop` items."""

    def __init__(self, stop: int | None = None) -> None:
        self.heard: list[tuple[int, int | None, str]] = []
        self.maps: list[np.ndarray] = []
        self.stop = stop

    @property
    def cancelled(self) -> bool:
        return self.stop is not None and bool(self.heard) and self.heard[-1][0] >= self.stop

    def progress(self, done: int, total: int | None, stage: str) -> None:
        self.heard.append((done, total, stage))

    def partial(self, values: np.ndarray) -> None:
        self.maps.append(values)


def test_a_listener_hears_every_step_and_the_end():
    notebook = Notebook()
    with reporting_to(notebook):
        assert list(track("ab", "spelling")) == ["a", "b"]
    assert notebook.heard == [(0, 2, "spelling"), (1, 2, "spelling"), (2, 2, "spelling")]


def test_without_a_listener_nothing_happens_and_no_map_is_made():
    assert list(track(iter([1, 2]), "counting")) == [1, 2]
    partial(lambda: pytest.fail("nobody asked"))


def test_cancelling_raises_inside_the_loop():
    seen: list[int] = []
    with reporting_to(Notebook(stop=2)), pytest.raises(Cancelled):
        seen.extend(track(range(10), "counting"))
    assert seen == [0, 1]


def test_long_work_between_two_items_can_be_stopped_too():
    notebook = Notebook(stop=1)
    heed()  # nobody listens
    with reporting_to(notebook):
        heed()  # nobody said stop
        notebook.progress(1, 10, "counting")
        with pytest.raises(Cancelled):
            heed()


def test_a_listener_hears_only_its_own_thread():
    notebook = Notebook()
    with reporting_to(notebook):
        other = threading.Thread(target=lambda: list(track([1], "elsewhere")))
        other.start()
        other.join()
        partial(lambda: np.ones((1, 1), np.float32))
    assert not notebook.heard
    assert len(notebook.maps) == 1


class Careful(Notebook):
    """Also hears facts."""

    def note(self, facts: dict[str, float]) -> None:
        self.facts = facts


def test_facts_about_a_map_reach_those_who_care_and_nobody_else():
    careful = Careful()
    with reporting_to(careful):
        note(lambda: {"r2": 0.5})
    assert careful.facts == {"r2": 0.5}
    with reporting_to(Notebook()):
        note(lambda: pytest.fail("nobody cares"))
