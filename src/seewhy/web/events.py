"""One stream of server-sent events for all runs: whatever the page shows, it needs one connection."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from threading import Lock
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from seewhy.workbench import Workbench

PING = 15.0  # seconds; proxies close what is silent for longer
REMEMBERED = 500  # events that a reader who lost the line may still get
BEHIND = 1000  # events after which a reader who does not read is let go


class Hub:
    """Passes what the workbench tells, from any thread, to every reader's event loop."""

    def __init__(self, workbench: Workbench) -> None:
        self._session = secrets.token_hex(3)  # ids of an earlier session must not be taken for ours
        self._past: deque[tuple[int, bytes]] = deque(maxlen=REMEMBERED)
        self._count = 0
        self._readers: set[Callable[[bytes | None], None]] = set()
        self._lock = Lock()
        self._stop = workbench.subscribe(self.publish)

    def publish(self, kind: str, facts: dict[str, Any]) -> None:
        """Tell every reader."""
        with self._lock:
            self._count += 1
            text = f"id: {self._session}-{self._count}\nevent: {kind}\ndata: {json.dumps(facts)}\n\n".encode()
            self._past.append((self._count, text))
            readers = list(self._readers)
        for tell in readers:
            tell(text)

    def close(self) -> None:
        """End every stream, and listen no more."""
        self._stop()
        with self._lock:
            readers = list(self._readers)
        for tell in readers:
            tell(None)

    async def stream(self, last: str = "") -> AsyncIterator[bytes]:
        """Events as they come, first those after the id `last`."""
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes | None](BEHIND)

        def tell(text: bytes | None) -> None:
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(_put, queue, text)

        with self._lock:
            missed = self._after(last)
            self._readers.add(tell)
        try:
            yield b": welcome\n\n" + b"".join(missed)
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), PING)
                except TimeoutError:
                    text = b": ping\n\n"
                if text is None:
                    return
                yield text
        finally:
            with self._lock:
                self._readers.discard(tell)

    def _after(self, last: str) -> list[bytes]:
        session, _, number = last.partition("-")
        if session != self._session or not number.isdigit():
            return []
        return [text for count, text in self._past if count > int(number)]


def routes(hub: Hub) -> APIRouter:
    """GET events."""
    router = APIRouter()

    @router.get("/events", response_class=StreamingResponse, tags=["runs"])
    async def events(request: Request) -> StreamingResponse:
        """progress, partial, done and error of all runs, as server-sent events."""
        last = request.headers.get("last-event-id", "")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(hub.stream(last), media_type="text/event-stream", headers=headers)

    return router


def _put(queue: asyncio.Queue[bytes | None], text: bytes | None) -> None:
    if queue.full():  # the reader is stuck: end its stream, it will ask again for what it missed
        queue.get_nowait()
        text = None
    queue.put_nowait(text)
