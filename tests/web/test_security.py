from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from seewhy.web.security import COOKIE, HEADERS
from seewhy.workbench import Workbench

TASK = {"model": "quick", "image": "digits/test/3", "method": "saliency"}


@pytest.mark.parametrize("place", ["health", "nothing", "/", "/nothing", "images/digits/test/3", "methods"])
def test_every_answer_carries_the_security_headers(client: httpx.Client, place: str) -> None:
    answer = client.get(place)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "localhost.evil.example"]
)
def test_other_hosts_are_refused(client: httpx.Client, host: str) -> None:
    for place in ("health", "/", "images/digits/test/3"):
        answer = client.get(place, headers={"Host": host})
        assert answer.status_code == 421
        assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1", "[::1]:8765", "LOCALHOST:80"])
def test_this_computer_is_welcome_under_all_its_names(client: httpx.Client, host: str) -> None:
    assert client.get("health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "file://", "http://127.0.0.1"])
def test_other_pages_change_nothing(client: httpx.Client, url: str, origin: str) -> None:
    for ask in (
        lambda: client.post("runs", json=TASK, headers={"Origin": origin}),
        lambda: client.delete("runs/0123456789abcdef", headers={"Origin": origin}),
        lambda: client.post("images", content=b"x", headers={"Origin": origin, "Content-Type": "image/png"}),
    ):
        answer = ask()
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
    with pytest.raises(InvalidStatus) as refused, connect(f"{url.replace('http', 'ws')}/api/v1/live", origin=origin):  # type: ignore[arg-type]
        pass
    assert refused.value.response.status_code == 403


def test_our_own_page_may(client: httpx.Client, url: str) -> None:
    assert client.post("runs", json=TASK, headers={"Origin": url}).status_code in (200, 202)
    with connect(f"{url.replace('http', 'ws')}/api/v1/live", origin=url):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/static/../app.py",
        "/../app.py",
        "/api/v1/images/../../../../etc/passwd",
        "/api/v1/images//etc/passwd",
        "/api/v1/images/%2fetc%2fpasswd",
        "/api/v1/images/file:///etc/passwd",
        "/api/v1/images/up:../../../etc/passwd",
        "/api/v1/images/digits/../../../etc/passwd",
        "/api/v1/images/~",
        "/api/v1/sprite?images=/etc/passwd",
        "/api/v1/runs/..%2f..%2fetc%2fpasswd",
        "/api/v1/runs/..%2f..%2fetc%2fpasswd/result.npz",
        "/api/v1/reports/..%2f..%2f..%2fetc%2fpasswd%00.html",
        "/api/v1/models/mnist-cnn@%2fetc%2fpasswd",
        "/api/v1/models/..%2f..%2fetc%2fpasswd/layers",
        "/api/v1/datasets/..%2f..%2fetc/passwd/items",
        "/api/v1/images/digits/test/1%00",
        "/%00",
    ],
)
def test_no_path_from_outside_reaches_the_disk(raw: socket.socket, path: str) -> None:
    raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = b"".join(iter(lambda: raw.recv(65536), b""))
    status = int(answer.split(b" ", 2)[1])
    assert status in (400, 404, 422)
    assert b"root:" not in answer
    assert b"import" not in answer


def test_a_task_cannot_read_files_either(client: httpx.Client, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(client.get("images/digits/test/3").content)
    for changes in ({"image": str(secret)}, {"settings": {"baseline": str(secret)}}, {"model": f"mnist-cnn@{secret}"}):
        task = TASK | {"method": "integrated-gradients"} | changes
        assert client.post("runs", json=task).status_code == 404
    question = {"images": [str(secret)]}
    assert client.post("models/quick/predict", json=question).status_code == 404


@pytest.fixture(scope="module")
def guarded(models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, serve: Any) -> Iterator[str]:
    """A server that wants a token."""
    bench = Workbench(cache=tmp_path_factory.mktemp("guarded"), models=models, paths=False)
    with serve(bench, token="swordfish", hosts=("*",)) as url:
        yield url


def test_without_the_token_nothing_is_shown(guarded: str) -> None:
    with httpx.Client(base_url=guarded, trust_env=False) as client:
        for place in ("/", "/app.js", "/api/v1/health", "/api/v1/openapi.json", "/?token=wrong", "/?token="):
            answer = client.get(place)
            assert answer.status_code == 401
            assert "?token=" in answer.json()["detail"]
        assert client.post("/api/v1/runs", json=TASK).status_code == 401
    with pytest.raises(InvalidStatus), connect(f"{guarded.replace('http', 'ws')}/api/v1/live"):
        pass


def test_the_token_is_shown_once_and_leaves_the_address(guarded: str) -> None:
    with httpx.Client(base_url=guarded, trust_env=False) as client:
        shown = client.get("/?token=swordfish&a=1", headers={"Host": "lab.example:8765"})
        assert shown.status_code == 303
        assert shown.headers["location"] == "./?a=1"
        cookie = shown.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        assert "path" not in cookie.lower()
        value = cookie.split(";")[0].removeprefix(f"{COOKIE}=")
        headers = {"Cookie": f"{COOKIE}={value}"}
        assert client.get("/", headers=headers).status_code == 200
        assert client.get("/api/v1/health", headers=headers).status_code == 200
        with connect(f"{guarded.replace('http', 'ws')}/api/v1/live", additional_headers=headers):
            pass


def test_programs_may_send_the_token_as_a_header(guarded: str) -> None:
    good, bad = ({"Authorization": f"Bearer {token}"} for token in ("swordfish", "sword"))
    assert httpx.get(f"{guarded}/api/v1/health", headers=good, trust_env=False).status_code == 200
    assert httpx.get(f"{guarded}/api/v1/health", headers=bad, trust_env=False).status_code == 401


def test_the_token_does_not_make_other_pages_welcome(guarded: str) -> None:
    headers = {"Authorization": "Bearer swordfish", "Origin": "http://evil.example"}
    assert httpx.post(f"{guarded}/api/v1/runs", json=TASK, headers=headers, trust_env=False).status_code == 403
