"""Who may speak to the server, and what a page from it may do. Knows headers, nothing of pictures.

The page talks to this computer, so any other page must not: a request must name a host we answer for (against DNS
rebinding), and what changes something must come from our own page (against cross-site requests). Where the server is
open to others, a token must be shown once; a cookie remembers it.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seewhy.web.problems import respond

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
COOKIE = "seewhy-token"
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses strangers and adds the security headers.

    hosts: names we answer for, without port; "*" for any, which only a token makes safe.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = LOOPBACK, token: str | None = None) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it pass, or answer in its place."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send if scope["type"] == "websocket" else _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "not allowed"})
        else:
            await refusal(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if "*" not in self._hosts and _without_port(host) not in self._hosts:
            return respond(421, f"this server does not answer for {host!r}; open it as localhost, or allow the host")
        if not self._from_our_page(scope, headers.get("origin"), host):
            return respond(403, f"only the server's own page may do this, not {headers.get('origin')!r}")
        return self._token_missing(scope, headers) if self._token else None

    def _from_our_page(self, scope: Scope, origin: str | None, host: str) -> bool:
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if origin is None or not changes:  # programs send no origin, browsers always do
            return True
        place = urlsplit(origin.lower()).netloc
        return place == host or place in self._hosts.difference(LOOPBACK)

    def _token_missing(self, scope: Scope, headers: Headers) -> Response | None:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        shown = query.pop("token", None)
        if scope["type"] == "http" and scope["method"] == "GET" and shown is not None and self._is_token(shown):
            return self._remembering(scope, query)
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        if self._is_token(cookie or headers.get("authorization", "").removeprefix("Bearer ")):
            return None
        return respond(401, "this server wants its token; open the address that `seewhy serve` printed, with ?token=…")

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), (self._token or "").encode())

    def _remembering(self, scope: Scope, query: dict[str, str]) -> Response:
        """The same address without the token, so that it stays out of the history and of what people copy."""
        place = "./" + scope["path"].rsplit("/", 1)[-1] + (f"?{urlencode(query)}" if query else "")
        answer = RedirectResponse(place, 303)
        # no path: the cookie then belongs to the folder the page lies in, also behind a proxy's prefix
        answer.set_cookie(COOKIE, self._token or "", max_age=30 * 86400, path=None, httponly=True, samesite="lax")
        return answer


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
