"""Runs the app on a port and opens the browser when it answers; knows sockets, no routes."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import webbrowser
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

import uvicorn

from seewhy.web.security import LOOPBACK
from seewhy.workbench import Workbench

if TYPE_CHECKING:
    from seewhy.web.events import Hub


def serve(
    workbench: Workbench,
    host: str = "127.0.0.1",
    port: int = 8765,
    open_browser: bool = True,
    token: str | None = None,
    announce: Callable[[str], object] = lambda text: None,
) -> None:
    """Serve the app until it is stopped with Ctrl+C.

    port: 0 takes any free one. announce: told where the page is, once it answers.

    Raises: OSError where the port is taken, ValueError where others could come in without a token.
    """
    from seewhy.web.app import create_app

    if not is_loopback(host) and not token:
        raise ValueError(
            f"on {host} anybody in the network could use this computer; choose a word and pass --token WORD, "
            "or serve on 127.0.0.1"
        )
    listening = listen(host, port)
    address = _address(host, listening.getsockname()[1], token)
    app = create_app(workbench, token=token, hosts=(*LOOPBACK, host) if is_loopback(host) else ("*",))
    server = Server(configuration(app), app.state.hub, lambda: _open(address, open_browser, announce))
    try:
        _run(server, listening)
    finally:
        listening.close()
        workbench.close()


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready, and ends its endless streams before it waits for the others."""

    def __init__(self, config: uvicorn.Config, hub: Hub, ready: Callable[[], object] = lambda: None) -> None:
        super().__init__(config)
        self._hub = hub
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            Thread(target=self._ready, daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let everybody go."""
        self._hub.close()
        await super().shutdown(sockets)


def configuration(app: object) -> uvicorn.Config:
    """How the app is run: no access log, for drawings travel in addresses; no frame above what a model can take."""
    from seewhy.web.live import MOST_BYTES

    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False,  # on one computer, squeezing costs more time than sending
        timeout_graceful_shutdown=3,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket on `host` and `port`; OSError says what to do where there is none to have."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's waiting off only where the protocol is named; with it, each map comes 40 ms late
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere this would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise OSError(_trouble(error, host, port)) from error
    return listening


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _trouble(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is taken, perhaps by another seewhy: open http://{host}:{port} to see, "
            f"or choose another port with `--port {port + 1}`"
        )
    if error.errno == errno.EACCES:
        return f"port {port} is reserved for the system; choose one above 1023 with `--port 8765`"
    return f"could not listen on {host}, port {port}: {error.strerror}; try --host 127.0.0.1"


def _address(host: str, port: int, token: str | None) -> str:
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    place = f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"
    return place + (f"?token={quote(token, safe='')}" if token else "")


def _run(server: Server, listening: socket.socket) -> None:
    """Until it is stopped; beside the event loop where there is one, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        server.run(sockets=[listening])
        return
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        thread.join()
    finally:
        server.should_exit = True
        thread.join()


def _open(address: str, open_browser: bool, announce: Callable[[str], object]) -> None:
    announce(f"seewhy is open at {address}  (stop it with Ctrl+C)")
    if open_browser:
        webbrowser.open(address)
