"""What a screen about rules asks beside its runs: what rules can be made of, how the values of a unit are spread."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from seewhy.interpolants.search import Search
from seewhy.predicates import Bound
from seewhy.workbench import Workbench
from seewhy.workbench.kinds.asking import read_predicate
from seewhy.workbench.recordings import check_layers, describe, recorded, splits_of

BARS = 28


def routes(workbench: Workbench) -> APIRouter:
    """GET models/{m}/because, GET because/spread."""
    router = APIRouter(tags=["rules"])

    @router.get("/models/{model}/because")
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
