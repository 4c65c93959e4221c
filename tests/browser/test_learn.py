"""Learn: every method has its page, and what a demonstration shows is what the API says."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest
from safetensors.numpy import load as read_safetensors
from watching import shoot, until

pytestmark = pytest.mark.browser

METHODS = ["integrated-gradients", "occlusion", "grad-cam", "saliency"]
IMAGE = "digits/test/2"
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
DEMO = "document.querySelector('.stage > :not(.skeleton)')"


def learn(open_page: Any, method: str, query: str = f"img={IMAGE}", **settings: Any) -> Any:
    """A method's page with its demonstration in place."""
    page = open_page(f"#/learn/{method}?model=mnist-cnn&{query}", **(STILL | settings))
    until(page, f"{DEMO}?.data && !document.querySelector('.stage.stale')")
    return page


def run(server: Any, method: str, settings: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same explanation from the API: its result and its arrays."""
    task = {"kind": "explain", "model": "mnist-cnn", "image": IMAGE, "method": method, "settings": settings or {}}
    started = httpx.post(server.url + "api/v1/runs", json=task, headers={"Prefer": "wait=20"}).json()
    arrays = httpx.get(f"{server.url}api/v1/runs/{started['id']}/arrays").content
    return started["result"], read_safetensors(arrays)


def film(page: Any) -> dict[str, Any]:
    """The slider: where it stands, how far it goes, and what it says."""
    script = "(({value, max}, said) => ({step: +value, last: +max, said}))"
    element = "document.querySelector('step-film input')"
    return dict(page.evaluate(f"{script}({element}, {element}.getAttribute('aria-valuetext'))"))


def test_every_method_has_a_card_with_a_live_map(open_page: Any, server: Any) -> None:
    page = open_page("#/learn?model=mnist-cnn", **STILL)
    methods = httpx.get(server.url + "api/v1/methods", params={"model": "mnist-cnn"}).json()
    own = [method for method in methods if ":" not in method["name"]]
    until(page, f"document.querySelectorAll('.lesson heat-map').length === {len(own)}", 30)
    others = len(methods) - len(own)
    if others:  # of packages that are installed: computed when somebody unfolds them
        page.get_by_text(f"{others} more methods, through").click()
        settled = "document.querySelectorAll('.lesson :is(heat-map, p.small)').length"
        until(page, f"{settled} >= {len(methods)}", 120)
    for method in methods:
        card = page.locator(".lesson", has=page.get_by_role("link", name=method["title"], exact=True))
        assert method["about"].split("\n\n")[0].replace("\n", " ") in card.inner_text()
        assert (
            card.locator(".chip").inner_text()
            == "needs " + ("scores only", *method["needs"])[method["needs"] != ["scores"]]
        )
    shoot(page, "learn-index")


@pytest.mark.parametrize("method", [*METHODS, "score-cam", "guided-backprop", "expected-gradients"])
def test_every_method_has_a_page(open_page: Any, server: Any, method: str) -> None:
    page = learn(open_page, method)
    said = httpx.get(f"{server.url}api/v1/methods").json()
    about = next(one for one in said if one["name"] == method)
    assert page.locator("h1").inner_text() == about["title"]
    assert page.locator(".limits li").all_inner_texts() == about["limits"]
    source = page.locator("a.source")
    assert (source.get_attribute("href"), source.inner_text()) == (about["link"], about["source"])
    drawn = page.evaluate("(m => [m.namespaceURI, m.getBoundingClientRect().height])(document.querySelector('math'))")
    assert drawn[0] == "http://www.w3.org/1998/Math/MathML" and drawn[1] > 20
    assert page.locator("settings-form label").count() >= len(about["settings"]["properties"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"learn-{method}", full_page=True)


def test_the_path_ends_with_the_whole_map_and_its_sum(open_page: Any, server: Any) -> None:
    page = learn(open_page, "integrated-gradients")
    result, arrays = run(server, "integrated-gradients")
    shown = page.evaluate("Array.from(document.querySelector('path-scrubber heat-map').data.values)")
    np.testing.assert_allclose(np.reshape(shown, (28, 28)), arrays["values"], atol=1e-5)
    assert float(page.locator("path-scrubber .sum").inner_text().replace("−", "-")) == pytest.approx(
        result["sum"], abs=0.006
    )
    said = film(page)
    assert said["last"] == len(arrays["alphas"]) + 1 == said["step"]
    assert said["said"] == f"α = 1.00, score {result['score']:.2f}, sum so far {result['sum']:.2f}"


def test_the_path_is_walked_with_the_keyboard(open_page: Any, server: Any) -> None:
    page = learn(open_page, "integrated-gradients")
    result, arrays = run(server, "integrated-gradients")
    page.locator("step-film input").focus()
    page.keyboard.press("Home")
    start = result["notes"]["baseline_score"]
    assert film(page)["said"] == f"α = 0.00, score {start:.2f}, sum so far 0.00".replace("-", "−")
    assert not page.evaluate("document.querySelector('path-scrubber heat-map').data.values.some(Boolean)")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert film(page)["step"] == 2
    shown = page.evaluate("Array.from(document.querySelector('path-scrubber heat-map').data.values)")
    np.testing.assert_allclose(np.reshape(shown, (28, 28)), arrays["partial_maps"][1], atol=1e-6)


def test_pointing_at_the_chart_moves_the_path(open_page: Any) -> None:
    page = learn(open_page, "integrated-gradients")
    chart = page.locator("line-chart svg[role=img]")
    box = chart.bounding_box()
    chart.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert 0.4 < float(film(page)["said"].split(",")[0].split("=")[1]) < 0.6


def test_the_film_ends_with_the_whole_map(open_page: Any, server: Any) -> None:
    page = learn(open_page, "occlusion")
    result, arrays = run(server, "occlusion")
    shown = page.evaluate("Array.from(document.querySelector('patch-film heat-map').data.values)")
    np.testing.assert_allclose(np.reshape(shown, (28, 28)), arrays["values"], atol=1e-5)
    assert film(page)["last"] == arrays["windows"].size
    falls = arrays["windows"].ravel()
    worst = int(falls.argmax())
    page.evaluate(f"document.querySelector('patch-film').step = {worst + 1}")
    assert page.locator("patch-film .fall").inner_text() == f"{falls[worst]:.2f}"
    assert page.locator("patch-film .score").inner_text() == f"{result['score'] - falls[worst]:.2f}".replace("-", "−")


def test_the_film_plays_and_pauses(open_page: Any) -> None:
    page = learn(open_page, "occlusion")
    assert film(page)["step"] == film(page)["last"], "reduced motion: nothing plays by itself"
    page.get_by_role("button", name="Play").click()
    until(page, "+document.querySelector('step-film input').value > 3")
    page.get_by_role("button", name="Pause").click()
    step = film(page)["step"]
    page.wait_for_timeout(200)
    assert 0 < film(page)["step"] == step < film(page)["last"]


def test_the_film_runs_once_where_movement_is_welcome(open_page: Any) -> None:
    page = learn(open_page, "integrated-gradients", reduced_motion="no-preference")
    until(page, "document.querySelector('step-film').playing")
    until(page, "!document.querySelector('step-film').playing")
    assert film(page)["step"] == film(page)["last"]


def test_the_votes_are_the_layers_weights(open_page: Any, server: Any) -> None:
    page = learn(open_page, "grad-cam")
    _, arrays = run(server, "grad-cam")
    weights = arrays["weights"]
    loudest = [int(i) for i in np.argsort(-np.abs(weights), kind="stable")[:8]]
    assert [text.split()[1] for text in page.locator(".vote > span:first-of-type").all_inner_texts()] == list(
        map(str, loudest)
    )
    kinds = page.evaluate("Array.from(document.querySelectorAll('.vote'), (v) => v.classList.contains('for'))")
    assert kinds == [bool(weights[i] >= 0) for i in loudest]


def test_a_pixel_says_what_more_light_does_and_the_model_agrees(open_page: Any, server: Any) -> None:
    page = learn(open_page, "saliency", f"img={IMAGE}&x=saliency.absolutefalse")
    _, arrays = run(server, "saliency", {"absolute": False})
    y, x = np.unravel_index(np.abs(arrays["values"]).argmax(), (28, 28))
    readout = page.locator(".readout")
    assert readout.inner_text().startswith(f"Row {y + 1}, column {x + 1}: a little more light here")
    assert ("raises" if arrays["values"][y, x] > 0 else "lowers") in readout.inner_text()
    page.locator("nudge-map .frame").first.focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.answer').textContent.includes('The map promised')")
    page.keyboard.press("ArrowRight")
    assert readout.inner_text().startswith(f"Row {y + 1}, column {min(x + 2, 28)}:")
    assert page.locator(".answer").inner_text() == ""


def test_a_setting_changes_the_demonstration_and_the_link(open_page: Any, server: Any) -> None:
    page = learn(open_page, "integrated-gradients")
    page.get_by_label("Baseline", exact=True).select_option("white")
    until(page, "document.querySelector('path-scrubber').data.baseline[0] === 1")
    assert "x=integrated-gradients.baselinewhite" in page.url
    assert "baselinewhite" in page.locator("a.try").get_attribute("href")
    page.go_back()
    until(page, "document.querySelector('path-scrubber').data.baseline[0] === 0")
    assert page.get_by_label("Baseline", exact=True).input_value() == "black"


def test_a_link_shows_the_same_in_another_browser(open_page: Any) -> None:
    texts = "Array.from(document.querySelectorAll('h1, .verdict-said, .said, .sum'), (e) => e.textContent)"
    page = learn(open_page, "integrated-gradients", "img=digits/test/11&t=3")
    first, url = page.evaluate(texts), page.url
    assert page.locator("select[aria-label='Class to explain']").input_value() in ("", "3")
    again = learn(open_page, "integrated-gradients", url.split("?")[1].replace("model=mnist-cnn&", ""))
    assert again.evaluate(texts) == first
    assert "img=digits/test/11" in again.url


def test_a_drawing_comes_along(open_page: Any) -> None:
    page = open_page("#/draw?model=mnist-cnn", **STILL)
    page.locator("example-row button").first.click()
    until(page, "location.hash.includes('ink=') && document.querySelector('why-card heat-map').data")
    page.keyboard.press("g")
    page.keyboard.press("l")
    until(page, "document.querySelectorAll('.lesson').length > 0 && !document.querySelector('.lesson .skeleton')")
    assert "img=ink:" in page.url
    assert page.locator(".sample[aria-pressed=true]").get_attribute("aria-label") == "Use your picture"
    page.locator(".lesson a").first.click()
    until(page, "document.querySelector('path-scrubber')?.data")
    assert "img=ink:" in page.url


def test_another_picture_is_chosen_and_back_returns(open_page: Any) -> None:
    page = learn(open_page, "occlusion", "img=digits/test/2")
    other = page.locator(".sample[aria-pressed=false]").first
    address = other.get_attribute("data-address")
    other.click()
    until(page, f"location.hash.includes('{address}') && !document.querySelector('.stage.stale')")
    assert page.evaluate("document.activeElement.dataset.address") == address
    page.go_back()
    until(page, "document.querySelector('[data-address=\"digits/test/2\"]').getAttribute('aria-pressed') === 'true'")


def test_a_broken_link_is_corrected_in_words(open_page: Any) -> None:
    page = open_page("#/learn/integrated-gradient?model=mnist-cnn&t=99&img=digits/test/5", **STILL)
    until(page, "document.querySelector('.lesson heat-map')")
    toast = page.locator("text=Link corrected").inner_text()
    assert "no method “integrated-gradient”" in toast and "t=99" in toast
    until(page, "location.hash.startsWith('#/learn?') && !location.hash.includes('t=')")
    assert "img=digits/test/5" in page.url


def test_a_lost_picture_is_replaced(open_page: Any) -> None:
    page = open_page("#/learn/saliency?model=mnist-cnn&img=digits/test/5", **STILL)
    page.expected.append("404")
    page.evaluate("location.hash = '#/learn/saliency?model=mnist-cnn&img=digits/test/99999'")
    until(page, "!location.hash.includes('99999') && document.querySelector('.sample[aria-pressed=true]')")
    assert "Link corrected" in page.locator("text=Link corrected").inner_text()


def test_a_method_that_refuses_says_why(open_page: Any, server: Any) -> None:
    page = open_page("#/learn?model=slow&img=digits/test/2", **STILL)
    refused = [
        method
        for method in httpx.get(server.url + "api/v1/methods", params={"model": "slow"}).json()
        if method["refusal"]
    ]
    assert refused
    until(page, "document.querySelector('.learn-index details')")
    page.evaluate("document.querySelectorAll('.learn-index details').forEach((fold) => (fold.open = true))")
    for method in refused:
        until(page, f"document.querySelector('[data-method=\"{method['name']}\"] p')")
        assert page.locator(f"[data-method='{method['name']}']").inner_text() == method["refusal"]


def test_narrow_screens_do_not_scroll_sideways(open_page: Any) -> None:
    for method in METHODS:
        page = learn(open_page, method, width=320, height=640)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.context.close()
