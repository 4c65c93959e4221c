"""Fool › Erase and Fool › Nonsense, and Draw's own ways to fool: the acceptance checks 25 and 26."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import numpy as np
import pytest
from accessible import findings, pale, tab_round
from watching import shoot, until

pytestmark = pytest.mark.browser

ERASE = "#/fool?model=mnist-cnn&img=digits/test/8&tab=erase"
SEEN = "[...document.querySelector('erase-board').pixels]"
SURE = "Number(document.querySelector('.erase .result').dataset.sure)"


def erase(open_page: Any, hash_: str = ERASE, **settings: Any) -> Any:
    """The tab with its curve and the model's answer."""
    page = open_page(hash_, **settings)
    until(page, "document.querySelector('.erase .result')?.dataset.sure && !document.querySelector('.stale')", 30)
    return page


def predicted(server: Any, pixels: list[int]) -> list[dict[str, Any]]:
    """What the API says of 8-bit pixels."""
    values = (np.array(pixels, np.float32) / np.float32(255)).astype("<f4")
    body = {"images": [{"pixels": {"shape": [1, 28, 28], "b64": base64.b64encode(values.tobytes()).decode()}}]}
    return httpx.post(f"{server.url}api/v1/models/mnist-cnn/predict", json=body).json()["predictions"][0]


def test_the_least_stays_the_class_and_draw_says_the_same(open_page, server):
    page = erase(open_page)
    whole = sum(value > 0 for value in page.evaluate(SEEN))
    page.locator(".erase .find").click()
    until(page, "location.hash.includes('keep=least')")
    until(page, f"{SURE} < 0.98")
    pixels = page.evaluate(SEEN)
    top = predicted(server, pixels)[0]
    assert top["label"] == "9"
    assert top["score"] >= 0.9
    assert 0 < sum(value > 0 for value in pixels) < whole / 2
    assert page.evaluate(SURE) == pytest.approx(top["score"], abs=1e-5)
    assert "Verified minimal" in page.locator(".found-words").inner_text()
    page.locator(".erase .to-draw").click()
    until(page, "document.querySelector('draw-page .verdict strong')?.textContent === '9'")
    assert page.evaluate("[...document.querySelector('sketch-pad').pixels]") == pixels
    score = "document.querySelector('probability-bars').data.probabilities[9]"
    assert page.evaluate(score) == pytest.approx(top["score"], abs=1e-5)


def test_the_least_is_minimal_whatever_is_taken_away(open_page, server):
    page = erase(open_page, ERASE + "&keep=least")
    pixels = page.evaluate(SEEN)
    for place in [at for at, value in enumerate(pixels) if value]:
        without = [0 if at == place else value for at, value in enumerate(pixels)]
        nine = next(guess for guess in predicted(server, without) if guess["label"] == "9")
        assert nine["score"] < 0.9


def test_the_slider_erases_what_matters_least_first(open_page):
    page = erase(open_page)
    slider = page.locator(".erase [name=keep]")
    slider.focus()
    page.keyboard.press("Home")
    until(page, f"{SURE} < 0.5")
    assert "Nothing of it" in page.locator(".erase .verdict-line").inner_text()
    assert "0 of 287 pixels" in (slider.get_attribute("aria-valuetext") or "")
    for _ in range(4):
        page.keyboard.press("PageUp")
    until(page, f"{SURE} > 0.9")
    kept = int(page.evaluate("document.querySelector('.erase [name=keep]').value"))
    assert kept < 287 / 2
    until(page, f"location.hash.includes('keep={kept}')")
    page.reload()
    until(page, f"document.querySelector('.erase [name=keep]')?.value === '{kept}' && {SURE} > 0.9", 30)


def test_strokes_are_switched_one_by_one(open_page):
    page = erase(open_page, ERASE + "&pieces=strokes")
    buttons = page.locator("piece-list button")
    assert buttons.count() == 4
    drops = [
        float(text)
        for text in page.evaluate(
            "[...document.querySelectorAll('piece-list button')].map((b) => b.ariaLabel.match(/([\\d.]+)/g)[1] ?? 0)"
        )
    ]
    heaviest = drops.index(max(drops))
    buttons.nth(heaviest).focus()
    page.keyboard.press("Space")
    until(page, f"{SURE} < 0.5")
    assert "no longer “9”" in page.locator(".erase .verdict-line").inner_text()
    assert buttons.nth(heaviest).get_attribute("aria-pressed") == "false"
    until(page, f"location.hash.includes('off={heaviest + 1}')")
    page.locator("erase-board .gone").click(position={"x": 170, "y": 150})
    page.wait_for_timeout(200)
    page.locator(".erase .all").click()
    until(page, f"{SURE} > 0.9")
    assert page.evaluate("[...document.querySelectorAll('piece-list [aria-pressed=true]')].length") == 4


def test_a_long_search_can_be_stopped(open_page):
    page = open_page("#/fool?model=slow&img=digits/test/8&tab=erase&keep=least")
    cancel = page.locator("making-bar .cancel")
    cancel.wait_for(state="visible", timeout=15_000)
    cancel.click()
    until(page, "!document.querySelector('making-bar .bar:not([hidden])')", 1)
    assert page.evaluate("fetch('api/v1/health').then((answer) => answer.status)") == 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("pieces", ["pixels", "strokes"])
def test_erase_reads_well(open_page, scheme, pieces):
    page = erase(open_page, f"{ERASE}&pieces={pieces}&keep=least", color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_timeout(300)
    assert findings(page) == []
    assert pale(page) == []
    shoot(page, f"fool-erase-{pieces}-{scheme}", full_page=True)


def test_erase_is_reached_by_keyboard(open_page):
    assert tab_round(erase(open_page, ERASE + "&pieces=strokes", reduced_motion="reduce")) == []


def test_erase_fits_a_phone(open_page):
    page = erase(open_page, ERASE + "&pieces=strokes&keep=least", width=320, height=640, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    shoot(page, "fool-erase-phone", full_page=True)


NONSENSE = "#/fool?model=mnist-cnn&tab=nonsense"
MADE = "document.querySelector('.nonsense .result:not([hidden], .stale)')?.dataset.run"


def make(open_page: Any, hash_: str = f"{NONSENSE}&of=2&made=1", **settings: Any) -> Any:
    """The tab with a picture that was made."""
    page = open_page(hash_, **({"reduced_motion": "reduce"} | settings))
    until(page, MADE, 60)
    return page


def test_a_two_of_at_most_twelve_pixels_is_as_sure_as_the_api_says(open_page, server):
    page = open_page(NONSENSE, reduced_motion="reduce")
    until(page, "document.querySelector('.nonsense [name=of]')?.options.length === 10")
    page.locator(".nonsense [name=of]").select_option("2")
    page.locator(".nonsense [name=most]").fill("12")
    page.keyboard.press("Enter")
    run = until(page, MADE, 60)
    arrays = np.load(io.BytesIO(httpx.get(f"{server.url}api/v1/runs/{run}/arrays/image.npy").content))
    assert 0 < np.count_nonzero(arrays) <= 12
    said = predicted(server, list(np.rint(255 * arrays.ravel()).astype(int)))
    two = next(guess for guess in said if guess["label"] == "2")
    assert said[0]["label"] == "2"
    shown = page.locator(".climb .so-far b").inner_text()
    assert shown == f"“2” {100 * two['score']:.1f}\xa0%"
    assert "far from anything it was taught" in page.locator("nonsense-verdict .nearest").inner_text()
    assert "does not take it for “2”" in page.locator("nonsense-verdict .guard").inner_text()
    page.locator(".nonsense .to-draw").click()
    until(page, "document.querySelector('draw-page .verdict strong')?.textContent === '2'")
    score = "document.querySelector('probability-bars').data.probabilities[2]"
    assert page.evaluate(score) == pytest.approx(two["score"], abs=1e-5)


def test_the_film_runs_from_nothing_to_the_picture(open_page):
    page = make(open_page)
    film = page.locator("climb-film input[type=range]")
    sure = "parseFloat(document.querySelector('.climb .so-far b').textContent.split(' ')[1].replace('>', ''))"
    film.focus()
    page.keyboard.press("Home")
    until(page, f"{sure} < 30")
    assert "after 0 steps" in page.locator(".climb .so-far").inner_text()
    page.keyboard.press("End")
    until(page, f"{sure} > 90")


def test_making_stops_within_a_second(open_page, server):
    page = open_page("#/fool?model=sleepy&tab=nonsense&of=2&made=1")
    page.expected.append("409")  # a look at the picture so far may cross the end
    cancel = page.locator(".nonsense form making-bar .cancel")
    cancel.wait_for(state="visible", timeout=30_000)
    run = until(
        page,
        "performance.getEntriesByType('resource').map(({ name }) => /runs\\/([0-9a-f]+)$/.exec(name)?.[1]).find(Boolean)",
    )
    cancel.click()
    page.wait_for_timeout(1000)
    assert not page.locator(".nonsense .bar:visible").count()
    assert httpx.get(f"{server.url}api/v1/runs/{run}").json()["status"] == "cancelled"
    task = {"kind": "explain", "model": "sleepy", "image": "digits/test/3", "method": "saliency"}
    answer = httpx.post(f"{server.url}api/v1/runs", json=task, headers={"Prefer": "wait=5"}, timeout=8)
    assert answer.json()["status"] == "done"  # the work itself has stopped: the next in the queue has its turn


def test_a_hole_is_kept_once(open_page, server):
    before = {hole["id"] for hole in httpx.get(f"{server.url}api/v1/holes").json()["holes"]}
    page = make(open_page)
    page.locator(".nonsense .hole").click()
    until(page, "document.querySelector('.nonsense .hole').textContent === 'Kept ✓'")
    run = page.evaluate(MADE)
    holes = [hole for hole in httpx.get(f"{server.url}api/v1/holes").json()["holes"] if hole["id"] not in before]
    assert [hole["label"] for hole in holes] == ["2"]
    assert run
    httpx.delete(f"{server.url}api/v1/holes/{holes[0]['id']}")


def test_a_sheet_has_nonsense_for_every_class(open_page):
    page = make(open_page, f"{NONSENSE}&using=strokes&most=3&all=1&of=4&made=1")
    until(page, "document.querySelector('.sheet .sum').textContent", 60)
    tiles = page.locator("class-sheet button")
    assert tiles.count() == 10
    scores = page.evaluate(
        "[...document.querySelectorAll('class-sheet small')].map((one) => parseFloat(one.textContent.replace('>', '')))"
    )
    assert min(scores) > 50
    tiles.nth(7).focus()
    page.keyboard.press("Enter")
    until(page, "location.hash.includes('of=7')")
    until(page, "document.querySelector('.climb .so-far b').textContent.startsWith('“7”')", 20)
    assert tiles.nth(7).get_attribute("aria-pressed") == "true"
    streams = [url for url in page.requests if url.endswith("/events")]
    assert len(streams) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nonsense_reads_well(open_page, scheme):
    page = make(open_page, f"{NONSENSE}&using=strokes&of=3&made=1&all=1", color_scheme=scheme)
    until(page, "document.querySelector('.sheet .sum').textContent", 60)
    assert findings(page) == []
    assert pale(page) == []
    shoot(page, f"fool-nonsense-{scheme}", full_page=True)


def test_nonsense_is_reached_by_keyboard(open_page):
    assert tab_round(make(open_page)) == []


def test_nonsense_fits_a_phone(open_page):
    page = make(open_page, width=320, height=640, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    shoot(page, "fool-nonsense-phone", full_page=True)


def test_the_least_is_kept_as_a_hole(open_page, server):
    before = {hole["id"] for hole in httpx.get(f"{server.url}api/v1/holes").json()["holes"]}
    page = erase(open_page)
    page.locator(".erase .hole").click()
    until(page, "document.querySelector('.erase .hole').textContent === 'Kept ✓'")
    assert "keep=least" in page.evaluate("location.hash")
    pixels = page.evaluate(SEEN)
    (hole,) = [hole for hole in httpx.get(f"{server.url}api/v1/holes").json()["holes"] if hole["id"] not in before]
    top = predicted(server, pixels)[0]
    assert (hole["kind"], hole["label"]) == ("erase", top["label"])
    assert hole["probability"] == pytest.approx(top["score"], abs=1e-5)
    httpx.delete(f"{server.url}api/v1/holes/{hole['id']}")


def test_what_never_was_sure_is_no_hole(open_page, server):
    page = erase(open_page, "#/fool?model=mnist-cnn&img=digits/test/8&tab=erase&label=1")
    assert page.locator(".erase .hole").is_disabled()
    assert "no hole" in page.locator(".erase .hole").get_attribute("title")
