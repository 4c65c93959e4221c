"""Learn › Axioms: every method tried on the picture, and what is shown is what the API says."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from accessible import findings, pale
from watching import shoot, until

pytestmark = pytest.mark.browser

QUERY = "model=mnist-cnn&img=digits/test/3"
STATES = "Object.fromEntries(Array.from(document.querySelectorAll('[data-axiom={}] li'), (li) => [li.dataset.method, li.dataset.holds]))"


def states(page: Any, axiom: str, *methods: str) -> dict[str, str]:
    """Whether `axiom` holds for methods, once they are all there."""
    for method in methods:
        until(page, f"document.querySelector('[data-axiom={axiom}] li[data-method={method}]')?.dataset.holds", 120)
    found = page.evaluate(STATES.format(axiom))
    return {method: found[method] for method in methods}


def test_methods_are_tried_and_the_verdicts_are_the_apis(open_page: Any, server: Any) -> None:
    page = open_page(f"#/learn/axioms?{QUERY}", reduced_motion="reduce")
    assert states(page, "invariance", "grad-cam", "saliency", "guided-backprop") == {
        "grad-cam": "true",
        "saliency": "true",
        "guided-backprop": "false",
    }
    assert states(page, "sensitivity", "integrated-gradients", "saliency") == {
        "integrated-gradients": "true",
        "saliency": "false",
    }
    assert states(page, "dummy", "integrated-gradients", "grad-cam") == {
        "integrated-gradients": "true",
        "grad-cam": "false",
    }
    task = {
        "kind": "axiom",
        "model": "mnist-cnn",
        "image": "digits/test/3",
        "method": "guided-backprop",
        "sketch": True,
    }
    facts = httpx.post(server.url + "api/v1/runs", json=task, headers={"Prefer": "wait=20"}).json()["result"]
    card = page.locator("[data-axiom=invariance] li[data-method=guided-backprop]")
    assert f"{100 * facts['relative']:.0f} %" in card.inner_text()
    assert card.get_attribute("title") == facts["sentence"]
    assert card.locator("heat-map").count() == 2
    assert "copied, all of them shuffled" in page.locator("[data-axiom=invariance] .made").inner_text()
    assert page.locator("math").count() == 3
    assert page.locator(".learn-axioms .source").get_attribute("href") == facts["link"]
    assert findings(page) == []
    assert pale(page) == []
    shoot(page, "learn-axioms", full_page=True)


def test_another_twin_is_an_entry_in_the_history(open_page: Any) -> None:
    page = open_page(f"#/learn/axioms?{QUERY}&twin=norms", reduced_motion="reduce")
    until(page, "document.querySelector('input[value=norms]')?.checked", 30)
    page.get_by_label("Maxima written with ReLUs").check()
    until(page, "location.hash.includes('twin=maxima')")
    assert states(page, "invariance", "saliency") == {"saliency": "true"}
    assert "max pooling" in page.locator("[data-axiom=invariance] .made").inner_text()
    page.go_back()
    until(page, "document.querySelector('input[value=norms]').checked")


def test_the_lesson_is_found_from_the_index_and_fits_a_narrow_screen(open_page: Any) -> None:
    page = open_page(f"#/learn?{QUERY}", width=320, height=640, reduced_motion="reduce")
    until(page, "document.querySelector('.to-axioms')", 30)
    page.get_by_role("link", name="Axioms", exact=True).click()
    until(page, "document.querySelectorAll('.axiom').length === 3", 30)
    assert page.locator("h1").inner_text() == "Axioms"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_model_that_cannot_be_rewritten_says_so(open_page: Any) -> None:
    page = open_page("#/learn/axioms?model=slow&img=digits/test/2", reduced_motion="reduce")
    until(page, "document.querySelector('[data-axiom=invariance] li[data-method=occlusion][data-holds=none]')", 30)
    assert "PyTorch" in page.locator("[data-axiom=invariance] li[data-method=occlusion]").inner_text()
