"""The page's own files, held in memory and compressed once; knows no route.

Modules go out without the comments that stand on lines of their own, a quarter of what would be sent; the lines stay,
so that an error names the line of the source.

A request's path is only ever looked up in a dictionary, so no path from outside reaches the disk.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from seewhy.web.problems import respond

FOLDER = Path(__file__).parent / "static"
_REMARK = re.compile(rb"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*$", re.DOTALL | re.MULTILINE)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
}


class Asset(NamedTuple):
    """A file as it goes out."""

    content: bytes
    squeezed: bytes | None
    kind: str
    tag: str
    changed: int


class Assets:
    """Serves the files below `folder`; "/" is index.html. Only kinds in TYPES are served."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = (path for path in folder.rglob("*") if path.suffix in TYPES and path.is_file())
        self._paths = {path.relative_to(folder).as_posix(): path for path in files}
        self._held: dict[str, Asset] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET or HEAD."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/") or "index.html"
        if scope["method"] not in ("GET", "HEAD"):
            return respond(405, f"nothing to {scope['method']} here", headers={"Allow": "GET, HEAD"})
        if name not in self._paths:
            return respond(404, f"nothing at {name[:80]!r}; the page is at the root, the API at api/v1")
        asset, asked = self._asset(name), Headers(scope=scope)
        headers = {"ETag": asset.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if asset.tag in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if asset.squeezed and "gzip" in asked.get("accept-encoding", ""):
            return Response(asset.squeezed, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset.kind)
        return Response(asset.content, headers=headers, media_type=asset.kind)

    def _asset(self, name: str) -> Asset:
        """The file as it is now: read again only when it was changed on disk."""
        path = self._paths[name]
        changed = path.stat().st_mtime_ns
        held = self._held.get(name)
        if held is None or held.changed != changed:
            held = self._held[name] = _read(path, changed)
        return held


def _read(path: Path, changed: int) -> Asset:
    content = path.read_bytes()
    if path.suffix == ".js":
        content = _REMARK.sub(lambda remark: b"\n" * remark[0].count(b"\n"), content)
    squeezed = gzip.compress(content, 9, mtime=0) if path.suffix != ".png" else None
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    return Asset(content, squeezed, TYPES[path.suffix], tag, changed)
