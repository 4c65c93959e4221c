"""The explanation doctor on the page: examined at a click, and warnings stand under the maps they concern."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from explaining import ready
from watching import shoot, until

pytestmark = pytest.mark.browser

LISTED = "document.querySelectorAll('check-list li').length >= 12"


def outcomes(page: Any) -> dict[str, str]:
    """The state of each check on the list."""
    script = "Array.from(document.querySelectorAll('check-list li'), (li) => [li.dataset.check, li.dataset.state])"
    return dict(page.evaluate(script))


def test_a_model_is_examined_at_a_click(open_page: Any, server: Any) -> None:
    page = open_page("#/models?model=mnist-cnn")
    until(page, "document.querySelector('.model-facts div')")
    page.get_by_role("button", name="Examine").click()
    until(page, LISTED, 30)
    task = {"kind": "doctor", "model": "mnist-cnn"}
    found = httpx.post(server.url + "api/v1/runs", json=task, headers={"Prefer": "wait=20"}).json()["result"]
    assert outcomes(page) == {one["check"]: one["state"] for one in found["outcomes"]}
    assert page.locator("check-list .headline").inner_text() == found["sentence"]
    assert found["clean"]
    shoot(page, "models-doctor", full_page=True)


def test_the_chosen_map_is_examined_and_warnings_stand_under_it(open_page: Any) -> None:
    query = "model=mnist-cnn&img=digits/test/5&x=integrated-gradients.steps1~saliency"
    page = ready(open_page, f"#/explain?{query}")
    warned = page.locator("explain-cell .warned")
    assert "The map adds up to" in warned.nth(0).inner_text()
    assert warned.nth(1).inner_text() == ""
    assert warned.nth(0).bounding_box()["y"] > page.locator("explain-cell heat-map").nth(0).bounding_box()["y"]
    page.locator("details.doctor summary").click()
    until(page, LISTED, 30)
    assert [name for name, state in outcomes(page).items() if state == "warning"] == ["completeness"]
    assert "Take more steps" in page.locator("check-list [data-check=completeness]").inner_text()
    page.locator("explain-cell heat-map").nth(1).click()
    until(page, "document.querySelector('details.doctor p').textContent.startsWith('Saliency')")
    until(page, f"{LISTED} && !document.querySelector('check-list [data-state=warning]')", 30)
    shoot(page, "explain-doctor", full_page=True)


@pytest.mark.parametrize("hash_", ["#/models?model=mnist-cnn"])
def test_a_narrow_screen_holds_the_list(open_page: Any, hash_: str) -> None:
    page = open_page(hash_, width=320, height=640)
    until(page, "document.querySelector('.model-facts div')")
    page.get_by_role("button", name="Examine").click()
    until(page, LISTED, 30)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
