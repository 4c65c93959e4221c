"""A real server on this computer, with tiny models, and clients that know where it is."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import httpx
import pytest
import torch
from torch import nn

from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.web.app import create_app
from seewhy.web.serving import Server, configuration, listen
from seewhy.workbench import Workbench


class Slow(nn.Module):
    """Takes 30 ms for every pass."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(36, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 3)."""
        time.sleep(0.03)
        return self.head(x.flatten(1))


@pytest.fixture(scope="session")
def models() -> dict[str, Any]:
    """A quick model, a slow one, one in colour, and one that only tells probabilities."""
    torch.manual_seed(3)
    quick = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    colour = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 30, 2))
    labels = ["<b>a</b>", "b", "c"]
    return {
        "quick": PyTorchClassifier(quick, labels, (1, 6, 6), name="quick"),
        "slow": PyTorchClassifier(Slow(), labels, (1, 6, 6), name="slow"),
        "colour": PyTorchClassifier(colour, ["warm", "cold"], (3, 5, 6), name="colour"),
        "box": FunctionClassifier(_certain, ["yes", "no"], (1, 6, 6), name="box"),
    }


def _certain(x: Any) -> Any:
    import numpy as np

    light = x.mean((1, 2, 3))
    return np.stack([light, 1 - light], 1)


@contextmanager
def serving(workbench: Workbench, **options: Any) -> Iterator[str]:
    """Run the app in a thread; gives its address without a slash at the end."""
    app = create_app(workbench, **options)
    listening = listen("127.0.0.1", 0)
    server = Server(configuration(app), app.state.hub)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        workbench.close()


@pytest.fixture(scope="session")
def workbench(models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """What the server works with."""
    return Workbench(cache=tmp_path_factory.mktemp("cache"), models=models, paths=False, queue=8)


@pytest.fixture(scope="session")
def url(workbench: Workbench) -> Iterator[str]:
    """The server's address."""
    with serving(workbench) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """A client of the API."""
    with httpx.Client(base_url=f"{url}/api/v1/", timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def raw(url: str) -> Iterator[socket.socket]:
    """A bare connection, for what no client would send."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        yield connection


@pytest.fixture(scope="session")
def serve() -> Any:
    """`serving`, for tests that need a server of their own."""
    return serving
