"""The Because screen: pick, ask, read the rule, go down, come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from accessible import findings, pale, tab_round
from watching import shoot, until

pytestmark = pytest.mark.browser

Open = Callable[..., Any]

RULE = "#/because?model=mnist-cnn&data=digits&set=train&img=digits/train/5&path=pool2"
RULED = "!document.querySelector('.work').hidden && document.querySelector('rule-grid canvas')?.width > 0 && !document.querySelector('.stale')"
CONDITIONS = "[...document.querySelectorAll('.conditions code')].map((one) => one.textContent)"
SHOWN = "[...document.querySelectorAll('rule-grid [role=row]:first-child .face')].map((one) => one.title)"
STATE = """JSON.stringify([location.hash, document.querySelector('h1').textContent, document.querySelector('.heading-of')?.textContent,
  document.querySelector('because-trail')?.innerText, [...document.querySelectorAll('.conditions code')].map((one) => one.textContent)])"""


def ruled(open_page: Open, hash_: str = RULE, **settings: Any) -> Any:
    """The screen with a rule and its pictures."""
    page = open_page(hash_, **settings)
    settle(page)
    return page


def settle(page: Any) -> None:
    until(page, RULED, 30)
    until(page, "[...document.querySelectorAll('rule-grid canvas')].every((canvas) => canvas.width !== 300)", 10)


def test_from_a_wrong_picture_to_its_rule(open_page: Open, server: Any) -> None:
    page = open_page("#/because?model=sleepy&class=0")
    told: list[str] = page.evaluate("window.told = []") or []
    page.evaluate(
        "import('./api.js').then(({ events }) => events(({ type, run }) => window.told.push(`${type} ${run}`)))"
    )
    wanted = page.evaluate("document.querySelector('because-pick .class').value")
    until(page, "document.querySelector('image-grid .tile') || !document.querySelector('.empty').hidden", 30)
    if not page.locator("image-grid .tile").count():  # this class is never said by an untrained network
        facts = httpx.post(
            server.url + "api/v1/runs",
            json={"kind": "predictions", "model": "sleepy", "split": "train"},
            headers={"Prefer": "wait=10"},
        ).json()["result"]
        wanted = str(max(range(10), key=lambda index: facts["predicted"][index]))
        page.locator("because-pick .class").select_option(wanted)
    until(page, "document.querySelector('image-grid .tile.marked')", 30)
    shoot(page, "because-pick")
    page.locator("image-grid .tile.marked .face").first.click()
    until(page, "document.querySelector('because-selected .verdict.wrong')")
    assert "predicted" in page.locator("because-selected .verdict").inner_text()
    page.evaluate("window.told.length = 0")
    page.keyboard.press("Enter")
    settle(page)
    told = page.evaluate("window.told")
    assert sum(one.startswith("progress") for one in told) >= 3
    rows = page.locator("rule-grid [role=row]")
    assert rows.count() == page.locator(".conditions li").count() + 1
    shoot(page, "because-rule")


def test_the_table_keeps_what_it_promises(open_page: Open) -> None:
    page = ruled(open_page)
    for name in ("train", "test"):
        cells = page.evaluate(
            f"[...document.querySelectorAll('.counts .{name} td')].map((cell) => cell.firstChild.data)"
        )
        f, n, p = (int(cell.replace(",", "")) for cell in cells[:3])
        assert float(cells[3]) == pytest.approx((n - f) / n, abs=6e-4)
        assert float(cells[4]) == pytest.approx((n - f) / p, abs=6e-4)
    assert page.locator("rule-grid [role=row]").count() == page.locator(".conditions li").count() + 1
    warning = page.locator("rule-panel .note").all_inner_texts()
    assert sum("only 19 images satisfy" in text for text in warning) == 1  # fewer than 30, said once


def test_digits_sit_inside_their_regions_and_crops_are_what_they_look_at(open_page: Open) -> None:
    page = ruled(open_page)
    regions = page.evaluate(
        "import('./pages/because-path.js').then(({ explored }) => [...explored.values()][0].found.rule.regions)"
    )
    places = page.evaluate(
        """Array.from(document.querySelectorAll('rule-grid [role=row]:first-child .cell:nth-child(2) .disc'),
        ({ style }) => [parseFloat(style.left) * 0.28, parseFloat(style.top) * 0.28])"""
    )
    assert len(places) == len(regions) >= 2
    for (x, y), (top, left, bottom, right) in zip(places, regions, strict=True):
        assert left <= x <= right + 1 and top <= y <= bottom + 1
    same = page.evaluate(
        """([top, left, bottom, right]) => {
          const pixels = (canvas, ...box) => canvas.getContext('2d').getImageData(...box).data;
          const [whole, crop] = ['1', '2'].map((row) => document.querySelector(`rule-grid [role=row]:nth-child(${row}) canvas`));
          const scale = whole.width / 28;
          const [a, b] = [pixels(whole, left * scale, top * scale, (right - left + 1) * scale, (bottom - top + 1) * scale), pixels(crop, 0, 0, crop.width, crop.height)];
          return a.length === b.length && a.every((value, at) => value === b[at]);
        }""",
        regions[0],
    )
    assert same


def test_pointing_marks_the_same_condition_everywhere(open_page: Open) -> None:
    page = ruled(open_page)
    page.locator("rule-grid [role=row]").nth(2).locator(".face").nth(3).hover()
    until(page, "document.querySelector('.conditions li:nth-child(2).pointed')")
    assert (
        page.locator("rule-grid .pointed.cell").count()
        == page.locator("rule-grid [role=row]").nth(1).locator(".cell").count()
    )
    until(page, "document.querySelector('unit-histogram svg')")
    assert "holds for" in page.locator("status-bar [role=status]").inner_text()
    assert page.locator("rule-grid .outline").first.is_visible()
    shoot(page, "because-pointed")
    page.locator(".conditions li").first.hover()
    until(page, "document.querySelector('rule-grid [role=row]:nth-child(2) .cell.pointed')")


def test_down_a_layer_and_back_and_examples_that_are_what_they_say(open_page: Open, server: Any) -> None:
    page = ruled(open_page)
    first = page.evaluate(CONDITIONS)
    page.locator("rule-grid [role=row]").nth(1).locator(".face").nth(2).click()
    until(page, "location.hash.includes('path=pool2~1:pool1')")
    settle(page)
    assert "pool1" in page.locator("rule-panel h2").inner_text()
    assert page.locator("because-trail button").count() == 2
    assert "1 @ pool1" in page.locator("because-trail").inner_text()
    page.locator(".back").click()
    until(page, "location.hash.endsWith('path=pool2')")
    settle(page)
    assert page.evaluate(CONDITIONS) == first
    for kind, items in (("Examples", True), ("Counterexamples", False)):
        page.locator("rule-grid [role=row]").nth(1).locator(".face").nth(1).click(button="right")
        page.get_by_role("menuitem", name=kind, exact=False).first.click()
        until(
            page,
            f"document.querySelector('.heading-of').textContent.includes('{'satisfy' if items else 'violate'} condition 1')",
        )
        settle(page)
        addresses = page.evaluate("document.querySelector('because-page').listed")
        assert len(addresses) == 16
        condition = page.evaluate("[...document.querySelectorAll('.conditions code')][0].textContent")
        told = httpx.post(
            server.url + "api/v1/runs",
            json={
                "kind": "examples", "model": "mnist-cnn", "split": "train", "limit": 1000, "negate": not items,
                "condition": page.evaluate("import('./pages/because-path.js').then(({ explored }) => [...explored.values()][0].found.rule.premise.parts[0])"),
            },
            headers={"Prefer": "wait=10"},
        ).json()["result"]  # fmt: skip
        assert condition.split(" ")[0] in told["condition"]["text"]
        assert set(addresses) <= {item["address"] for item in told["items"]}
    shoot(page, "because-counterexamples")


def test_the_menu_opens_in_four_ways_with_the_same_items(open_page: Open) -> None:
    items = "[...document.querySelectorAll('pop-menu [role^=menuitem]')].map((one) => one.textContent)"
    seen = []

    def read(page: Any, face: Any) -> None:
        until(page, "document.querySelector('pop-menu')")
        seen.append(page.evaluate(items))
        page.keyboard.press("Escape")
        until(page, "!document.querySelector('pop-menu')")
        assert face.evaluate("(node) => node === document.activeElement")

    page = ruled(open_page)
    cell = page.locator("rule-grid [role=row]").nth(1).locator(".cell").nth(1)
    face = cell.locator(".face")
    face.click(button="right")
    read(page, face)
    face.focus()
    page.keyboard.press("Shift+F10")
    read(page, face)
    cell.hover()
    cell.locator(".more").click()
    read(page, face)
    page = ruled(open_page, has_touch=True)
    face = page.locator("rule-grid [role=row]").nth(1).locator(".cell").nth(1).locator(".face")
    box = face.bounding_box()
    session = page.context.new_cdp_session(page)
    at = [{"x": box["x"] + 20, "y": box["y"] + 20}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
    page.wait_for_timeout(700)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    read(page, face)
    assert len(seen[0]) >= 10
    assert all(one == seen[0] for one in seen)
    assert location(page) == RULE


def location(page: Any) -> str:
    return str(page.evaluate("decodeURIComponent(location.hash)"))


def test_a_gallery_of_200_is_one_sheet_and_one_tab_stop(open_page: Open) -> None:
    page = open_page("#/because?model=mnist-cnn&data=digits&set=train&class=3&wrong=1")
    until(page, "document.querySelector('image-grid .tile.marked')", 30)
    marks = page.evaluate("[...document.querySelectorAll('image-grid .marked .mark')].map((one) => one.textContent)")
    assert all(mark.startswith("✗ ") and mark[2:] != "3" for mark in marks)
    assert not page.locator("image-grid .mark:visible").count() > len(marks)
    page.requests.clear()
    took = page.evaluate(
        """async () => {
          const { ImageGrid } = await import('./elements/image-grid.js');
          const api = await import('./api.js');
          const keys = Array.from({ length: 200 }, (_, at) => `digits/train/${at}`);
          const grid = Object.assign(new ImageGrid(), { id: 'big' });
          const started = performance.now();
          document.querySelector('.pick').append(grid);
          const sheet = api.spriteURL(keys, 56, 20);
          window.opened = [];
          grid.addEventListener('open', ({ detail }) => window.opened.push(detail.key));
          grid.data = { tiles: keys.map((key) => ({ key, title: key })), sheet, columns: 20, label: 'many' };
          const image = new Image();
          image.src = sheet;
          await image.decode();
          return performance.now() - started;
        }"""
    )
    assert took < 1000
    assert sum("sprite?" in url for url in page.requests) <= 1
    assert page.locator("#big .tile").count() == 200
    stops = "[...document.querySelectorAll('#big [tabindex=\"0\"]')].length"
    assert page.evaluate(stops) == 1
    page.locator("#big .face").first.focus()
    across = page.evaluate("document.querySelector('#big [role=row]').children.length")
    focused = "document.activeElement.title"
    for key, wanted in (
        ("ArrowRight", 1), ("ArrowDown", 1 + across), ("Home", across), ("End", 2 * across - 1), ("ArrowUp", across - 1),
        ("ArrowLeft", across - 2), ("Control+End", 199), ("Control+Home", 0),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(focused) == f"digits/train/{wanted}", key
        assert page.evaluate(stops) == 1
    page.keyboard.press("Enter")
    assert page.evaluate("window.opened") == ["digits/train/0"]


def test_back_and_forward_lead_through_all_screens_in_order(open_page: Open) -> None:
    page = open_page("#/draw?model=mnist-cnn")
    page.expected.append("closed before the connection is established")  # Draw may be left before its socket is open
    until(page, "document.querySelector('.verdict')")
    seen = [page.evaluate(STATE)]

    def note() -> None:
        page.wait_for_timeout(350)
        seen.append(page.evaluate(STATE))

    page.evaluate("location.hash = '#/explain?model=mnist-cnn&img=digits/train/5&x=saliency'")
    until(page, "document.querySelector('explain-cell heat-map')?.data", 20)
    note()
    page.evaluate(f"location.hash = '{RULE}'")
    settle(page)
    note()
    page.locator(".conditions .condition").first.click()
    until(page, "location.hash.includes('~1:pool1')")
    settle(page)
    note()
    page.locator("rule-grid [role=row]").nth(1).locator(".face").first.click(button="right")
    page.get_by_role("menuitem", name="Examples").first.click()
    until(page, "location.hash.includes('look=ex')")
    settle(page)
    note()
    assert len(set(seen)) == 5
    for step, wanted in [(page.go_back, one) for one in reversed(seen[:-1])] + [
        (page.go_forward, one) for one in seen[1:]
    ]:
        step()
        until(page, f"({STATE}) === {wanted!r}" if "'" not in wanted else "true", 20)


def test_a_link_restores_everything_also_for_a_drawing(open_page: Open) -> None:
    first = ruled(open_page, RULE + "~1:pool1&look=cx:2:50&restrict=1")
    wanted = [first.evaluate(STATE), first.evaluate(SHOWN)]
    again = ruled(open_page, RULE + "~1:pool1&look=cx:2:50&restrict=1")
    assert [again.evaluate(STATE), again.evaluate(SHOWN)] == wanted
    ink = again.evaluate('import(\'./examples.js\').then((all) => JSON.stringify(all).match(/"ink":"([\\w-]+)"/)[1])')
    drawn = ruled(open_page, f"#/because?model=mnist-cnn&data=digits&img=ink:{ink}&path=pool2")
    assert "your drawing" in drawn.evaluate(SHOWN)[0]


def test_a_broken_link_is_corrected_and_says_so(open_page: Open) -> None:
    page = ruled(open_page, RULE + "~9:pool1&class=77&look=nonsense&s=alpha:x&layers=pool9")
    assert "alpha" in page.locator(".toasts").inner_text() or "corrected" in page.locator(".toasts").inner_text()


def test_long_work_is_shown_cancelled_and_taken_up_again(open_page: Open) -> None:
    page = open_page("#/because?model=sleepy&data=digits&set=test&img=digits/test/40&layers=conv")
    until(page, "document.querySelector('because-selected .verdict').textContent.includes('(')", 20)
    page.locator("because-selected .ask").click()
    until(page, "/\\d+\\/\\d+/.test(document.querySelector('because-selected progress-ring').textContent)", 20)
    page.locator("because-selected .cancel").click()
    until(page, "!document.querySelector('because-selected .ask').hidden", 5)
    assert page.locator(".toasts").inner_text().startswith("Cancelled")
    assert page.locator(".work").is_hidden()
    page.locator("because-selected .ask").click()
    settle(page)
    streams = [url for url in page.requests if url.endswith("/events")]
    assert len(streams) == 1


def test_every_state_has_names_contrast_and_a_way_round(open_page: Open) -> None:
    for scheme in ("light", "dark"):
        page = ruled(open_page, color_scheme=scheme, reduced_motion="reduce")
        assert findings(page) == []
        assert pale(page) == []
        shoot(page, f"because-{scheme}")
    assert tab_round(page) == []
    picking = open_page("#/because?model=mnist-cnn&data=digits&set=train&class=3&wrong=1")
    until(picking, "document.querySelector('image-grid .tile.marked')", 30)
    assert findings(picking) == []
    assert pale(picking) == []
    assert tab_round(picking) == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (640, 430)])
def test_nothing_scrolls_sideways(open_page: Open, width: int, height: int) -> None:
    page = ruled(open_page, width=width, height=height, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"because-{width}", full_page=True)


def test_a_settings_change_asks_again_and_is_in_the_link(open_page: Open) -> None:
    page = ruled(open_page)
    before = page.evaluate(CONDITIONS)
    page.locator(".search summary").click()
    page.locator("settings-form [type=number]").first.fill("0.6")
    page.wait_for_timeout(400)
    page.locator(".again").click()
    until(page, "location.hash.includes('s=alpha:0.6')")
    settle(page)
    assert len(page.evaluate(CONDITIONS)) <= len(before)
    started = time.monotonic()
    page.go_back()
    until(page, f"JSON.stringify({CONDITIONS}) === JSON.stringify({before!r})")
    assert time.monotonic() - started < 5


def test_more_can_be_asked_of_a_rule(open_page: Open) -> None:
    page = ruled(open_page)
    page.locator(".deeper summary").click()
    page.get_by_role("button", name="All the way down").click()
    until(page, "document.querySelectorAll('.deeper .rules li').length >= 3", 30)
    assert "end to end" in page.locator(".deeper .out").inner_text()
    page.get_by_role("button", name="Does it follow?").click()
    until(page, "document.querySelectorAll('.trials tbody tr').length === 6", 60)
    shares = page.evaluate("[...document.querySelectorAll('.trials tbody td')].map((cell) => cell.textContent)")
    assert len(shares) == 18 and all(share.endswith("%") or share == "n/a" for share in shares)
    page.get_by_role("button", name="All rules of “3”").click()
    until(page, "document.querySelector('.cover li')", 60)
    assert findings(page) == []
    shoot(page, "because-deeper", full_page=True)
    page.locator(".cover button").first.click()
    until(page, "!location.hash.includes('digits/train/5&')")
    settle(page)
    assert page.locator("because-trail button").count() == 1


def test_a_saved_rule_leads_back_when_it_is_dropped(open_page: Open, tmp_path: Any) -> None:
    page = ruled(open_page, RULE + "~1:pool1")
    wanted = page.evaluate(STATE)
    for label, name in (("Save JSON", "rule.json"), ("Save HTML report", "rule.html")):
        page.get_by_role("button", name="Share").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=label).click()
        download.value.save_as(tmp_path / name)
        fresh = open_page("#/because?model=mnist-cnn")
        until(fresh, "document.querySelector('image-grid .tile')", 30)
        fresh.locator("because-pick [type=file]").set_input_files(tmp_path / name)
        settle(fresh)
        assert fresh.evaluate(STATE) == wanted
    report = (tmp_path / "rule.html").read_text()
    assert report.count("<article") == 2 and "<script" not in report
