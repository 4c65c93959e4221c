"""Drawing a digit in a real Chromium, as a person does."""

from __future__ import annotations

import base64
import os
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from watching import shoot, until

pytestmark = pytest.mark.browser

# A person's 5, as the way of a pen through the unit square: two strokes.
FIVE = [
    [(0.68, 0.2), (0.4, 0.2), (0.36, 0.45), (0.52, 0.42), (0.66, 0.52), (0.66, 0.68), (0.5, 0.8), (0.34, 0.74)],
]
PIXELS = "[...document.querySelector('sketch-pad').pixels]"
SURE = "document.querySelector('.verdict .sure').textContent"


def box(page: Any) -> dict[str, float]:
    found = page.locator("sketch-pad canvas").bounding_box()
    assert found is not None
    return found


def draw(page: Any, strokes: list[list[tuple[float, float]]], steps: int = 4, pause: int = 0) -> None:
    """Move the mouse along `strokes`, given in the unit square of the pad, once the screen knows its model."""
    until(
        page,
        "document.querySelector('#model').value && document.querySelector('.probabilities, probability-bars button')",
    )
    area = box(page)
    for stroke in strokes:
        places = [(area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=steps)
            if pause:
                page.wait_for_timeout(pause)
        page.mouse.up()


def settled(page: Any) -> None:
    """Wait until the full explanation is there."""
    until(page, "document.querySelector('.sum .act') !== null && !document.querySelector('.waiting')")


def shown(page: Any) -> dict[str, Any]:
    """What the page says now."""
    return page.evaluate(
        """() => ({
            label: document.querySelector('.verdict strong').textContent,
            bars: document.querySelector('probability-bars').data,
            why: document.querySelector('#why-title').textContent,
            map: [...document.querySelector('why-card heat-map').data.values],
            sum: document.querySelector('.sum').textContent,
        })"""
    )


def test_a_drawn_five_is_a_five_and_says_why(open_page, server):
    page = open_page()
    draw(page, FIVE, pause=20)
    settled(page)
    found = shown(page)
    assert found["label"] == "5"
    assert found["why"] == "Why “5”?"
    assert np.abs(found["map"]).max() > 0
    assert "Completeness ✓" in found["sum"]
    picture = shoot(page, "draw-light")
    if os.environ.get("SEEWHY_WRITE_DOCS"):  # `make docs` does
        shutil.copy(picture, Path(__file__).parents[2] / "docs" / "draw.png")
    page.keyboard.press("t")
    shoot(page, "draw-dark")


def test_cold_load_is_light_and_quick(browser, server):
    times = []
    for _ in range(3):
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        page = context.new_page()
        client = context.new_cdp_session(page)
        client.send("Network.enable")
        wire: list[float] = []
        client.on("Network.loadingFinished", lambda event, wire=wire: wire.append(event["encodedDataLength"]))
        page.goto(server.url + "#/draw")
        until(page, "document.querySelector('sketch-pad canvas')?.getBoundingClientRect().width > 100")
        usable = page.evaluate("performance.now()")
        page.wait_for_timeout(700)
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        times.append((painted, usable, len(wire), sum(wire)))
        context.close()
    painted, usable, requests, volume = (min(column) for column in zip(*times, strict=True))
    print(
        f"cold load: first paint {painted:.0f} ms, canvas {usable:.0f} ms, {requests} requests, {volume / 1024:.0f} KiB"
    )
    assert requests <= 30
    assert volume <= 80 * 1024
    assert painted < 1000
    assert usable < 1500


def test_results_come_while_the_pen_moves_and_the_last_is_what_predict_says(open_page, server):
    page = open_page()
    page.evaluate(
        """() => {
            window.updates = 0;
            new MutationObserver(() => window.updates++).observe(
                document.querySelector('.verdict .sure'), { childList: true, characterData: true, subtree: true });
        }"""
    )
    area = box(page)
    page.mouse.move(area["x"] + 0.3 * area["width"], area["y"] + 0.2 * area["height"])
    page.mouse.down()
    for move in range(12):
        page.mouse.move(area["x"] + (0.3 + move / 30) * area["width"], area["y"] + (0.2 + move / 20) * area["height"])
        page.wait_for_timeout(40)
    before_the_pen_is_up = page.evaluate("window.updates")
    page.mouse.up()
    assert before_the_pen_is_up >= 5
    settled(page)
    canvas = "document.querySelector('.verdict canvas')"
    seen = page.evaluate(
        f"[...{canvas}.getContext('2d').getImageData(0, 0, {canvas}.width, {canvas}.height).data].filter((_, i) => i % 4 === 0)"
    )
    pixels = (np.array(seen, np.float32) / 255).astype("<f4")
    body = {"images": [{"pixels": {"shape": [1, 28, 28], "b64": base64.b64encode(pixels.tobytes()).decode()}}]}
    answer = httpx.post(f"{server.url}api/v1/models/mnist-cnn/predict", json=body).json()
    expected = {guess["index"]: guess["score"] for guess in answer["predictions"][0]}
    for index, value in enumerate(page.evaluate("[...document.querySelector('probability-bars').data.probabilities]")):
        assert value == pytest.approx(expected[index], abs=1e-6)


def test_ink_to_answer_is_quick(open_page):
    best = []
    for _ in range(3):
        page = open_page()
        page.evaluate(
            """() => {
                window.late = { predict: [], explain: [] };
                const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data');
                const sent = new Map();
                const send = WebSocket.prototype.send;
                WebSocket.prototype.send = function (data) {
                    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
                        const bytes = data.buffer ?? data;
                        sent.set(new DataView(bytes, data.byteOffset ?? 0).getUint32(0, true), window.inkTime ?? performance.now());
                    }
                    return send.call(this, data);
                };
                document.querySelector('sketch-pad').addEventListener('pointermove', () => (window.inkTime = performance.now()), true);
                window.heard = (phase, seq) => window.late[phase]?.push(performance.now() - sent.get(seq));
                Object.defineProperty(MessageEvent.prototype, 'data', { get() {
                    const data = get.call(this);
                    if (data instanceof ArrayBuffer) {
                        const length = Number(new DataView(data).getBigUint64(0, true));
                        const about = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 8, length))).__metadata__;
                        if (about.final !== '1' && sent.has(Number(about.seq))) window.heard(about.phase, Number(about.seq));
                    }
                    return data;
                } });
            }"""
        )
        area = box(page)
        page.mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 0.2 * area["height"])
        page.mouse.down()
        for move in range(100):
            turn = move / 100
            page.mouse.move(
                area["x"] + (0.5 + 0.25 * np.sin(6.28 * turn)) * area["width"],
                area["y"] + (0.2 + 0.6 * turn) * area["height"],
            )
            page.wait_for_timeout(30)
        page.mouse.up()
        page.wait_for_timeout(300)
        late = page.evaluate("window.late")
        assert len(late["predict"]) >= 20
        assert len(late["explain"]) >= 10
        best.append((np.median(late["predict"]), np.percentile(late["predict"], 95), np.median(late["explain"])))
        predict, tail, explain = np.min(best, axis=0)
        if predict < 50 and tail < 150 and explain < 100:
            break  # only a busy machine needs another try
    print(f"ink to probabilities: median {predict:.1f} ms, p95 {tail:.1f} ms; ink to map: median {explain:.1f} ms")
    assert predict < 50
    assert tail < 150
    assert explain < 100


def test_a_finger_on_a_phone(open_page):
    page = open_page(width=390, height=844, has_touch=True, is_mobile=True, device_scale_factor=2)
    area = box(page)
    client = page.context.new_cdp_session(page)
    places = [(area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in FIVE[0]]
    touch = [{"x": places[0][0], "y": places[0][1]}]
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touch})
    for start, end in pairwise(places):
        for step in range(1, 6):
            x, y = (a + (b - a) * step / 5 for a, b in zip(start, end, strict=True))
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
            page.wait_for_timeout(8)
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    until(page, "document.querySelector('.strip li b')?.textContent === '5'")
    until(page, "document.querySelector('heat-map.tint') && !document.querySelector('heat-map.tint').hidden")
    assert page.evaluate("scrollY") == 0
    for selector in ("sketch-pad canvas", ".strip", "heat-map.tint"):
        place = page.locator(selector).bounding_box()
        assert place is not None
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= 844
    shoot(page, "draw-phone")


def test_keys_alone_draw_a_one(open_page):
    page = open_page()
    page.locator("sketch-pad").focus()
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    settled(page)
    assert shown(page)["label"] == "1"
    spoken = "[...document.querySelectorAll('[aria-live]')].map((e) => e.textContent).join(' ')"
    until(page, f"/1, \\d+ percent/.test({spoken})")


def test_undo_redo_clear_erase_and_brush(open_page):
    page = open_page()
    blank = page.evaluate(PIXELS)
    draw(page, FIVE)
    first = page.evaluate(PIXELS)
    draw(page, [[(0.2, 0.9), (0.8, 0.9)]])
    second = page.evaluate(PIXELS)
    assert sum(first) > sum(blank) == 0
    assert sum(second) > sum(first)
    page.locator("[name=undo]").click()
    assert page.evaluate(PIXELS) == first
    page.keyboard.press("z")
    assert page.evaluate(PIXELS) == blank
    page.keyboard.press("Shift+Z")
    page.locator("[name=redo]").click()
    assert page.evaluate(PIXELS) == second
    page.locator("[data-tool=erase]").click()
    draw(page, [[(0.2, 0.9), (0.8, 0.9)]])
    assert sum(page.evaluate(PIXELS)) < sum(second)
    page.locator("[data-tool=draw]").click()
    page.locator("[name=clear]").click()
    until(page, f"{SURE} === 'nothing drawn'")
    assert page.evaluate(PIXELS) == blank
    widths = []
    for brush in ("1", "4"):
        page.locator("[name=brush]").fill(brush)
        draw(page, [[(0.2, 0.5), (0.8, 0.5)]])
        widths.append(sum(value > 0 for value in page.evaluate(PIXELS)))
        page.locator("[name=clear]").click()
    assert widths[1] > 2 * widths[0]


def test_centring_moves_a_digit_from_the_corner_to_the_middle(open_page):
    page = open_page("#/draw?centre=0")
    small = [[(x * 0.45 + 0.02, y * 0.45 + 0.02) for x, y in stroke] for stroke in FIVE]
    page.locator("[name=brush]").fill("1.4")
    draw(page, small)
    settled(page)
    five = "document.querySelector('probability-bars').data.probabilities[5]"
    before = page.evaluate(five)
    page.locator("[name=centre]").check()
    settled(page)
    until(page, f"{five} > {before}")
    canvas = "document.querySelector('.verdict canvas')"
    seen = page.evaluate(
        f"[...{canvas}.getContext('2d').getImageData(0, 0, {canvas}.width, {canvas}.height).data].filter((_, i) => i % 4 === 0)"
    )
    ink = np.array(seen, float).reshape(28, 28)
    middle = [(ink.sum(axis) @ np.arange(28)) / ink.sum() for axis in (1, 0)]
    assert np.abs(np.array(middle) - 14).max() <= 1


def test_looking_needs_no_server(open_page, server):
    page = open_page()
    draw(page, FIVE)
    settled(page)
    page.expected += ["Failed to load resource", "WebSocket", "ERR_CONNECTION", "net::"]
    picture = "document.querySelector('why-card heat-map canvas').toDataURL()"
    before = page.evaluate(picture)
    ink = page.evaluate(PIXELS)
    server.stop()
    try:
        asked = len(page.requests)
        page.locator("why-card input[type=range]").fill("60")
        until(page, f"{picture} !== {before!r}")
        assert [url for url in page.requests[asked:] if "/runs" in url or "/models" in url] == []
        until(page, "!document.querySelector('#banner').hidden")
        draw(page, [[(0.1, 0.9), (0.3, 0.9)]])
        assert sum(page.evaluate(PIXELS)) >= sum(ink)
    finally:
        server.start()
    until(page, "document.querySelector('#banner').hidden", 20)
    draw(page, [[(0.4, 0.9), (0.6, 0.9)]])
    until(page, "!document.querySelector('.waiting')", 20)
    settled(page)


def test_another_bar_explains_another_class_and_back_returns(open_page):
    page = open_page()
    draw(page, FIVE)
    settled(page)
    first = shown(page)
    page.locator("probability-bars button[data-index='6']").click()
    until(page, "document.querySelector('#why-title').textContent === 'Why “6”?'")
    settled(page)
    assert "t=6" in page.evaluate("location.hash")
    assert shown(page)["map"] != first["map"]
    page.go_back()
    until(page, "document.querySelector('#why-title').textContent === 'Why “5”?'")
    settled(page)
    assert "t=6" not in page.evaluate("location.hash")
    np.testing.assert_allclose(shown(page)["map"], first["map"], atol=1e-6)


def test_a_link_shows_a_stranger_the_same(open_page):
    page = open_page()
    draw(page, FIVE)
    settled(page)
    page.locator("probability-bars button[data-index='3']").click()
    until(page, "document.querySelector('#why-title').textContent === 'Why “3”?'")
    settled(page)
    page.wait_for_timeout(400)
    link = page.evaluate("location.hash")
    here = shown(page)
    assert len(link) < 900
    elsewhere = open_page(link)
    until(elsewhere, "document.querySelector('#why-title').textContent === 'Why “3”?'")
    settled(elsewhere)
    there = shown(elsewhere)
    assert there["map"] == here["map"]
    assert there["bars"] == here["bars"]
    assert there["sum"] == here["sum"]


@pytest.mark.parametrize(
    ("hash_", "named"),
    [
        ("#/draw?t=99", "t="),
        ("#/draw?method=magic", "magic"),
        ("#/draw?ink=%21%21", "ink"),
        ("#/draw?ink=" + "A" * 3000, "ink"),
    ],
    ids=["class", "method", "ink", "long ink"],
)
def test_a_broken_link_is_corrected_and_named(open_page, hash_, named):
    page = open_page(hash_)
    said = until(
        page,
        "[...document.querySelectorAll('status-bar *')].map((e) => e.textContent).find((t) => /corrected/.test(t))",
    )
    assert named in said
    draw(page, FIVE)
    settled(page)
    assert shown(page)["label"] == "5"


def test_examples_carry_their_measured_confidence(open_page, server):
    page = open_page()
    until(page, "(document.querySelector('example-row').textContent.match(/says/g) ?? []).length === 6")
    buttons = page.locator("example-row button")
    assert buttons.count() == 6
    for index in range(6):
        text = buttons.nth(index).inner_text()
        assert "says" in text
        page.keyboard.press("c")
        until(page, f"{SURE} === 'nothing drawn'")
        buttons.nth(index).click()
        until(page, f"{SURE} !== 'nothing drawn'")
        assert f"says {page.locator('.verdict strong').inner_text()}" in text
        assert page.evaluate(SURE).removesuffix(" sure") in text


def test_the_scrubber_walks_from_black_to_the_drawing(open_page):
    page = open_page()
    draw(page, FIVE)
    settled(page)
    page.locator(".how summary").click()
    until(page, "document.querySelector('.how math') !== null")
    until(page, "document.querySelector('path-scrubber input[type=range]') !== null")
    page.locator("path-scrubber").scroll_into_view_if_needed()
    shoot(page, "draw-how")


def test_without_a_socket_single_calls_do(open_page):
    page = open_page()
    page.route_web_socket("**/live", lambda socket: socket.close())
    page.reload()
    page.wait_for_selector("sketch-pad")
    draw(page, FIVE)
    settled(page)
    assert shown(page)["label"] == "5"
    assert any("/live?" in url for url in page.requests)


def test_a_model_that_hides_its_layers_greys_what_needs_them(open_page, server):
    page = open_page("#/draw?model=slow")
    off = "[...document.querySelectorAll('why-card select option')].filter((o) => o.disabled).map((o) => o.value)"
    methods = httpx.get(server.url + "api/v1/methods").json()
    needy = {method["name"] for method in methods if method["needs"] != ["scores"]}
    assert set(until(page, f"{off}.length > 0 && {off}")) == needy > {"grad-cam", "integrated-gradients", "saliency"}
    sentence = page.evaluate("document.querySelector('why-card .off').textContent")
    task = {"model": "slow", "image": "digits/test/1", "method": "grad-cam", "settings": {}, "target": 1}
    refused = httpx.post(server.url + "api/v1/runs", json=task)
    assert refused.status_code == 422
    assert refused.json()["detail"] in sentence
