"""The images of a split as a list: all, by label, or by what a model says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from seewhy.datasets.base import ImageSet
from seewhy.web.run_routes import finished
from seewhy.workbench import Workbench
from seewhy.workbench.kinds.predictions import PredictionsTask

PATIENCE = 10.0  # seconds that a list may wait for its predictions; longer ones are a run of their own

Sort = Literal["index", "score", "loss", "-index", "-score", "-loss"]


@dataclass(frozen=True)
class Wish:
    """Which images are wanted, by class index of the model (of the data set, where no model is named)."""

    predicted: int | None
    label: int | None
    correct: bool | None
    sort: Sort


def routes(workbench: Workbench) -> APIRouter:
    """GET datasets/{d}/{split}/items."""
    router = APIRouter()

    @router.get("/datasets/{dataset}/{split}/items", tags=["data sets"])
    def items(
        dataset: str,
        split: str,
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
        cursor: Annotated[int, Query(ge=0, description="where the last answer said the next one begins")] = 0,
        label: Annotated[int | None, Query(ge=0)] = None,
        model: Annotated[str | None, Query(description="whose predictions are wanted")] = None,
        predicted: Annotated[int | None, Query(ge=0)] = None,
        correct: Annotated[bool | None, Query(description="only where the model is right, or only where wrong")] = None,
        sort: Annotated[Sort, Query(description="score: least sure first; loss: most wrong first")] = "index",
    ) -> dict[str, Any]:
        """Images from `cursor` on. With `model`, each has its prediction and can be chosen by it.

        Predictions are computed once and kept; while they take longer than ten seconds the answer is 409, and the run
        of kind "predictions" for this model, data set and split tells how far they are.
        """
        data = workbench.dataset(dataset)
        data.check_split(split)
        wish = Wish(predicted, label, correct, sort)
        if model is None:
            return _plain(data, split, wish, cursor, limit)
        run = workbench.submit(PredictionsTask(model=model, data=data.name, split=split))
        run.wait(PATIENCE)
        return _judged(data, split, workbench.model(model).labels, finished(run).all_arrays(), wish, cursor, limit)

    return router


def _plain(data: ImageSet, split: str, wish: Wish, cursor: int, limit: int) -> dict[str, Any]:
    if wish.predicted is not None or wish.correct is not None or wish.sort.lstrip("-") != "index":
        raise ValueError("choosing by prediction needs a model; add model=NAME")
    truth = data.truth(split)
    wanted = np.arange(len(truth)) if wish.label is None else np.flatnonzero(truth == wish.label)
    if wish.sort == "-index":
        wanted = wanted[::-1]
    page = wanted[cursor : cursor + limit]
    listed = [_item(data, split, int(index), data.labels, int(truth[index])) for index in page]
    return _page(listed, len(wanted), cursor, limit)


def _judged(
    data: ImageSet,
    split: str,
    labels: tuple[str, ...],
    found: dict[str, NDArray[Any]],
    wish: Wish,
    cursor: int,
    limit: int,
) -> dict[str, Any]:
    wanted = _wanted(found, wish)
    listed = []
    for index in wanted[cursor : cursor + limit].tolist():
        truth, guess, loss = int(found["label"][index]), int(found["predicted"][index]), float(found["loss"][index])
        listed.append(
            _item(data, split, index, labels, truth)
            | {
                "predicted": guess,
                "predicted_name": labels[guess],
                "score": float(found["score"][index]),
                "loss": None if np.isnan(loss) else loss,
                "correct": None if truth < 0 else truth == guess,
            }
        )
    return _page(listed, len(wanted), cursor, limit)


def _wanted(found: dict[str, NDArray[Any]], wish: Wish) -> NDArray[np.int64]:
    """The numbers of the images that are wanted, in the order that is wanted."""
    keep = np.ones(len(found["predicted"]), bool)
    if wish.predicted is not None:
        keep &= found["predicted"] == wish.predicted
    if wish.label is not None:
        keep &= found["label"] == wish.label
    if wish.correct is not None:
        keep &= (found["label"] >= 0) & ((found["predicted"] == found["label"]) == wish.correct)
    wanted = np.flatnonzero(keep)
    by = wish.sort.lstrip("-")
    if by != "index":
        worth = found["score"][wanted] if by == "score" else -np.nan_to_num(found["loss"][wanted], nan=-1.0)
        wanted = wanted[np.argsort(worth, kind="stable")]
    return wanted[::-1] if wish.sort.startswith("-") else wanted


def _item(data: ImageSet, split: str, index: int, labels: tuple[str, ...], label: int) -> dict[str, Any]:
    known = 0 <= label < len(labels)
    names = {"label": label, "label_name": labels[label]} if known else {"label": None, "label_name": None}
    return {"address": data.address(split, index), "index": index} | names


def _page(listed: list[dict[str, Any]], total: int, cursor: int, limit: int) -> dict[str, Any]:
    after = cursor + limit
    return {"items": listed, "next_cursor": after if after < total else None, "total": total}
