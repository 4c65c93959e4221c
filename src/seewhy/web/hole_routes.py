"""Kept holes: list them, keep one more, write a note, forget one, take them all away as a data set."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from seewhy.holes.folder import LONGEST_NOTE
from seewhy.web.run_routes import finished
from seewhy.workbench import Workbench
from seewhy.workbench.holding import keep

MODEL = Annotated[str | None, Query(description="only those of this model")]


class Keeping(BaseModel):
    """A finished run of kind nonsense, attack or erase whose picture is kept."""

    model_config = ConfigDict(extra="forbid", title="Hole")

    run: str
    note: str = Field("", max_length=LONGEST_NOTE)


class Note(BaseModel):
    """What a person says about a hole."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(max_length=LONGEST_NOTE)


def routes(workbench: Workbench) -> APIRouter:
    """GET and POST holes, PATCH and DELETE holes/{id}, GET holes.zip."""
    router = APIRouter(tags=["holes"])

    @router.get("/holes")
    def listed(model: MODEL = None) -> dict[str, Any]:
        """The holes, oldest first, and a sentence for each row of the table that cannot be read."""
        found = workbench.holes
        return {"holes": [hole.describe() for hole in found.items(model)], "troubles": found.troubles()}

    @router.post("/holes", status_code=201)
    def add(wish: Keeping) -> dict[str, Any]:
        """Keep the picture of a finished run; one that is kept already stays as it is."""
        return keep(workbench.holes, finished(workbench.run(wish.run)), wish.note).describe()

    @router.patch("/holes/{id}")
    def annotate(id: str, wish: Note) -> dict[str, Any]:
        """Write a note to a hole."""
        return workbench.holes.annotate(id, wish.note).describe()

    @router.delete("/holes/{id}", status_code=204)
    def forget(id: str) -> None:
        """Forget a hole and its picture."""
        workbench.holes.remove(id)

    @router.get("/holes.zip", response_class=Response)
    def archive(model: MODEL = None) -> Response:
        """All as a data set: a folder of pictures by what is on them, with the exact values and the table."""
        if not workbench.holes.items(model):
            raise LookupError("no hole is kept yet; make nonsense or an attack, and keep it")
        headers = {"Content-Disposition": 'attachment; filename="seewhy-holes.zip"', "Cache-Control": "no-store"}
        return Response(workbench.holes.to_zip(model), media_type="application/zip", headers=headers)

    return router
