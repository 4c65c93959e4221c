"""Answers that a browser may keep: for ever where the address names the content, else while the tag is the same."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

FOREVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"


def keepable(request: Request, content: bytes, kind: str, forever: bool, filename: str | None = None) -> Response:
    """`content` with its tag; 304 where the browser has it.

    forever: whether this address can never mean other content.
    filename: what a browser calls it when it saves it.
    """
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": FOREVER if forever else ASK_AGAIN}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if filename:
        headers["Content-Disposition"] = f'inline; filename="{filename}"'
    return Response(content, media_type=kind, headers=headers)
