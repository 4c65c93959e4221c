"""The web app: one FastAPI application over a workbench. Knows routes and their order, computes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from seewhy import __version__
from seewhy.web import (
    because_routes,
    events,
    hole_routes,
    image_routes,
    item_routes,
    live,
    model_routes,
    problems,
    report_routes,
    run_routes,
)
from seewhy.web.assets import Assets
from seewhy.web.limits import Limit
from seewhy.web.security import LOOPBACK, Guard
from seewhy.web.serving import serve
from seewhy.web.squeezing import Squeeze
from seewhy.workbench import Workbench

__all__ = ["create_app", "serve"]

BASE = "/api/v1"


def create_app(workbench: Workbench, *, token: str | None = None, hosts: Sequence[str] = LOOPBACK) -> FastAPI:
    """The application: the API under api/v1, the page at the root.

    token: what visitors must show once, as ?token=…; hosts: names the server answers for, without port.
    """
    hub = events.Hub(workbench)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        hub.close()

    app = FastAPI(
        title="seewhy",
        version=__version__,
        docs_url=None,  # these pages would load scripts from elsewhere
        redoc_url=None,
        openapi_url=f"{BASE}/openapi.json",
        lifespan=lifespan,
    )
    app.state.hub = hub
    api = APIRouter(prefix=BASE)
    for part in (because_routes, model_routes, item_routes, image_routes, run_routes, live, report_routes, hole_routes):
        api.include_router(part.routes(workbench))
    api.include_router(events.routes(hub))
    app.include_router(api)
    app.mount("/", Assets())
    problems.install(app)
    app.add_middleware(Limit)
    app.add_middleware(Squeeze)
    app.add_middleware(Guard, hosts=hosts, token=token)  # the last one added is the first to see a request
    return app
