"""Reports: several results in one file that can be sent to somebody."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from seewhy import reports
from seewhy.reports.zipping import to_zip
from seewhy.web.caching import keepable
from seewhy.web.run_routes import shown
from seewhy.workbench import Workbench
from seewhy.workbench.store import Shelf

KINDS = {"html": "text/html; charset=utf-8", "json": "application/json", "zip": "application/zip"}
KEPT = 256 * 2**20  # bytes of reports of each kind kept on disk
POLICY = (  # a report may run its own script and nothing else; as a stranger, it cannot speak to the server
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)


class Entry(BaseModel):
    """A finished run with what a person says about it."""

    model_config = ConfigDict(extra="forbid")

    run: str
    note: str = Field("", max_length=10_000)


class Wish(BaseModel):
    """A report to be made."""

    model_config = ConfigDict(extra="forbid", title="Report")

    title: str = Field("What the model sees", max_length=300)
    items: list[Entry] = Field(min_length=1, max_length=50)


def routes(workbench: Workbench) -> APIRouter:
    """POST reports, GET reports/{id}.html, .json and .zip."""
    router = APIRouter(tags=["reports"])
    shelves = {ending: Shelf(workbench.cache / "reports", f".{ending}", KEPT) for ending in (*KINDS, "wish")}

    def pack(id: str) -> bytes | None:
        """The archive, made when it is asked for the first time: its pictures take a while."""
        wished = shelves["wish"].read(id)
        if wished is None:
            return None
        wish = Wish.model_validate_json(wished)
        items = [reports.Item(shown(workbench.run(entry.run)), entry.note) for entry in wish.items]
        content = to_zip(wish.title, items)
        shelves["zip"].write(id, content)
        return content

    @router.post("/reports", status_code=201)
    def make(wish: Wish) -> dict[str, Any]:
        """Put finished runs into one file."""
        items = [reports.Item(shown(workbench.run(entry.run)), entry.note) for entry in wish.items]
        id = hashlib.sha256(json.dumps(wish.model_dump(), sort_keys=True).encode()).hexdigest()[:16]
        shelves["wish"].write(id, wish.model_dump_json().encode())
        shelves["html"].write(id, reports.to_html(wish.title, items).encode())
        shelves["json"].write(id, reports.to_json(wish.title, items).encode())
        return {"id": id, "links": {ending: f"api/v1/reports/{id}.{ending}" for ending in KINDS}}

    @router.get("/reports/{id}.{ending}", response_class=Response)
    def report(request: Request, id: str, ending: Literal["html", "json", "zip"]) -> Response:
        """A report as one self-contained file, as its facts and arrays, or as an archive of pictures and arrays."""
        content = shelves[ending].read(id) or (pack(id) if ending == "zip" else None)
        if content is None:
            raise LookupError(f"no report called {id[:40]!r} on this computer; make it again")
        answer = keepable(request, content, KINDS[ending], False, f"seewhy-report-{id}.{ending}")
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    return router
