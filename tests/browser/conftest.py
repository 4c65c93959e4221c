"""A real server and a real Chromium; every page is watched for errors and for requests that leave home."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
HERE = Path(__file__).parent


def chromium() -> str | None:
    """Where a Chromium is, if any."""
    named = os.environ.get("SEEWHY_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Server:
    """The app in a process of its own, which can be stopped and started again on the same port."""

    def __init__(self, cache: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.cache = cache
        self.url = f"http://127.0.0.1:{self.port}/"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.process = subprocess.Popen([sys.executable, str(HERE / "server.py"), str(self.port), str(self.cache)])
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(self.url + "api/v1/health").json()["status"] == "ready":
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError("the server did not answer within a minute")

    def stop(self) -> None:
        """Stop it as a person would, hard if it hesitates."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all browser tests."""
    running = Server(tmp_path_factory.mktemp("cache"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all browser tests."""
    path = chromium()
    if path is None:
        message = "needs Chromium: install it, or name one in SEEWHY_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Open the app: `open_page("#/draw", width=…, height=…, **context settings)`; errors fail the test at its end.

    page.expected: a list of texts; a console error that holds one of them is forgiven (a test that stops the server).
    """
    contexts, troubles = [], []

    def open_(hash_: str = "#/draw", width: int = 1280, height: int = 860, **settings: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective))"
        )
        contexts.append(context)
        page = context.new_page()
        page.expected = []
        page.requests = []

        def trouble(text: str) -> None:
            if not any(part in text for part in page.expected):
                troubles.append(text)

        page.on("console", lambda m: trouble(f"console: {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: trouble(f"page: {error}"))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(server.url + hash_)
        page.wait_for_selector("h1")
        return page

    yield open_
    for context in contexts:
        for page in context.pages:
            foreign = [u for u in getattr(page, "requests", []) if not u.startswith((server.url, "data:", "blob:"))]
            troubles.extend(f"left home: {url}" for url in foreign if not url.startswith(("ws://127.0.0.1", "file:")))
        context.close()
    assert not troubles, troubles
