from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from seewhy.web import events
from seewhy.workbench import Workbench


@contextmanager
def listening(client: httpx.Client, **headers: str) -> Iterator[Iterator[dict[str, Any]]]:
    """The stream's events, each with its id and kind."""
    with client.stream("GET", "events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.iter_lines()
        assert next(lines) == ": welcome"
        yield _events(lines)


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in lines:
        field, _, value = line.partition(": ")
        if field in ("id", "event"):
            event[field] = value
        elif field == "data":
            event |= json.loads(value)
        elif not line and "run" in event:
            yield event
            event = {}


def start(client: httpx.Client, **changes: Any) -> str:
    body = {
        "model": "slow",
        "image": "digits/test/3",
        "method": "integrated-gradients",
        "settings": {"steps": 300},
    } | changes
    return str(client.post("runs", json=body).json()["id"])


def until_over(stream: Iterator[dict[str, Any]], run: str) -> list[dict[str, Any]]:
    found = []
    for event in stream:
        if event["run"] == run:
            found.append(event)
            if event["event"] in ("done", "error"):
                return found
    raise AssertionError("the stream ended")


def test_one_stream_tells_of_all_runs(client: httpx.Client) -> None:
    with listening(client) as stream:
        first, second = start(client, target=0), start(client, target=1)
        seen: dict[str, list[str]] = {first: [], second: []}
        for event in stream:
            seen[event["run"]].append(event["event"])
            if all("done" in kinds for kinds in seen.values()):
                break
    for kinds in seen.values():
        assert {"progress", "partial", "done"} == set(kinds)
        assert kinds.count("progress") >= 3


def test_progress_counts_up_and_says_how_long(client: httpx.Client) -> None:
    with listening(client) as stream:
        run = start(client, target=2)
        found = until_over(stream, run)
    steps = [event for event in found if event["event"] == "progress"]
    assert [step["done"] for step in steps] == sorted(step["done"] for step in steps)
    assert {"run", "done", "total", "stage", "eta_s"} <= set(steps[0])
    assert found[-1]["status"] == "done"
    versions = [event["version"] for event in found if event["event"] == "partial"]
    assert versions == sorted(set(versions))


def test_cancelling_and_failing_are_told(client: httpx.Client) -> None:
    with listening(client) as stream:
        run = start(client, settings={"steps": 900})
        client.delete(f"runs/{run}")
        assert until_over(stream, run)[-1]["status"] == "cancelled"
        broken = start(client, model="quick", method="grad-cam", settings={"layer": "3"})
        problem = until_over(stream, broken)[-1]["problem"]
        assert "Grad-CAM needs a layer with maps" in problem["detail"]


def test_a_reader_who_lost_the_line_gets_what_it_missed(client: httpx.Client) -> None:
    with listening(client) as stream:
        run = start(client, settings={"steps": 310})
        first = next(event for event in stream if event["run"] == run)
    wait_until_over(client, run)
    with listening(client, **{"Last-Event-ID": first["id"]}) as stream:
        missed = until_over(stream, run)
    assert missed[-1]["event"] == "done"
    assert int(missed[0]["id"].split("-")[1]) > int(first["id"].split("-")[1])
    assert all(event["id"] != first["id"] for event in missed)


@pytest.mark.parametrize(("last", "steps"), [("", 2), ("nonsense", 3), ("abc-1", 4), ("-", 5)])
def test_ids_of_another_session_bring_nothing_back(client: httpx.Client, last: str, steps: int) -> None:
    old = start(client, settings={"steps": 10 * steps})
    wait_until_over(client, old)
    with listening(client, **{"Last-Event-ID": last}) as stream:
        run = start(client, settings={"steps": steps})
        heard = next(event["run"] for event in stream if event["run"] in (old, run))
    assert heard == run


def wait_until_over(client: httpx.Client, run: str) -> None:
    while client.get(f"runs/{run}").json()["status"] in ("queued", "running"):
        time.sleep(0.02)


def test_a_silent_line_is_kept_open(
    client: httpx.Client, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(run.wait(10) for run in workbench.runs())
    time.sleep(0.1)
    monkeypatch.setattr(events, "PING", 0.1)
    with client.stream("GET", "events") as answer:
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(4)] == [": welcome", "", ": ping", ""]


def test_the_server_answers_while_many_listen_and_wait(client: httpx.Client, url: str) -> None:
    def listen() -> None:
        with httpx.Client(base_url=f"{url}/api/v1/", timeout=20, trust_env=False) as own, listening(own) as stream:
            until_over(stream, run)

    run = start(client, settings={"steps": 800})
    with ThreadPoolExecutor(20) as threads:
        readers = [threads.submit(listen) for _ in range(20)]
        time.sleep(0.1)
        started = time.perf_counter()
        assert client.get("health").status_code == 200
        assert time.perf_counter() - started < 0.3
        for reader in readers:
            reader.result(15)
