"""Beside every map stands a number that says whether to believe it, and a button that puts the map to the test."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from explaining import ready
from watching import shoot, until

pytestmark = pytest.mark.browser

ASKED = "#/explain?model=shortcuts-cheat&img=shortcuts/told/3"


def test_every_map_has_its_figure_and_it_is_the_one_of_the_api(open_page: Any, server: Any) -> None:
    page = ready(open_page, ASKED)
    marks = page.locator("explain-cell trust-mark")
    assert marks.count() == 3
    for place, method in enumerate(("integrated-gradients", "occlusion", "grad-cam")):
        task = {"model": "shortcuts-cheat", "image": "shortcuts/told/3", "method": method}
        run = httpx.post(server.url + "api/v1/runs", json=task, headers={"Prefer": "wait=20"}).json()
        trust = run["result"]["notes"]["trust"]
        assert marks.nth(place).get_attribute("title") == trust["sentence"]
        assert f"beats {round(trust['value'] * trust['maps'])} of {trust['maps']}" in marks.nth(place).inner_text()
    shoot(page, "trust-explain")


def test_check_it_deletes_a_tenth_beside_luck_and_goes_on_at_length(open_page: Any) -> None:
    page = ready(open_page, ASKED)
    page.get_by_role("button", name="Check Integrated Gradients").click()
    until(page, "document.querySelectorAll('.checking figure').length === 3")
    titles = page.locator(".checking figcaption .dim").all_inner_texts()
    assert titles == ["The picture", "Without the 10 % the map points at", "Without 10 % by luck"]
    assert "Without the 10% that the map points at" in page.locator(".checking").inner_text()
    shoot(page, "trust-check")
    page.get_by_role("button", name="Check at length").click()
    until(page, "document.querySelectorAll('.checking tbody tr').length === 3", 30)
    shoot(page, "trust-check-length")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('.check-dialog')")


def test_on_draw_the_figure_comes_when_the_pen_rests(open_page: Any) -> None:
    page = open_page("#/draw?model=mnist-cnn")
    until(page, "document.querySelector('example-row button')")
    page.locator("example-row button").first.click()
    until(page, "document.querySelector('why-card trust-mark b')")
    assert "beats" in page.locator("why-card trust-mark").inner_text()
