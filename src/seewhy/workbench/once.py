"""Values that are made on first use, each once, also when two threads ask together; knows nothing of what they are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Once(Generic[K, V]):
    """A dictionary that makes what it lacks; whoever asks meanwhile waits for the one that is making it.

    >>> squares = Once(lambda n: n * n)
    >>> squares[3]
    9
    """

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._futures: dict[K, Future[V]] = {}
        self._lock = Lock()

    def __getitem__(self, key: K) -> V:
        with self._lock:
            future = self._futures.get(key)
            mine = future is None
            if future is None:
                future = self._futures[key] = Future()
        if mine:
            self._fill(key, future)
        return future.result()

    def _fill(self, key: K, future: Future[V]) -> None:
        try:
            future.set_result(self._make(key))
        except BaseException as error:
            with self._lock:
                del self._futures[key]  # the next one may try again
            future.set_exception(error)
