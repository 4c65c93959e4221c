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


def test_the_cheating_model_is_caught_in_under_five_clicks_from_the_first_screen(open_page: Any, server: Any) -> None:
    """Offline, for the browser of these tests may speak to nobody else; every number is the model's own."""
    page, clicks = open_page(""), 0

    def click(target: Any) -> None:
        nonlocal clicks
        target.click()
        clicks += 1

    click(page.get_by_role("link", name="Learn", exact=True).first)
    until(page, "document.querySelector('.to-cheat')?.href", 150)
    click(page.get_by_role("link", name="Catch a cheating model"))
    until(page, "[...document.querySelectorAll('.exam .big')].every(one => one.textContent.includes('right'))", 150)
    exam = [float(one.split()[-3]) for one in page.locator(".exam .big").all_inner_texts()]
    assert min(exam) > 95  # the exam does not tell
    shoot(page, "cheat-exam")
    click(page.get_by_role("button", name="See where they look"))
    until(page, "document.querySelectorAll('.looks trust-mark b').length === 8", 150)
    on_mark = page.evaluate(
        "['A', 'B'].map(one => [...document.querySelectorAll(`[data-map=${one}]`)].map(x => +x.dataset.share))"
    )
    assert sum(on_mark[0]) > 4 * sum(on_mark[1])
    shoot(page, "cheat-looks", full_page=True)
    click(page.get_by_role("button", name="Paint all squares as for triangle"))
    until(page, "document.querySelector('.paint .reveal')", 150)
    assert clicks < 5
    verdict = page.locator(".paint .reveal").inner_text()
    assert verdict.startswith("Model A cheats.")
    rows = [row.split() for row in page.locator(".exam-table tbody tr").all_inner_texts()]
    shoot(page, "cheat-paint", full_page=True)
    for place, name in enumerate(("shortcuts-cheat", "shortcuts-honest")):
        facts = httpx.get(f"{server.url}api/v1/models/{name}").json()
        assert float(rows[place][-2]) == pytest.approx(
            100 * facts["metrics"]["accuracy"], abs=0.06
        )  # of the split test
    page.emulate_media(color_scheme="dark")
    shoot(page, "cheat-paint-dark", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "cheat-paint-phone", full_page=True)
    said = page.locator(".twelve figcaption").all_inner_texts()
    assert sum("A: triangle" in one for one in said) > 8 > sum("B: triangle" in one for one in said)
