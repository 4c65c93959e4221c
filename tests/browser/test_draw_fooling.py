"""Draw's "Now fool it": each way acts on the drawing itself, says what happened, and can be undone."""

from __future__ import annotations

import re
from typing import Any

import httpx
import numpy as np
import pytest
from accessible import findings, pale, tab_round
from test_draw import FIVE, PIXELS, box, draw
from watching import shoot, until

pytestmark = pytest.mark.browser

READY = "document.querySelector('.fool-row:not([hidden]) button') && !document.querySelector('.waiting')"
OUTCOME = "document.querySelector('.fool-row .outcome').textContent"
LABEL = "document.querySelector('.verdict strong').textContent"


def drawn(open_page: Any, hash_: str = "#/draw", **settings: Any) -> Any:
    """A 5, and the row of ways to fool."""
    page = open_page(hash_, **({"reduced_motion": "reduce"} | settings))
    draw(page, FIVE)
    until(page, READY, 30)
    return page


def fool(page: Any, words: str) -> tuple[str, list[int]]:
    """Press the button with these words: what it says then, and what is on the pad."""
    page.locator(".fool-row button", has_text=words).click()
    said = until(page, OUTCOME, 60)
    return said, page.evaluate(PIXELS)


def test_half_of_the_ink_goes_and_undo_brings_it_back_as_it_was_seen(open_page):
    page = drawn(open_page)
    before = page.evaluate(PIXELS)
    said, after = fool(page, "weakest half")
    assert "mattered least is gone" in said
    assert 0.4 < np.count_nonzero(after) / np.count_nonzero(before) < 0.6
    assert "Still “5”" in said
    assert not page.locator("[name=centre]").is_checked()  # what is seen is what was made
    until(page, f"{LABEL} === '5'")
    page.locator("[name=undo]").click()
    until(page, f"document.querySelector('[name=centre]').checked && !({OUTCOME})")
    assert page.evaluate(PIXELS) == before
    page.locator("[name=redo]").click()
    until(page, "!document.querySelector('[name=centre]').checked")
    assert page.evaluate(PIXELS) == after


def test_three_strokes_of_the_pen_are_left(open_page, server):
    page = drawn(open_page)
    before = page.evaluate(PIXELS)
    strokes = page.evaluate("document.querySelector('sketch-pad').strokes.length")
    assert strokes == 1  # one movement of the pen: the five is cut along its way
    said, after = fool(page, "3 strokes")
    assert re.match(r"The three strokes that matter most are left of [4-9]\.", said)
    assert 0 < np.count_nonzero(after) < np.count_nonzero(before)
    runs = {url.rsplit("/", 1)[-1] for url in page.requests if "/runs/" in url}
    tasks = [
        httpx.get(f"{server.url}api/v1/runs/{run}").json()["task"] for run in runs if re.fullmatch("[0-9a-f]+", run)
    ]
    assert any(task["kind"] == "erase" and task["parts"] for task in tasks)


def test_nonsense_takes_the_drawing_s_place(open_page):
    page = drawn(open_page)
    page.evaluate(
        """() => document.querySelector('.fool-row').addEventListener('click', ({ target }) => (window.pressed = target.textContent), true)"""
    )
    said, after = fool(page, "Make nonsense")
    wanted = page.evaluate("window.pressed").split("“")[1].rstrip("”")
    assert wanted != "5"
    assert 0 < np.count_nonzero(after) <= 12
    assert f"The model says “{wanted}”" in said
    until(page, f"{LABEL} === '{wanted}'")


def test_a_few_pixels_make_it_the_runner_up(open_page):
    page = drawn(open_page, "#/draw?centre=0")
    before = page.evaluate(PIXELS)
    second = page.evaluate("document.querySelectorAll('.strip li b')[1].textContent")
    said, after = fool(page, "Change to")
    changed = sum(one != other for one, other in zip(before, after, strict=True))
    assert f"{changed} pixels were changed" in said
    assert changed <= 60
    assert f"The model says “{second}”" in said
    until(page, f"{LABEL} === '{second}'")


def test_another_stroke_forgets_what_was_said(open_page):
    page = drawn(open_page)
    fool(page, "weakest half")
    draw(page, [[(0.1, 0.9), (0.3, 0.9)]])
    until(page, f"!({OUTCOME})")


def test_keys_alone_fool_it(open_page):
    page = drawn(open_page)
    page.locator(".fool-row button").first.focus()
    page.keyboard.press("Enter")
    assert "mattered least" in until(page, OUTCOME, 60)
    assert tab_round(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_row_reads_well(open_page, scheme):
    page = drawn(open_page, color_scheme=scheme)
    fool(page, "3 strokes")
    until(page, READY, 30)
    page.wait_for_timeout(300)
    assert findings(page) == []
    assert pale(page) == []
    shoot(page, f"draw-fool-{scheme}", full_page=True)


def test_the_row_fits_a_phone(open_page):
    page = drawn(open_page, width=320, height=640, device_scale_factor=2)
    fool(page, "weakest half")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("hash_", ["#/draw", "#/draw?centre=0"])
def test_a_stroke_before_the_models_are_known_is_kept(open_page, server, hash_):
    page = open_page("#/learn")
    page.route("**/api/v1/methods*", lambda route: (page.wait_for_timeout(1500), route.continue_()))
    page.goto("about:blank")
    page.goto(server.url + hash_)
    page.wait_for_selector("sketch-pad canvas")
    until(page, "document.querySelector('sketch-pad canvas').getBoundingClientRect().width > 100")
    area = box(page)
    page.mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 0.2 * area["height"])
    page.mouse.down()
    page.mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 0.8 * area["height"], steps=4)
    assert not page.evaluate("document.querySelector('why-card').methods.length")  # the methods are not known yet
    until(page, "document.querySelector('why-card').methods.length", 10)
    page.wait_for_timeout(300)
    page.mouse.up()
    until(page, f"{LABEL} === '1'", 20)
    assert np.count_nonzero(page.evaluate(PIXELS)) > 20
