"""What a screen about rules asks beside its runs: what rules can be made of, how the values of a unit are spread."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from seewhy.interpolants.search import Search
from seewhy.predicates import Bound
from seewhy.web.caching import keepable
from seewhy.web.run_routes import finished
from seewhy.workbench import Workbench
from seewhy.workbench.because import report
from seewhy.workbench.kinds.asking import read_predicate
from seewhy.workbench.recordings import check_layers, describe, recorded, splits_of
from seewhy.workbench.store import Shelf

BARS = 28
KEPT = 64 * 2**20  # bytes of reports kept on disk
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; sandbox"


class RuleReport(BaseModel):
    """Finished runs of kind "interpolant" or "chain" as one file; place: the part of the page's address from "#" on."""

    model_config = ConfigDict(extra="forbid")

    runs: list[str] = Field(min_length=1, max_length=50)
    place: str = Field("", max_length=400_000, pattern=r"^(#/because\?.*)?$")


def routes(workbench: Workbench) -> APIRouter:
    """GET models/{m}/because, GET because/spread, POST because/reports, GET because/reports/{id}.html."""
    router = APIRouter(tags=["rules"])
    shelf = Shelf(workbench.cache / "reports", ".html", KEPT)

    @router.get("/models/{model:path}/because")
    def setup(model: str) -> dict[str, Any]:
        """The layers and data sets that rules of a model can be made of, and the settings of the search."""
        return {**describe(workbench, model), "settings": Search.model_json_schema()}

    @router.get("/because/spread")
    def spread(
        model: str,
        condition: Annotated[str, Query(description="a bound on one unit, as text or JSON")],
        data: str = "digits",
        size: Annotated[int, Query(ge=1, le=65_536)] = 20_000,
    ) -> dict[str, Any]:
        """How the values of the unit that a bound is about are spread over both splits, and how many satisfy it."""
        classifier = workbench.model(model)
        wish = json.loads(condition) if condition.startswith("{") else condition
        bound = read_predicate(wish, classifier, None)
        if not isinstance(bound, Bound):
            raise ValueError(f"a bound on one unit was wanted, got '{bound}'")
        check_layers(classifier, model, bound.layers)
        rows = [
            recorded(workbench, model, data, split, bound.layers, size).row(bound)
            for split in splits_of(workbench.dataset(data))
        ]
        return _spread(bound, *(row.astype(np.float64) for row in rows))

    @router.post("/because/reports", status_code=201)
    def make(wish: RuleReport) -> dict[str, Any]:
        """Put the rules of finished runs into one file."""
        runs = [workbench.run(id) for id in wish.runs]
        for run in runs:
            if run.task.kind not in ("interpolant", "chain"):
                raise ValueError(f"a rule was wanted, run {run.id} is of kind {run.task.kind!r}; name a rule")
        text = report(workbench, [finished(run).describe() for run in runs], wish.place)
        id = hashlib.sha256(wish.model_dump_json().encode()).hexdigest()[:16]
        shelf.write(id, text.encode())
        return {"id": id, "links": {"html": f"api/v1/because/reports/{id}.html"}}

    @router.get("/because/reports/{id}.html", response_class=Response)
    def look(request: Request, id: str) -> Response:
        """A report as one self-contained file."""
        content = shelf.read(id)
        if content is None:
            raise LookupError(f"no report called {id[:40]!r} on this computer; make it again")
        answer = keepable(request, content, "text/html; charset=utf-8", False, f"seewhy-because-{id}.html")
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    return router


def _spread(bound: Bound, train: NDArray[np.float64], test: NDArray[np.float64]) -> dict[str, Any]:
    low, high = (float(pick((pick(train), pick(test)))) for pick in (np.min, np.max))
    edges = np.linspace(low, high if high > low else low + 1, BARS + 1)
    return {
        "text": str(bound),
        "edges": edges.tolist(),
        "train": np.histogram(train, edges)[0].tolist(),
        "test": np.histogram(test, edges)[0].tolist(),
        "fractions": [float(bound.holds_for(row).mean()) for row in (train, test)],
    }
