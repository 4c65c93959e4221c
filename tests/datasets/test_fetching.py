"""Downloads from a real server that breaks off, lies and goes away."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from seewhy.datasets.fetching import fetch, user_cache
from seewhy.progress import Cancelled, reporting_to

CONTENT = np.random.default_rng(0).integers(0, 256, 700_000, dtype=np.uint8).tobytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Moody(BaseHTTPRequestHandler):
    """Serves CONTENT in the way its path says; `log` keeps what was asked."""

    protocol_version = "HTTP/1.1"
    log: list[tuple[str, str]]
    left: dict[str, int]

    def do_GET(self) -> None:
        """Answer, as the path says."""
        asked = self.headers.get("Range", "")
        self.log.append((self.path, asked))
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/deaf":  # knows no ranges
            start = 0
        body = CONTENT[start:] if self.path != "/liar" else b"x" * len(CONTENT)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.left.get(self.path, 0) > 0:  # break off half-way
            self.left[self.path] -= 1
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[Moody]]]:
    """Where it listens, and its diary."""
    handler = type("Handler", (Moody,), {"log": [], "left": {}})
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    httpd.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", handler
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the file shall go."""
    return tmp_path / "deep" / "file.gz"


def test_a_file_arrives_whole(server, target):
    assert fetch([server[0] + "/good"], SHA256, target).read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["file.gz"]
    fetch(["http://127.0.0.1:9/never"], SHA256, target)  # is there already: nobody is asked


def test_a_broken_download_goes_on_where_it_stopped(server, target):
    url, diary = server
    diary.left["/shy"] = 2
    assert fetch([url + "/shy"], SHA256, target).read_bytes() == CONTENT
    ranges = [asked for _, asked in diary.log]
    assert ranges[0] == ""
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in ranges[1:]]
    assert len(starts) == 2
    assert 0 < starts[0] < starts[1] < len(CONTENT)


def test_a_download_that_was_given_up_goes_on_later_from_another_mirror(server, target):
    url, diary = server
    diary.left["/down"] = 99
    with pytest.raises(ConnectionError, match=r"file\.gz could not be downloaded"):
        fetch([url + "/down"], SHA256, target)
    assert not target.exists()
    assert fetch([url + "/good"], SHA256, target).read_bytes() == CONTENT
    assert diary.log[-1][1].startswith("bytes=")


def test_a_server_without_ranges_starts_over(server, target):
    url, diary = server
    diary.left["/deaf"] = 1
    assert fetch([url + "/deaf"], SHA256, target).read_bytes() == CONTENT


def test_the_next_mirror_is_tried(server, target):
    url, diary = server
    mirrors = ["http://127.0.0.1:9/refused", url + "/missing", url + "/liar", url + "/good"]
    assert fetch(mirrors, SHA256, target).read_bytes() == CONTENT
    assert [path for path, _ in diary.log] == ["/missing", "/liar", "/good"]


def test_wrong_bytes_never_get_the_name(server, target):
    with pytest.raises(ConnectionError, match="sha256 must be"):
        fetch([server[0] + "/liar"], SHA256, target)
    assert list(target.parent.iterdir()) == []


def test_md5_is_understood(server, target):
    assert fetch([server[0] + "/good"], hashlib.md5(CONTENT).hexdigest(), target) == target


def test_progress_is_told_and_cancelling_keeps_what_came(server, target):
    heard: list[tuple[int, int | None, str]] = []

    class Impatient:
        @property
        def cancelled(self) -> bool:
            return len(heard) > 4

        def progress(self, done: int, total: int | None, stage: str) -> None:
            heard.append((done, total, stage))

        def partial(self, values: object) -> None: ...

    with reporting_to(Impatient()), pytest.raises(Cancelled):
        fetch([server[0] + "/good"], SHA256, target)
    assert heard[0][2] == "downloading file.gz"
    assert heard[0][1] == 11
    assert not target.exists()
    kept = target.with_name("file.gz.part")
    assert 0 < kept.stat().st_size < len(CONTENT)
    assert fetch([server[0] + "/good"], SHA256, target).read_bytes() == CONTENT
    assert not kept.exists()


def test_the_cache_is_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))
    assert user_cache() == tmp_path
    monkeypatch.delenv("SEEWHY_CACHE")
    assert user_cache().name == "seewhy"
