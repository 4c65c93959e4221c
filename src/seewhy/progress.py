"""The one place where a long loop meets the outside; knows neither models nor screens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Cancelled(Exception):  # noqa: N818 - a decision of the person, not an error
    """The person asked to stop; raised inside the loop, so that everything it holds is released."""


class Listener(Protocol):
    """What `reporting_to` needs: somewhere to tell, and somebody who may say stop."""

    @property
    def cancelled(self) -> bool: ...

    def progress(self, done: int, total: int | None, stage: str) -> None: ...

    def partial(self, values: NDArray[np.float32]) -> None: ...


@runtime_checkable
class Noting(Protocol):
    """A listener that also hears facts about the map so far."""

    def note(self, facts: dict[str, float]) -> None: ...


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def reporting_to(listener: Listener | None) -> Iterator[None]:
    """Send what `track` and `partial` say inside the block to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def track(items: Iterable[T], stage: str, total: int | None = None) -> Iterator[T]:
    """Yield `items`, saying how many are done; raises Cancelled between two of them when asked to stop.

    >>> list(track([1, 2, 3], "counting"))
    [1, 2, 3]
    """
    listener = _listener.get()
    if listener is None:
        yield from items
        return
    if total is None and isinstance(items, Sized):
        total = len(items)
    listener.progress(0, total, stage)
    for done, item in enumerate(items, start=1):
        if listener.cancelled:
            raise Cancelled(stage)
        yield item
        listener.progress(done, total, stage)
    if listener.cancelled:
        raise Cancelled(stage)


def heed() -> None:
    """Raise Cancelled where somebody asked to stop; for long work between two items of `track`."""
    listener = _listener.get()
    if listener is not None and listener.cancelled:
        raise Cancelled("asked to stop")


def partial(values: Callable[[], NDArray[np.float32]]) -> None:
    """Offer a first, incomplete map (H, W); `values` is only called when somebody listens."""
    listener = _listener.get()
    if listener is not None:
        listener.partial(values())


def note(facts: Callable[[], dict[str, float]]) -> None:
    """Say facts about the map that the next `partial` offers, such as its fit or its gap, to those who care."""
    listener = _listener.get()
    if isinstance(listener, Noting):
        listener.note(facts())
