"""The live socket: a frame of ink in, probabilities at once, the map a little later, a better map when the pen rests.

Knows frames and their order; what to compute is the workbench's business. The newest frame wins: an older one that was
not answered yet is dropped, and an explanation under way stops.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from fastapi import APIRouter, Request, WebSocket
from fastapi.concurrency import run_in_threadpool
from numpy.typing import NDArray
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect

from seewhy.explainers.base import Explainer
from seewhy.progress import Cancelled
from seewhy.results import Explanation
from seewhy.web import wire
from seewhy.web.frames import Config, Question, believed, everything, explained, predicted
from seewhy.web.problems import problem, sentence, status_of
from seewhy.workbench import Workbench

REST = 0.15  # seconds without new ink after which the full explanation is worth its time
MOST_BYTES = 4 * 2**20  # of one frame; the socket closes with 1009 above

log = logging.getLogger("seewhy")


class Frame(NamedTuple):
    """Pixels (H, W, C), 8 bits each, with the number that the answer carries back."""

    seq: int
    pixels: bytes


def routes(workbench: Workbench) -> APIRouter:
    """WS live, and POST live where there is no socket."""
    router = APIRouter(tags=["live"])

    @router.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await Session(workbench, socket).serve()

    @router.post("/live", response_class=Response)
    async def once(
        request: Request,
        model: str,
        method: str | None = None,
        target: str = "argmax",
        centre: bool = True,
        settings: str = "{}",
    ) -> Response:
        """One frame, everything in one answer."""
        config = Config(model=model, method=method, target=_loose(target), centre=centre, settings=_object(settings))
        question = await run_in_threadpool(Question.of, workbench, config)
        pixels = await request.body()
        content = await asyncio.wrap_future(workbench.aside(model, lambda: everything(question, pixels)))
        return Response(content, media_type=wire.SAFETENSORS, headers={"Cache-Control": "no-store"})

    return router


class Session:
    """One socket: a slot for the newest frame, and one loop that answers it."""

    def __init__(self, workbench: Workbench, socket: WebSocket) -> None:
        self._workbench = workbench
        self._socket = socket
        self._question: Question | None = None
        self._newest: Frame | None = None
        self._came = asyncio.Event()
        self._gone = False

    async def serve(self) -> None:
        """Until the page goes."""
        answering = asyncio.create_task(self._answer_frames())
        try:
            await self._listen()
        except WebSocketDisconnect:
            pass
        finally:
            self._gone = True
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("bytes") is not None:
                await self._take(message["bytes"])
            else:
                await self._configure(message.get("text") or "")

    async def _take(self, data: bytes) -> None:
        if self._question is None:
            await self._say("problem", problem(409, "no model was chosen yet; send a config before the first frame"))
        elif len(data) < 4:
            await self._say(
                "problem", problem(422, f"a frame begins with its number in 4 bytes, got {len(data)} bytes in all")
            )
        else:
            self._newest = Frame(struct.unpack_from("<I", data)[0], data[4:])
            self._came.set()

    async def _configure(self, text: str) -> None:
        self._question = None
        try:
            config = Config.model_validate_json(text)
            self._question = await run_in_threadpool(Question.of, self._workbench, config)
        except Exception as error:
            self._question = await run_in_threadpool(self._only_predicting, text)
            await self._say("problem", _problem(error))
        else:
            await self._say("ready", {"model": config.model, "method": config.method})

    def _only_predicting(self, text: str) -> Question | None:
        """What is left of a config whose method or target cannot be: the model, where it is one."""
        with suppress(ValueError, LookupError):
            config = Config.model_validate_json(text)
            return Question.of(self._workbench, Config(model=config.model, centre=config.centre))
        return None

    async def _answer_frames(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            frame, question, self._newest = self._newest, self._question, None
            try:
                if frame and question:
                    await self._answer(frame, question)
            except WebSocketDisconnect:
                return
            except Exception as error:
                await self._say("problem", _problem(error))

    async def _answer(self, frame: Frame, question: Question) -> None:
        seen, belief, spent = await self._compute(question, lambda: question.predict(frame.pixels))
        about = {"seq": frame.seq, "phase": "predict", "ms": round(spent, 2)}
        await self._socket.send_bytes(wire.pack(predicted(belief, seen), about))
        recipe = question.recipe
        if recipe is None or self._stale():
            return
        sketch = recipe.sketch()
        found = await self._explain(question, seen, sketch)
        if found is None:
            return
        await self._show(frame, found, final=False)
        try:
            await asyncio.wait_for(self._came.wait(), REST)
        except TimeoutError:
            found = found if sketch == recipe else await self._explain(question, seen, recipe)
            if found is not None:
                await self._show(frame, found, final=True)
                await self._judge(frame, question, found)

    async def _explain(self, question: Question, seen: NDArray[np.float32], recipe: Explainer) -> Explanation | None:
        """The explanation; None where newer ink came meanwhile."""
        try:
            found: Explanation = await self._compute(question, lambda: question.explain(seen, recipe, self._stale))
        except Cancelled:
            return None
        return found

    async def _compute(self, question: Question, work: Callable[[], Any]) -> Any:
        return await asyncio.wrap_future(self._workbench.aside(question.model, work))

    async def _show(self, frame: Frame, found: Explanation, final: bool) -> None:
        about = {"seq": frame.seq, "phase": "explain", "final": int(final)} | explained(found)
        await self._socket.send_bytes(wire.pack({"values": found.values}, about))

    async def _judge(self, frame: Frame, question: Question, found: Explanation) -> None:
        """How far the map is to be believed, once it is shown and the pen still rests."""
        if self._stale():
            return
        judged = await self._compute(question, lambda: question.trust(found))
        if not self._stale():
            await self._socket.send_bytes(wire.pack({}, {"seq": frame.seq, "phase": "trust"} | believed(judged)))

    async def _say(self, kind: str, facts: dict[str, Any]) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # nobody listens any more
            await self._socket.send_text(json.dumps(facts | {"type": kind}))

    def _stale(self) -> bool:
        return self._gone or self._newest is not None


def _problem(error: Exception) -> dict[str, Any]:
    status = status_of(error)
    if status is None:
        log.error("a live frame broke", exc_info=error)
        return problem(500, f"a mistake of the program ({type(error).__name__}); its log says where")
    return problem(status, sentence(error))


def _loose(text: str) -> Any:
    """A target from a query: JSON where it is JSON, else a label."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise ValueError(f'settings must be a JSON object like {{"steps": 16}}, got {text[:60]!r}')
    return given
