"""The runs of a session by id: the same task is the same run, a bounded number waits, whoever wants hears of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from seewhy.workbench.runs import Run
from seewhy.workbench.tasks import Question

KEPT = 64  # finished runs kept in memory; their results stay on disk

Subscriber = Callable[[str, dict[str, Any]], None]


class QueueFull(RuntimeError):  # noqa: N818 - a state, not a fault
    """More waits already than anybody would wait for."""


class Ledger:
    """Runs by id; safe to use from any thread.

    queue: how many runs may wait or be under way at once.
    """

    def __init__(self, queue: int) -> None:
        self._queue = queue
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._subscribers: list[Subscriber] = []
        self._lock = Lock()

    def get(self, id: str) -> Run | None:
        """The run called `id`, in whatever state it is."""
        with self._lock:
            return self._runs.get(id)

    def all(self) -> list[Run]:
        """Every run, oldest first."""
        with self._lock:
            return list(self._runs.values())

    def open(self, id: str, task: Question) -> tuple[Run, bool]:
        """The run for `id`, and whether it is new; one that failed or was cancelled gets a second chance.

        Raises: QueueFull.
        """
        with self._lock:
            known = self._runs.get(id)
            if known is not None and known.status not in ("failed", "cancelled"):
                return known, False
            if sum(not run.over for run in self._runs.values()) >= self._queue:
                raise QueueFull(f"at most {self._queue} runs may wait at once; wait until one ends, or cancel one")
            run = self._runs[id] = Run(id, task, self.announce)
            self._runs.move_to_end(id)
            self._forget_old()
            return run, True

    def announce(self, kind: str, facts: dict[str, Any]) -> None:
        """Tell every subscriber."""
        with self._lock:
            subscribers = list(self._subscribers)
        for subscriber in subscribers:
            subscriber(kind, facts)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Tell `subscriber` from now on; gives the way to stop."""
        with self._lock:
            self._subscribers.append(subscriber)

        def stop() -> None:
            with self._lock:
                if subscriber in self._subscribers:
                    self._subscribers.remove(subscriber)

        return stop

    def _forget_old(self) -> None:
        over = [id for id, run in self._runs.items() if run.over]
        for id in over[: max(0, len(over) - KEPT)]:
            del self._runs[id]
