"""Errors as application/problem+json (RFC 9457): what was wanted, what came, what to do."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from seewhy.workbench import QueueFull

MEDIA_TYPE = "application/problem+json"


class Conflict(Exception):  # noqa: N818 - a state, not a fault
    """What is asked for does not exist in the state the thing is in; `title` names the state."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(detail)
        self.title = title


def status_of(error: Exception) -> int | None:
    """The HTTP status that `error` means; None for what only a mistake of ours can raise."""
    if isinstance(error, QueueFull):
        return 429
    if isinstance(error, Conflict):
        return 409
    if isinstance(error, ConnectionError):
        return 503
    if type(error) is LookupError or isinstance(error, FileNotFoundError | IsADirectoryError):
        return 404  # but not KeyError or IndexError: those are mistakes of ours
    if isinstance(error, ValueError) or type(error) in (TypeError, ImportError):  # an extra that is not installed
        return 422
    return 507 if isinstance(error, OSError) else None


def problem(status: int, detail: str, title: str | None = None) -> dict[str, Any]:
    """The body of an answer that is no answer."""
    body = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status, "detail": detail}
    meant = re.search(r"did you mean '([^']+)'", detail)
    return body | ({"did_you_mean": meant[1]} if meant else {})


def sentence(error: Exception) -> str:
    """What `error` says, in one sentence."""
    if isinstance(error, ValidationError):
        return "; ".join(_one(dict(detail)) for detail in error.errors())
    return str(error)


def respond(status: int, detail: str, title: str | None = None, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer itself."""
    return JSONResponse(problem(status, detail, title), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error leave the app as a problem."""
    for kind in (LookupError, ValueError, TypeError, OSError, QueueFull, Conflict):
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)


async def _known(_request: Request, error: Exception) -> JSONResponse:
    status = status_of(error)
    if status is None:
        raise error
    return respond(status, sentence(error), getattr(error, "title", None))


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return respond(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return respond(422, "; ".join(_one(one) for one in error.errors()))


async def _broken(_request: Request, error: Exception) -> JSONResponse:
    return respond(500, f"a mistake of the program ({type(error).__name__}); its log says where")


def _one(one: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in one["loc"] if part not in ("body", "query", "path"))
    wanted = one["msg"][0].lower() + one["msg"][1:]
    came = one.get("input")
    got = f", got {came!r:.80}" if isinstance(came, str | int | float) else ""
    return f"{place}: {wanted}{got}" if place else f"{wanted}{got}"
