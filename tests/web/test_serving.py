from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import httpx
import pytest

from seewhy.web import serving
from seewhy.web.serving import is_loopback, listen, serve
from seewhy.workbench import Workbench

SCRIPT = """
import sys
from pathlib import Path
from seewhy.web.threads import prepare_threads
prepare_threads()
from seewhy.web.app import serve
from seewhy.workbench import Workbench
bench = Workbench(cache=Path(sys.argv[1]), paths=False)
serve(bench, port=0, open_browser=False, announce=lambda text: print(text, flush=True))
"""


def test_a_port_that_is_taken_says_what_to_do(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} is taken.*--port {port + 1}"):
            serve(Workbench(cache=tmp_path), port=port, open_browser=False)


def test_a_host_that_is_not_ours_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"could not listen on 203\.0\.113\.1.*--host 127\.0\.0\.1"):
        serve(Workbench(cache=tmp_path), host="203.0.113.1", port=0, open_browser=False, token="x")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])
def test_others_may_only_come_in_with_a_token(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="--token"):
        serve(Workbench(cache=tmp_path), host=host, open_browser=False)


def test_what_only_this_computer_can_reach() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.example")] == [False] * 4


def test_small_answers_leave_at_once() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP  # by which asyncio turns Nagle's waiting off


def test_the_browser_opens_when_the_page_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, int]] = []
    servers: list[serving.Server] = []
    monkeypatch.setattr(serving.webbrowser, "open", lambda address: opened.append((address, _status(address))))
    real = serving.Server.startup

    async def noting(self: serving.Server, sockets: list[socket.socket] | None = None) -> None:
        servers.append(self)
        await real(self, sockets)

    monkeypatch.setattr(serving.Server, "startup", noting)
    told: list[str] = []
    options = {"port": 0, "token": "a b&c", "announce": told.append}
    thread = Thread(target=serve, args=(Workbench(cache=tmp_path),), kwargs=options)
    thread.start()
    end = time.perf_counter() + 10
    while not opened and time.perf_counter() < end:
        time.sleep(0.02)
    servers[0].should_exit = True
    thread.join(10)
    ((address, status),) = opened
    assert status == 303  # the token is shown and then leaves the address
    assert address.endswith("/?token=a%20b%26c")
    assert address in told[0]


def _status(address: str) -> int:
    return httpx.get(address, trust_env=False).status_code


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_it_soon_though_somebody_listens_and_a_run_is_under_way(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = process.stdout.readline().split()[4]
    with httpx.Client(base_url=f"{url}api/v1/", timeout=10, trust_env=False) as client:
        assert client.get("health").json()["status"] == "ready"
        task = {
            "model": "mnist-cnn",
            "image": "digits/test/3",
            "method": "integrated-gradients",
            "settings": {"steps": 900},
        }
        assert client.post("runs", json=task).status_code == 202
        with client.stream("GET", "events") as answer:
            next(answer.iter_lines())
            started = time.perf_counter()
            process.send_signal(signal.SIGINT)
            process.wait(10)  # by the signal, or in order where nothing was left to stop
            assert time.perf_counter() - started < 5
    _, errors = process.communicate()
    assert "Traceback" not in errors.replace("KeyboardInterrupt", "") or errors.strip().endswith("KeyboardInterrupt")
