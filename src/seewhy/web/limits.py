"""No request may send more than a picture can need; knows bytes, not what they mean."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seewhy.web.problems import respond

MAX_BODY = 20 * 2**20


class Limit:
    """Refuses bodies above `most` bytes: by the length they announce, and by what really comes."""

    def __init__(self, app: ASGIApp, most: int = MAX_BODY) -> None:
        self._app = app
        self._most = most
        self._sentence = f"at most {most / 2**20:g} MiB can be sent at once; send a smaller picture"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, and pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > self._most:
            await respond(413, self._sentence)(scope, receive, send)
            return
        came = 0

        async def counting() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._most:
                raise HTTPException(413, self._sentence)
            return message

        await self._app(scope, counting, send)
