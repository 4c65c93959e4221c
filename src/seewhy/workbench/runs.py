"""A task under way: its status, how far it is, what it found so far. Knows threads, not methods."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event, Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seewhy.workbench.findings import Result
from seewhy.workbench.tasks import Question

Status = Literal["queued", "running", "done", "failed", "cancelled"]
Announce = Callable[[str, dict[str, Any]], None]

RARELY = 0.05  # seconds between two announcements of progress; more would only be drawn over each other

log = logging.getLogger("seewhy")


class Run:
    """A task with an id; every change of status happens once, whichever thread comes first.

    announce: told ("progress" | "partial" | "done" | "error", plain data) as things happen.
    """

    def __init__(self, id: str, task: Question, announce: Announce = lambda kind, facts: None) -> None:
        self.id = id
        self.task = task
        self.status: Status = "queued"
        self.progress: dict[str, Any] | None = None
        self.result: Result | None = None
        self.error: dict[str, str] | None = None
        self.partial: NDArray[np.float32] | None = None
        self.version = 0
        self.notes: dict[str, float] = {}  # facts about the partial map
        self.listener = _Reporter(self)
        self._announce = announce
        self._lock = Lock()
        self._over = Event()

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self._over.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over; False where `timeout` seconds were not enough."""
        return self._over.wait(timeout)

    def start(self) -> bool:
        """It is its turn; False where it was cancelled while it waited."""
        with self._lock:
            if self.status == "queued":
                self.status = "running"
            return self.status == "running"

    def finish(self, result: Result) -> None:
        """Here is the answer; nobody wants it any more where the run was cancelled."""
        self._end("done", result=result)

    def fail(self, error: Exception) -> None:
        """It could not be answered; `error` says why."""
        detail = str(error) or type(error).__name__
        self._end("failed", error={"type": type(error).__name__, "detail": detail})

    def cancel(self) -> None:
        """Stop it, queued or running; what it found so far is thrown away. What is over stays as it is."""
        self._end("cancelled")

    def describe(self) -> dict[str, Any]:
        """Everything but arrays, as plain data."""
        with self._lock:
            return {
                "id": self.id,
                "kind": self.task.kind,
                "title": self.task.title,
                "status": self.status,
                "progress": self.progress,
                "task": self.task.model_dump(mode="json"),
                "result": self.result.describe() if self.result else None,
                "error": self.error,
            }

    def report(self, done: int, total: int | None, stage: str, eta: float | None, aloud: bool) -> None:
        """How far it is."""
        with self._lock:
            if self.status != "running":
                return
            self.progress = now = {"done": done, "total": total, "stage": stage, "eta_s": eta}
        if aloud:
            self._announce("progress", {"run": self.id, **now})

    def show(self, values: NDArray[np.float32], aloud: bool) -> None:
        """What it found so far."""
        with self._lock:
            if self.status != "running":
                return
            self.partial = values
            self.version += 1
        if aloud:
            self._announce("partial", {"run": self.id, "version": self.version})

    def _end(self, status: Status, result: Result | None = None, error: dict[str, str] | None = None) -> None:
        with self._lock:
            if self.over:
                return
            self.status, self.result, self.error, self.partial = status, result, error, None
            self._over.set()
        if error:
            self._announce("error", {"run": self.id, "problem": {"title": error["type"], "detail": error["detail"]}})
        else:
            self._announce("done", {"run": self.id, "status": status})


class _Reporter:
    """What `progress.reporting_to` talks to on behalf of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stage = ""
        self._began = 0.0
        self._said = {"progress": 0.0, "partial": 0.0}

    @property
    def cancelled(self) -> bool:
        """Whether the loop shall stop."""
        return self._run.status == "cancelled"

    def progress(self, done: int, total: int | None, stage: str) -> None:
        """Pass it on, with the seconds that are probably left."""
        now = time.perf_counter()
        if stage != self._stage or done == 0:
            self._stage, self._began = stage, now
        spent = now - self._began
        eta = round(spent / done * (total - done), 2) if total and done and spent > 0 else None
        self._run.report(done, total, stage, eta, aloud=done in (0, total) or self._is_time("progress", now))

    def partial(self, values: NDArray[np.float32]) -> None:
        """Pass it on."""
        self._run.show(values, aloud=self._is_time("partial", time.perf_counter()))

    def note(self, facts: dict[str, float]) -> None:
        """Keep it beside the map that comes next."""
        self._run.notes = facts

    def _is_time(self, kind: str, now: float) -> bool:
        if now - self._said[kind] < RARELY:
            return False
        self._said[kind] = now
        return True
