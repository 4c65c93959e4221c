"""Browse and Models: a gallery from one sheet, filters in the address, an audit, and a model's card."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from accessible import findings, pale, tab_round
from watching import shoot, until

pytestmark = pytest.mark.browser

Open = Callable[..., Any]

TILES = "document.querySelectorAll('browse-page .tile').length"
GALLERY = "#/browse?model=mnist-cnn&data=digits&set=train"


def test_a_gallery_of_200_tiles_is_one_picture(open_page: Open) -> None:
    page = open_page(GALLERY)
    until(page, f"{TILES} === 200", 30)
    assert sum("/sprite?" in url for url in page.requests) == 1
    assert "200 of 1,438 images" in page.locator(".browse .facts").inner_text()
    shoot(page, "browse-gallery")
    page.locator(".browse .further").click()
    until(page, f"{TILES} === 400")


def test_filters_are_in_the_address_and_hold(open_page: Open, server: Any) -> None:
    page = open_page("#/browse?model=sleepy&data=digits&set=train")
    until(page, f"{TILES} > 0", 30)
    page.locator(".browse .wrong").check()
    until(page, "location.hash.includes('wrong=1')")
    until(page, f"!document.querySelector('browse-page.stale') && {TILES} > 0")
    marks = page.evaluate(
        "[...document.querySelectorAll('.tile .mark')].every((mark) => mark.textContent.startsWith('✗'))"
    )
    assert marks and page.locator(".tile.marked").count() == page.locator(".browse .tile").count()
    page.locator("select.label").select_option("3")
    until(page, "location.hash.includes('label=3')")
    until(
        page,
        "[...document.querySelectorAll('.tile .mark')].every((mark) => mark.textContent === '✗ 3') && !document.querySelector('browse-page.stale')",
    )
    page.go_back()
    until(page, "!location.hash.includes('label=3') && document.querySelector('select.label').value === ''")
    page.locator(".browse .clear").click()
    until(page, "!location.hash.includes('wrong') && !document.querySelector('.browse .wrong').checked")


def test_arrows_move_one_tab_stop_and_enter_explains(open_page: Open) -> None:
    page = open_page(GALLERY)
    until(page, f"{TILES} === 200", 30)
    page.locator(".browse .face").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("digits/train/1:")
    page.keyboard.press("Space")
    assert page.locator(".browse .chosen").is_enabled()
    assert page.evaluate("document.querySelectorAll('.browse .face[tabindex=\"0\"]').length") == 1
    page.keyboard.press("Enter")
    until(page, "location.hash.startsWith('#/explain') && location.hash.includes('img=digits/train/1')")


def test_an_empty_answer_is_a_sentence(open_page: Open) -> None:
    page = open_page("#/browse?model=mnist-cnn&data=digits&set=test&label=0&called=1")
    until(page, "!document.querySelector('.browse .empty').hidden", 30)
    assert "Clear the filters" in page.locator(".browse .empty:visible").inner_text()


def test_the_audit_counts_what_the_server_counts_and_leads_to_the_images(open_page: Open, server: Any) -> None:
    page = open_page("#/browse?model=sleepy&data=digits&set=test&view=audit")
    until(page, "document.querySelectorAll('confusion-matrix button').length === 100", 30)
    facts = httpx.post(
        server.url + "api/v1/runs",
        json={"kind": "predictions", "model": "sleepy", "split": "test"},
        headers={"Prefer": "wait=10"},
    ).json()["result"]
    shown = page.evaluate(
        "[...document.querySelectorAll('confusion-matrix button')].map((cell) => Number(cell.textContent))"
    )
    assert np.array_equal(np.reshape(shown, (10, 10)), facts["confusion"])
    assert f"{100 * facts['accuracy']:.2f} %" in page.locator("model-verdict .headline").inner_text()
    shoot(page, "browse-audit")
    label, predicted = np.argwhere(np.array(facts["confusion"]) > 0)[0]
    page.locator("confusion-matrix button").nth(int(10 * label + predicted)).click()
    until(page, f"{TILES} === {min(200, facts['confusion'][label][predicted])}")
    assert f"label={label}" in page.url and f"called={predicted}" in page.url


def test_models_show_layers_and_are_measured(open_page: Open) -> None:
    page = open_page("#/models?model=mnist-cnn")
    until(page, "document.querySelectorAll('.layer-table tbody tr').length >= 8", 30)
    assert page.locator(".layer-table .star").count() == 1
    assert "(x − 0.131) / 0.308" in page.locator(".model-facts").inner_text()
    page.locator(".models .go").click()
    until(page, "document.querySelectorAll('confusion-matrix button').length === 100", 30)
    shoot(page, "models")
    page.expected.append("422")  # the server says in words why it adds no model
    page.locator("#model-address").fill("torchvision:resnet50")
    page.locator(".models .add button").click()
    until(page, "document.querySelector('.models .add .trouble').textContent.includes('--allow-import')")


@pytest.mark.parametrize("hash_", [GALLERY, GALLERY + "&view=audit", "#/models?model=mnist-cnn"])
@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_screens_are_accessible(open_page: Open, hash_: str, look: str) -> None:
    settings: dict[str, Any] = {"width": 390, "height": 844} if look == "phone" else {"color_scheme": look}
    page = open_page(hash_, **settings)
    until(page, "document.querySelector('.tile, confusion-matrix button, .layer-table tr')", 30)
    name = (
        json.dumps([hash_.split("?")[0][2:], "audit" if "audit" in hash_ else "", look])
        .replace('"', "")
        .replace(", ", "-")
        .strip("[]")
    )
    shoot(page, f"browse-{name}")
    assert findings(page) == []
    assert pale(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if look == "light":
        tab_round(page)
