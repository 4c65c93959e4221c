"""Tasks in, runs out: start, look, cancel, and everything a finished run can give."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Body, Header, Query, Request
from fastapi.responses import JSONResponse
from numpy.typing import NDArray
from starlette.responses import Response

from seewhy import __version__, images
from seewhy.reports.exhibits import Exhibit
from seewhy.results import Explanation
from seewhy.web import wire
from seewhy.web.caching import keepable
from seewhy.web.problems import Conflict
from seewhy.workbench import Result, Run, Workbench, kinds

KINDS = {"picture.png": "image/png", "result.npz": "application/zip", "result.json": "application/json"}
MOST_PATIENT = 10.0  # seconds that a client may be kept waiting


def routes(workbench: Workbench) -> APIRouter:
    """POST runs; GET and DELETE runs/{id}; GET its arrays and files."""
    router = APIRouter(tags=["runs"])

    over: dict[int | str, dict[str, Any]] = {200: {"description": "it is over already"}}

    @router.post("/runs", status_code=202, responses=over, openapi_extra=_asked())
    def start(task: Annotated[dict[str, Any], Body()], prefer: Annotated[str, Header()] = "") -> JSONResponse:
        """Start a task of any kind, or find the run it has; `Prefer: wait=2` waits for it."""
        run = workbench.submit(kinds.task_from(task))
        patience = re.search(r"\bwait=(\d{1,4}(?:\.\d+)?)", prefer)
        if patience:
            run.wait(min(MOST_PATIENT, float(patience[1])))
        return JSONResponse(_describe(run), 200 if run.over else 202, {"Location": f"runs/{run.id}"})

    @router.get("/runs/{id}")
    def look(id: str) -> dict[str, Any]:
        """A run: its status, how far it is, and its result without arrays."""
        return _describe(workbench.run(id))

    @router.delete("/runs/{id}", status_code=204)
    def cancel(id: str) -> None:
        """Stop a run, queued or under way."""
        workbench.cancel(id)

    @router.get("/runs/{id}/arrays", response_class=Response)
    def arrays(
        request: Request,
        id: str,
        names: Annotated[str | None, Query(description="separated by commas; all without")] = None,
        partial: Annotated[bool, Query(description="the map so far")] = False,
    ) -> Response:
        """Arrays of a run as safetensors."""
        run = workbench.run(id)
        if partial and not run.over:
            facts = {"version": run.version, **run.notes}
            return Response(wire.pack({"values": _so_far(run)}, facts), media_type=wire.SAFETENSORS)
        held = finished(run).all_arrays()
        wanted = names.split(",") if names else list(held)
        return keepable(request, wire.pack({name: _named(held, name, id) for name in wanted}), wire.SAFETENSORS, True)

    @router.get("/runs/{id}/arrays/{name}.npy", response_class=Response)
    def array(request: Request, id: str, name: str) -> Response:
        """One array of a run as npy."""
        held = finished(workbench.run(id)).all_arrays()
        return keepable(request, wire.npy(_named(held, name, id)), wire.NPY, True, f"seewhy-{id}-{name}.npy")

    @router.get("/runs/{id}/{file}", response_class=Response)
    def file(
        request: Request,
        id: str,
        file: Literal["picture.png", "result.npz", "result.json"],
        view: Literal["map", "overlay", "mask"] = "map",
        opacity: Annotated[float, Query(ge=0, le=1)] = 1.0,
        scale: Annotated[float | None, Query(gt=0, description="the value drawn in full colour")] = None,
    ) -> Response:
        """The finding as a picture with its caption; everything as npz; or the facts as JSON.

        view, opacity and scale are for the picture of a map.
        """
        run = workbench.run(id)
        found = finished(run)
        if file == "picture.png":
            content = _picture(shown(run), {"view": view, "opacity": opacity, "scale": scale})
        else:
            content = found.to_npz() if file == "result.npz" else found.to_json()
        return keepable(request, content, KINDS[file], True, f"seewhy-{run.task.title}-{id}-{file}")

    return router


def finished(run: Run) -> Result:
    """The result of a run; Conflict in words where there is none."""
    if run.result is not None:
        return run.result
    if run.error is not None:
        raise Conflict("failed", run.error["detail"])
    if run.status == "cancelled":
        raise Conflict("cancelled", "this run was cancelled, so it has no result; send the task again")
    raise Conflict(run.status, "this run is not over yet; listen to its events, or ask again in a while")


def shown(run: Run) -> Explanation | Exhibit:
    """What a picture or a report shows of a run; ValueError where it is of a kind without pictures."""
    found = finished(run)
    exhibit = found if isinstance(found, Explanation) else kinds.kind_of(run.task).exhibit(run.task, found)
    if exhibit is None:
        raise ValueError(f"run {run.id} is of kind {run.task.kind!r}, which has no picture; name a map or an attack")
    return exhibit


def _describe(run: Run) -> dict[str, Any]:
    facts, place = run.describe(), f"api/v1/runs/{run.id}"
    if run.result is not None:
        facts["result"]["python"] = kinds.kind_of(run.task).python(run.task, run.result)
    links = {"self": place, "arrays": f"{place}/arrays", "picture": f"{place}/picture.png"}
    return facts | {"links": links}


def _asked() -> dict[str, Any]:
    """The tasks of every kind, for openapi.json."""
    schemas = [kind.task.model_json_schema() for kind in kinds.KINDS]
    return {"requestBody": {"content": {"application/json": {"schema": {"oneOf": schemas}}}, "required": True}}


def _picture(found: Explanation | Exhibit, look: dict[str, Any]) -> bytes:
    """As PNG that says what it is; only a map has a look of its own."""
    drawn, words = (
        (found.picture(), found.sentence) if isinstance(found, Exhibit) else (found.picture(**look), found.caption)
    )
    return images.to_png(drawn, {"Description": words, "Software": f"seewhy {__version__}"})


def _so_far(run: Run) -> NDArray[np.float32]:
    if run.partial is None:
        raise Conflict(run.status, "nothing is to be seen of this run yet; wait for its first 'partial' event")
    return run.partial


def _named(held: dict[str, NDArray[Any]], name: str, id: str) -> NDArray[Any]:
    if name not in held:
        raise LookupError(f"run {id} has no array {name[:40]!r}; it has {', '.join(held)}")
    return held[name]
