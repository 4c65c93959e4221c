"""A report on its own, as a file: it asks nobody for anything, its controls work, and no word in it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.browser
HOSTILE = "</script><img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"


@pytest.fixture
def report(browser: Any, server: Any, tmp_path: Path) -> Iterator[Any]:
    """A report of two maps, opened from the disk; requests and troubles are noted."""
    with httpx.Client(base_url=server.url + "api/v1/", timeout=30, trust_env=False) as client:
        runs = [
            client.post(
                "runs",
                json={"model": "mnist-cnn", "image": "digits/test/3", "method": method},
                headers={"Prefer": "wait=10"},
            ).json()["id"]
            for method in ("integrated-gradients", "grad-cam")
        ]
        items = [{"run": run, "note": HOSTILE} for run in runs]
        made = client.post("reports", json={"title": HOSTILE, "items": items}).json()
        file = tmp_path / "report.html"
        file.write_bytes(client.get(f"reports/{made['id']}.html").content)
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.address = f"{server.url}api/v1/reports/{made['id']}.html"
    page.requests, page.troubles = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("console", lambda message: page.troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("#controls:not([hidden])")
    yield page
    assert page.troubles == []
    context.close()


def pixels(page: Any, number: int = 0) -> list[int]:
    """What the map shows, as numbers."""
    page.wait_for_timeout(50)
    found: list[int] = page.evaluate(
        """number => {
          const canvas = document.querySelectorAll("heat-map")[number].querySelector("canvas");
          return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
        }""",
        number,
    )
    return found


def test_its_maps_are_drawn_and_its_controls_work_without_a_server(report: Any) -> None:
    whole = pixels(report)
    assert len(set(whole)) > 20
    assert pixels(report, 1) != whole
    for change in (
        lambda: report.locator("#opacity").fill("0.3"),
        lambda: report.locator("#strength").fill("2"),
        lambda: report.get_by_text("Overlay", exact=True).click(),
        lambda: report.get_by_text("Mask", exact=True).click(),
    ):
        before = pixels(report)
        change()
        assert pixels(report) != before
    report.locator("heat-map").first.hover()
    assert "row" in report.locator("article output").first.text_content()
    assert [url for url in report.requests if not url.startswith("file:")] == []


def test_no_word_in_it_is_run(report: Any) -> None:
    assert report.title() == report.locator("h1").text_content() == HOSTILE
    assert report.locator("img").count() == 0
    assert report.locator("article p.said").first.text_content() == HOSTILE


def test_from_the_server_it_works_the_same_but_as_a_stranger(report: Any) -> None:
    report.goto(report.address)
    report.wait_for_selector("#controls:not([hidden])")
    assert len(set(pixels(report))) > 20
    assert report.evaluate("origin") == "null"
    assert len(report.requests) == 2  # the file, and this page
