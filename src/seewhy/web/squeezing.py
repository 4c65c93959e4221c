"""Compresses JSON and HTML answers that come in one piece; leaves streams, pictures and arrays as they are."""

from __future__ import annotations

import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WORTH = 1000  # bytes; below, a packet is a packet


class Squeeze:
    """gzip for whoever accepts it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and compress what comes back."""
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        start: Message = {}

        async def sending(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_text(message):
                start = message  # wait for the body: its compressed length belongs into the head
                return
            if start:
                head, start = start, {}
                await send(_squeezed(head, message))
            await send(message)

        await self._app(scope, receive, sending)


def _is_text(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "")
    return kind.startswith(("application/json", "text/html")) and "content-encoding" not in headers


def _squeezed(start: Message, body: Message) -> Message:
    """The head for `body`, which is compressed in place where that is worth it."""
    headers = MutableHeaders(raw=start["headers"])
    headers.add_vary_header("Accept-Encoding")
    if not body.get("more_body") and len(body.get("body", b"")) >= WORTH:
        body["body"] = gzip.compress(body["body"], 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body["body"]))
    return start
