"""Pins and the Report screen: kept, put in order, written about, and taken away."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accessible import findings, pale, tab_round
from explaining import Open, ready
from watching import shoot, until

pytestmark = pytest.mark.browser

MAPS = "#/explain?model=mnist-cnn&img=digits/test/2&x=occlusion.patch5~grad-cam~saliency&t=5,6"
ITEMS = "document.querySelectorAll('report-item').length"
TITLES = "Array.from(document.querySelectorAll('report-item h2'), (h) => h.textContent)"
READY = f"{ITEMS} && [...document.querySelectorAll('report-item')].every((item) => item.ready)"


def pinned(open_page: Open, cells: tuple[int, ...] = (0, 3, 1), **settings: Any) -> Any:
    """The Report screen with some maps of one Explain screen."""
    page = ready(open_page, MAPS, **settings)
    for cell in cells:
        page.locator("explain-cell heat-map").nth(cell).focus()
        page.keyboard.press("p")
    page.keyboard.press("g")
    page.keyboard.press("r")
    until(page, f"{ITEMS} === {len(cells)} && ({READY})")
    return page


def test_a_map_is_pinned_by_key_button_and_menu_and_stays_after_a_reload(open_page: Open) -> None:
    page = ready(open_page, MAPS)
    count = page.locator("header .pins b")
    assert count.inner_text() == "0"
    page.locator("explain-cell heat-map").nth(1).focus()
    page.keyboard.press("p")
    assert count.inner_text() == "1"
    page.locator("explain-cell").nth(2).hover()
    page.get_by_role("button", name="Pin Saliency, why 5").click()
    page.locator("explain-cell heat-map").nth(4).click(button="right")
    page.locator("explain-cell").nth(4).get_by_role("menuitem", name="Pin").click()
    assert count.inner_text() == "3"
    shoot(page, "explain-pinned")
    page.reload()
    until(page, "document.querySelectorAll('explain-cell .pin[aria-pressed=true]').length === 3")
    assert count.inner_text() == "3"
    page.locator("explain-cell heat-map").nth(1).focus()
    page.keyboard.press("p")
    until(page, "document.querySelectorAll('explain-cell .pin[aria-pressed=true]').length === 2")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("menuitem", name="Pin all maps").click()
    until(page, "document.querySelector('header .pins b').textContent === '6'")


def test_pins_are_put_in_order_by_button_key_and_drag(open_page: Open) -> None:
    page = pinned(open_page)
    assert page.evaluate(TITLES) == ["1. Occlusion, why 5", "2. Occlusion, why 6", "3. Grad-CAM, why 5"]
    page.get_by_role("button", name="Move up: Grad-CAM, why 5").click()
    assert page.evaluate(TITLES) == ["1. Occlusion, why 5", "2. Grad-CAM, why 5", "3. Occlusion, why 6"]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Move up: Grad-CAM, why 5"
    page.keyboard.press("Alt+ArrowUp")
    assert page.evaluate(TITLES)[0] == "1. Grad-CAM, why 5"
    first, last = page.locator("report-item .handle").first, page.locator("report-item .handle").last
    a, b = first.bounding_box(), last.bounding_box()
    page.mouse.move(a["x"] + 5, a["y"] + 5)
    page.mouse.down()
    page.mouse.move(b["x"] + 5, b["y"] + 5, steps=8)
    page.mouse.move(b["x"] + 6, b["y"] + 12, steps=2)
    page.mouse.up()
    assert page.evaluate(TITLES) == ["1. Occlusion, why 5", "2. Occlusion, why 6", "3. Grad-CAM, why 5"]
    page.get_by_role("button", name="Remove: Occlusion, why 6").click()
    assert page.evaluate(TITLES) == ["1. Occlusion, why 5", "2. Grad-CAM, why 5"]
    page.reload()
    until(page, f"{ITEMS} === 2")
    assert page.evaluate(TITLES) == ["1. Occlusion, why 5", "2. Grad-CAM, why 5"]


def test_the_report_holds_title_notes_and_maps_in_order(open_page: Open, tmp_path: Path) -> None:
    page = pinned(open_page)
    page.get_by_label("Title").fill("Two digits, three maps")
    page.locator("textarea").nth(1).fill("it sees <b>a hook</b>")
    page.locator("textarea").nth(1).blur()
    saved = {}
    for form in ("HTML", "ZIP", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save {form}").click()
        saved[form] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[form])
    facts = json.loads(saved["JSON"].read_text())
    assert facts["title"] == "Two digits, three maps"
    assert [item["note"] for item in facts["items"]] == ["", "it sees <b>a hook</b>", ""]
    assert [(item["method"], item["target"]["class"]) for item in facts["items"]] == [
        ("occlusion", 5),
        ("occlusion", 6),
        ("grad-cam", 5),
    ]
    html = saved["HTML"].read_text()
    assert "it sees &lt;b&gt;a hook&lt;/b&gt;" in html
    with zipfile.ZipFile(saved["ZIP"]) as archive:
        names = archive.namelist()
        assert names[:2] == ["report.html", "report.json"]
        assert {"01-occlusion-5.png", "01-occlusion-5.npz", "02-occlusion-6.png", "03-grad-cam-5.npz"} <= set(names)
        with np.load(io.BytesIO(archive.read("02-occlusion-6.npz"))) as arrays:
            shown = page.evaluate("[...document.querySelectorAll('report-item heat-map')[1].data.values]")
            np.testing.assert_array_equal(arrays["values"].ravel(), np.array(shown, np.float32))
    page.reload()
    until(page, READY)
    assert page.locator("textarea").nth(1).input_value() == "it sees <b>a hook</b>"


def test_a_forgotten_run_is_computed_again_and_an_impossible_one_says_why(open_page: Open) -> None:
    page = ready(open_page, MAPS.replace("~grad-cam~saliency", ""))
    page.expected.append("404")
    page.evaluate(
        """localStorage.setItem('seewhy-pins', JSON.stringify([
        { run: 'aaaaaaaaaaaaaaaa', title: 'Gone', note: 'kept', task: { model: 'mnist-cnn', image: 'digits/test/4', method: 'saliency', target: 4 } },
        { run: 'bbbbbbbbbbbbbbbb', title: 'Lost', note: '', task: { model: 'mnist-cnn', image: 'nowhere/test/4', method: 'saliency', target: 4 } },
        { nonsense: true }]))"""
    )
    page.evaluate("location.hash = '#/report'")
    page.reload()
    until(page, "document.querySelector('report-item')?.ready")
    kept = page.evaluate("JSON.parse(localStorage.getItem('seewhy-pins'))")
    assert kept[0]["run"] != "aaaaaaaaaaaaaaaa"
    assert kept[0]["note"] == "kept"
    assert "nowhere" in page.locator("report-item .trouble:visible").inner_text()
    page.get_by_role("button", name="Save HTML").click()
    until(page, "document.querySelector('.toasts').innerText.includes('One finding is not there yet')")


def test_without_pins_the_screen_says_what_pinning_does(open_page: Open) -> None:
    page = open_page("#/report")
    assert "Pinning keeps a finding for a report" in page.locator(".empty").inner_text()
    assert page.locator("header .pins").get_attribute("aria-label") == "Report, 0 pins"
    assert findings(page) == []
    assert pale(page) == []
    shoot(page, "report-empty")
    page.locator(".empty").get_by_role("link", name="Explain").click()
    until(page, "document.querySelector('explain-page')")


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("wide", 1280, "light"), ("dark", 1000, "dark"), ("phone", 390, "light"), ("narrow", 320, "dark")],
)
def test_the_report_reads_well(open_page: Open, name: str, width: int, scheme: str) -> None:
    page = pinned(open_page, width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert findings(page) == []
    assert pale(page) == []
    if name == "wide":
        assert tab_round(page) == []
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("document.querySelector('.print-title').checkVisibility()")
        assert not page.evaluate("document.querySelector('header .pins').checkVisibility()")
        shoot(page, "report-print", full_page=True)
        page.emulate_media(media="screen", color_scheme="light")
    shoot(page, f"report-{name}", full_page=True)
