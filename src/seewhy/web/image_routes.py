"""Pictures out and in: one by address, many on a sheet, and what a person uploads or draws."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from numpy.typing import NDArray
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from seewhy import images
from seewhy.web import wire
from seewhy.web.caching import keepable
from seewhy.workbench import Workbench

MOST_TILES = 400


class Drawing(BaseModel):
    """A drawing as the page keeps it in a link, with or without the leading "ink:"."""

    ink: str


def routes(workbench: Workbench) -> APIRouter:
    """GET images/{address}, GET sprite, POST images."""
    router = APIRouter()

    @router.get("/images/{address:path}", response_class=Response, tags=["images"])
    def image(
        request: Request,
        address: str,
        size: Annotated[int | None, Query(ge=1, le=2048)] = None,
        form: Annotated[Literal["png", "npy"], Query(alias="as")] = "png",
    ) -> Response:
        """A picture as PNG, its longer side at `size`, or its values (C, H, W) as npy."""
        found = workbench.image(address)
        if form == "npy":
            return keepable(request, wire.npy(found.image), wire.NPY, found.lasting)
        shown = images.enlarge(found.image, size) if size else found.image
        return keepable(request, images.to_png(shown), "image/png", found.lasting)

    @router.get("/sprite", response_class=Response, tags=["images"])
    def sprite(
        request: Request,
        listed: Annotated[str, Query(alias="images", description="addresses, separated by commas")],
        size: Annotated[int, Query(ge=8, le=256)] = 56,
        columns: Annotated[int, Query(ge=1, le=100)] = 20,
        model: Annotated[str | None, Query(description="show them as this model sees them")] = None,
    ) -> Response:
        """Many pictures in one, row by row, each in a square of `size`."""
        addresses = listed.split(",")
        if len(addresses) > MOST_TILES:
            raise ValueError(f"a sheet has at most {MOST_TILES} pictures, got {len(addresses)}; ask for several")
        tiles, lasting = [], True
        for address in addresses:  # one at a time: uploads are large
            picture = workbench.image(address, model)
            tiles.append(_tile(picture.image, size))
            lasting = lasting and picture.lasting
        return keepable(request, _sheet(tiles, columns), "image/png", lasting)

    @router.post("/images", status_code=201, tags=["images"])
    async def add(request: Request) -> dict[str, Any]:
        """Keep a picture: a file as the body, a form's `file`, or {"ink": …}."""
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind == "application/json":
            drawing = Drawing.model_validate_json(await request.body())
            return await run_in_threadpool(_facts, workbench, "ink:" + drawing.ink.removeprefix("ink:"))
        data = await _file(request) if kind == "multipart/form-data" else await request.body()
        if not kind.startswith(("image/", "multipart/")) and kind != "application/octet-stream":
            raise HTTPException(415, f"send a picture (image/*), a form, or JSON with ink, got {kind or 'nothing'}")
        address = await run_in_threadpool(workbench.add_image, data)
        return await run_in_threadpool(_facts, workbench, address)

    return router


async def _file(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=8) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ValueError("a form must carry the picture as 'file'")
        return await file.read()


def _facts(workbench: Workbench, address: str) -> dict[str, Any]:
    image = workbench.image(address).image
    channels, height, width = image.shape
    digest = hashlib.sha256(np.rint(image * 255).astype(np.uint8).tobytes()).hexdigest()
    return {"address": address, "width": width, "height": height, "channels": channels, "sha256": digest}


def _tile(image: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """The picture in the middle of a square."""
    shown = images.enlarge(image, size)
    height, width = shown.shape[1:]
    tile = np.zeros((shown.shape[0], size, size), np.float32)
    top, left = (size - height) // 2, (size - width) // 2
    tile[:, top : top + height, left : left + width] = shown
    return tile


def _sheet(tiles: list[NDArray[np.float32]], columns: int) -> bytes:
    channels, size = max(len(tile) for tile in tiles), tiles[0].shape[1]
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = np.zeros((channels, rows * size, columns * size), np.float32)
    for number, tile in enumerate(tiles):
        top, left = number // columns * size, number % columns * size
        sheet[:, top : top + size, left : left + size] = tile  # grey spreads over the colours
    return images.to_png(sheet)
