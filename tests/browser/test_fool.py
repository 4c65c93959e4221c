"""The Fool screen: a picture is nudged while the model is asked, and changed in as few pixels as possible."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from accessible import findings, pale, tab_round
from safetensors.numpy import load
from watching import shoot, until

pytestmark = pytest.mark.browser

Open = Callable[..., Any]

NUDGE = "#/fool?model=mnist-cnn&img=digits/test/8"
TOLD = "/\\d/.test(document.querySelector('.of-moved figcaption span')?.textContent) && !document.querySelector('.fool .stale') && document.querySelector('.over-it').hidden"
EPS = "Number(document.querySelector('#fool-eps').value)"
PICTURES = "(({ x, moved }) => [Array.from(x), Array.from(moved)])(document.querySelector('nudge-equation').data)"
TEXTS = """JSON.stringify([location.hash, ...[...document.querySelectorAll(
  'h1, .facts, .verdict-line, .now, .slider output, .norms dd, .of-x span, .of-moved figcaption span, probability-bars .number, .agreement')].map((one) => one.textContent)])"""
SMALLEST = "document.querySelector('.smallest-tab .verdict-line')?.textContent && document.querySelector('.smallest-tab .over-it').hidden"


def nudged(open_page: Open, hash_: str = NUDGE, **settings: Any) -> Any:
    """The screen with an answer about x′."""
    page = open_page(hash_, **settings)
    until(page, TOLD, 30)
    return page


def attacked(server: Any, **task: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The same run by the API: its facts and arrays."""
    body = {"kind": "attack", "model": "mnist-cnn", "image": "digits/test/8", "method": "fgsm"} | task
    run = httpx.post(server.url + "api/v1/runs", json=body, headers={"Prefer": "wait=10"}).json()
    return run, load(httpx.get(f"{server.url}api/v1/runs/{run['id']}/arrays").content)


def settled(page: Any) -> None:
    """The model has answered about the picture that is shown."""
    until(
        page,
        "document.querySelector('.now').textContent.includes(`ε = ${+(+document.querySelector('#fool-eps').value).toPrecision(3)} `)",
    )


def test_epsilon_is_dragged_and_keeps_its_promise(open_page: Open, server: Any) -> None:
    page = nudged(open_page, NUDGE + "&eps=0")
    facts, held = attacked(server, settings={"epsilon": 0.15})
    box = page.locator("#fool-eps").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    seen = []
    for step in range(13):
        page.mouse.move(box["x"] + 8 + step / 12 * (box["width"] - 9), middle, steps=2)
        page.wait_for_timeout(40)
        eps = page.evaluate(EPS)
        seen.append(eps)
        x, moved = (np.array(one, np.float32) for one in page.evaluate(PICTURES))
        assert np.abs(moved - x).max() <= eps + 1e-6
        assert moved.min() >= 0 and moved.max() <= 1
        wanted = np.clip(held["image"] + np.float32(eps) * held["direction"], 0, 1).ravel()
        assert np.abs(moved - wanted).max() < 1e-6
        text = page.locator(".slider output").inner_text()
        small, eighths = re.fullmatch(r"(\S+) = (\S+)/255", text).groups()  # type: ignore[union-attr]
        assert float(small) == pytest.approx(eps, rel=5e-3, abs=1e-9)
        assert float(eighths) == pytest.approx(255 * eps, abs=0.51)
        assert page.locator("#fool-eps").get_attribute("aria-valuetext") == f"ε {text}"
    page.mouse.up()
    assert seen[0] < 0.01 and seen[-1] > 0.29 and seen == sorted(seen)
    settled(page)
    _, moved = page.evaluate(PICTURES)
    given = {"pixels": {"shape": [1, 28, 28], "b64": base64.b64encode(np.array(moved, "<f4")).decode()}}
    said = httpx.post(server.url + "api/v1/models/mnist-cnn/predict", json={"images": [given], "top_k": 1}).json()
    top = said["predictions"][0][0]
    caption = page.locator(".of-moved figcaption span").inner_text()
    assert caption.startswith(f"{top['label']} · ") and f"{100 * top['score']:.1f}" in caption
    answers = held["probabilities"].argmax(1)
    flip = float(held["epsilons"][np.flatnonzero(answers != 9)[0]])
    assert facts["result"]["flip_eps"] == pytest.approx(flip)
    mark = page.locator("line-chart text.mark").text_content()
    assert mark == f"flips at {flip:.3g} = {255 * flip:.1f}/255"
    assert page.evaluate("location.hash").count("eps=") <= 1


def test_the_curve_sets_epsilon(open_page: Open) -> None:
    page = nudged(open_page)
    page.locator("line-chart").scroll_into_view_if_needed()
    box = page.locator("line-chart svg[role=img]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    eps = page.evaluate(EPS)
    assert 0.2 < eps < 0.25
    settled(page)
    until(page, "location.hash.includes('eps=')")


def test_it_opens_where_the_answer_changes(open_page: Open, server: Any) -> None:
    page = nudged(open_page)
    facts, _ = attacked(server, settings={"epsilon": 0.15})
    assert page.evaluate(EPS) == pytest.approx(facts["result"]["flip_eps"], abs=1e-6)
    assert page.locator(".of-moved").get_attribute("class") == "of-moved fooled"
    assert (
        page.locator(".verdict-line").inner_text().startswith("One linear step was enough: the answer changes at ε = ")
    )
    shoot(page, "fool-nudge", full_page=True)


def test_what_is_not_fooled_is_said_so(open_page: Open) -> None:
    page = nudged(open_page, NUDGE + "&to=0.003")
    assert page.locator(".verdict-line").inner_text() == "Not fooled up to ε = 0.003 (0.8/255) along this direction."
    assert page.locator("line-chart .mark").count() == 0
    assert page.locator(".of-moved.fooled").count() == 0


def test_a_goal_and_a_true_class_change_the_attack(open_page: Open, server: Any) -> None:
    page = nudged(open_page, NUDGE + "&x=pgd")
    page.get_by_label("What it shall be made to say").select_option("4")
    until(page, "document.querySelector('.verdict-line').textContent.startsWith('Fooled into 4')", 20)
    assert "goal=4" in page.evaluate("location.hash")
    facts, _ = attacked(server, method="pgd", settings={"epsilon": 0.15}, target=4)
    until(page, f"Math.abs({EPS} - {facts['result']['flip_eps']}) < 1e-5")
    assert page.locator(".goal option[value='9']").is_disabled()
    page.get_by_label("The class that counts as true").select_option("4")
    until(page, "document.querySelector('.wrong').checkVisibility()", 20)
    assert "predicted 9: the model is wrong before" in page.locator(".wrong").inner_text()
    assert page.locator(".goal").input_value() == ""
    until(page, "document.querySelector('.verdict-line').textContent.startsWith('Nothing was needed')", 20)


def test_each_class_is_a_goal_at_a_click(open_page: Open) -> None:
    page = nudged(open_page, NUDGE + "&x=pgd")
    page.locator("probability-bars button", has_text="8").first.click()
    until(
        page,
        "location.hash.includes('goal=8') && /into 8/.test(document.querySelector('.verdict-line').textContent)",
        20,
    )


def test_a_link_gives_the_same_again(open_page: Open) -> None:
    page = nudged(open_page, NUDGE + "&x=pgd.steps5&to=0.1&eps=0.08&k=20&both=saliency")
    until(page, "document.querySelector('.agreement').textContent && !document.querySelector('.stale')", 20)
    settled(page)
    again = nudged(open_page, page.evaluate("location.hash"))
    until(again, "document.querySelector('.agreement').textContent && !document.querySelector('.stale')", 20)
    settled(again)
    assert page.evaluate(TEXTS) == again.evaluate(TEXTS)
    assert page.evaluate(PICTURES) == again.evaluate(PICTURES)
    assert page.locator(".of-middle select").input_value() == "20"
    assert page.locator("nudge-choice .range").input_value() == "0.1"


def test_a_broken_link_is_corrected(open_page: Open) -> None:
    page = nudged(open_page, NUDGE + "&eps=lots&x=magic&goal=77&tab=sorcery&foo=1&label=9")
    said = page.locator(".toasts").inner_text()
    for part in ("eps=lots", "goal=77", "tab=sorcery", "“foo” is unknown"):
        assert part in said
    assert page.locator("nudge-choice .method").input_value() == "fgsm"
    until(page, "!location.hash.includes('77')")


def test_attacks_that_need_gradients_are_refused_in_words(open_page: Open) -> None:
    page = open_page("#/fool?model=slow&img=digits/test/8&label=1")  # it says 1, whatever one does
    until(page, "document.querySelector('nudge-choice .method')?.length > 3")
    for name in ("fgsm", "pgd", "deepfool", "carlini-wagner"):
        assert page.locator(f"nudge-choice option[value='{name}']").is_disabled()
    assert page.locator("nudge-choice .method").input_value() == "square"
    assert "FGSM needs gradients, which slow does not give" in page.locator(".refused").inner_text()
    until(page, "document.querySelector('.over-it progress-ring').textContent.includes('/')", 20)
    page.get_by_role("button", name="Cancel").first.click()
    until(page, "document.querySelector('.board .problem').checkVisibility()", 5)
    assert "Cancelled" in page.locator(".board .problem").inner_text()


def test_space_shows_the_picture_before(open_page: Open) -> None:
    page = nudged(open_page)
    until(page, "document.querySelector('.of-x canvas').width !== 300")  # drawn, where 300 is what is empty
    canvas = "document.querySelector('.of-moved canvas').toDataURL()"
    after, before = page.evaluate(canvas), page.evaluate("document.querySelector('.of-x canvas').toDataURL()")
    page.locator("#fool-eps").focus()
    page.keyboard.down(" ")
    assert page.evaluate(canvas) == before != after
    page.keyboard.up(" ")
    assert page.evaluate(canvas) == after
    blink = page.get_by_role("button", name="Show x")
    blink.focus()
    page.keyboard.press(" ")  # here the space bar pushes the button
    assert blink.get_attribute("aria-pressed") == "true" and page.evaluate(canvas) == before


def test_the_slider_moves_by_keys(open_page: Open) -> None:
    page = nudged(open_page, NUDGE + "&eps=0.15")
    page.locator("#fool-eps").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(EPS) == pytest.approx(0.15 + 0.3 / 320, abs=1e-6)
    page.keyboard.press("Home")
    settled(page)
    assert page.evaluate(EPS) == 0
    x, moved = page.evaluate(PICTURES)
    assert x == moved


def test_both_pictures_are_explained_on_one_scale(open_page: Open, server: Any) -> None:
    page = nudged(open_page, NUDGE + "&eps=0.15")
    page.locator(".both select").first.select_option("saliency")
    page.get_by_role("button", name="Explain both").click()
    until(page, "document.querySelector('.agreement').textContent && !document.querySelector('.stale')", 20)
    shown = page.evaluate(
        "[...document.querySelectorAll('.pair heat-map')].map(({ data }) => [Array.from(data.values), data.scale])"
    )
    run, _ = attacked(server, settings={"epsilon": 0.15})
    tops = [max(run["result"][when], key=lambda guess: guess["score"])["index"] for when in ("before", "after")]
    scales = []
    for image, target, (values, _) in zip(("digits/test/8", f"run:{run['id']}/adversarial"), tops, shown, strict=True):
        task = {"model": "mnist-cnn", "image": image, "method": "saliency", "target": target}
        map_ = httpx.post(server.url + "api/v1/runs", json=task, headers={"Prefer": "wait=10"}).json()
        held = load(httpx.get(f"{server.url}api/v1/runs/{map_['id']}/arrays").content)
        assert np.allclose(held["values"].ravel(), values, atol=1e-7)
        scales.append(map_["result"]["scale"])
    assert [scale for _, scale in shown] == pytest.approx([max(scales)] * 2)
    assert page.locator(".both colour-legend").count() == 1
    assert "both=saliency" in page.evaluate("location.hash")
    page.locator(".map-1 .more").click()
    page.get_by_role("menuitem", name=re.compile("^Explain")).click()
    until(page, "document.querySelector('explain-page h1')?.textContent === 'An attacked picture'", 20)
    assert f"run:{run['id']}/adversarial" in page.evaluate("location.hash")


def test_what_fools_the_model_is_kept_as_a_hole(open_page: Open, server: Any) -> None:
    page = nudged(open_page, NUDGE + "&eps=0.2")
    keep = page.get_by_role("button", name="Keep as hole")
    keep.click()
    until(page, "document.querySelector('keep-row .hole').textContent === 'Kept ✓'")
    holes = httpx.get(server.url + "api/v1/holes").json()["holes"]
    kept = next(one for one in holes if one["recipe"].get("settings", {}).get("epsilon") == 0.2)
    _, held = attacked(server, settings={"epsilon": 0.2})
    exact = np.load(io.BytesIO(httpx.get(f"{server.url}api/v1/images/{kept['address']}?as=npy").content))
    assert np.array_equal(exact, held["adversarial"])
    assert (kept["truth"], kept["kind"]) == ("9", "attack")
    page.locator("#fool-eps").focus()
    page.keyboard.press("Home")
    settled(page)
    assert page.get_by_role("button", name="Keep as hole").is_disabled()  # nothing was changed, so nobody is fooled


def test_the_smallest_change_counts_its_pixels(open_page: Open, server: Any) -> None:
    page = open_page(NUDGE + "&tab=smallest&goal=4")
    until(page, SMALLEST, 30)
    run, held = attacked(server, method="fewest-pixels", target=4)
    pixels = int((held["image"] != held["adversarial"]).any(0).sum())
    assert page.locator(".verdict-line").inner_text() == f"{pixels} pixels changed, and 9 becomes 4."
    assert page.locator(".change figcaption").inner_text().endswith(f"{pixels} pixels of 784")
    assert run["result"]["success"]
    assert findings(page) == [] and tab_round(page) == []
    shoot(page, "fool-smallest")
    page.locator(".others button", has_text="3").click()
    until(page, "document.querySelector('.verdict-line').textContent.endsWith('9 becomes 3.')", 20)
    page.go_back()
    until(page, "document.querySelector('.verdict-line').textContent.endsWith('9 becomes 4.')", 20)
    page.locator(".menu").click()
    page.get_by_role("menuitem", name="Open in Draw").click()
    until(
        page, "document.querySelector('guess-card .verdict strong')?.textContent === '4'", 20
    )  # black and white are among 256 greys


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_smallest_change_reads_well(open_page: Open, scheme: str) -> None:
    page = open_page(NUDGE + "&tab=smallest", color_scheme=scheme, width=320, height=640)
    until(page, SMALLEST, 30)
    assert pale(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_tabs_by_keyboard_keep_what_was_chosen(open_page: Open) -> None:
    page = nudged(open_page, NUDGE + "&x=momentum")
    page.locator("#tab-nudge").focus()
    page.keyboard.press("End")
    until(page, SMALLEST, 30)
    assert page.evaluate("document.activeElement.id") == "tab-smallest"
    assert "tab=smallest" in page.evaluate("location.hash")
    page.keyboard.press("Home")
    until(
        page,
        "document.querySelector('nudge-choice .method')?.value === 'momentum' && location.hash.includes('x=momentum')",
    )
    page.go_back()
    until(
        page,
        "document.querySelector('#tab-smallest').ariaSelected === 'true' && document.querySelector('.smallest-tab')",
    )


def test_without_a_picture_it_offers_some(open_page: Open) -> None:
    page = open_page("#/fool?model=mnist-cnn")
    until(page, "document.querySelectorAll('.start .tiles button').length === 6")
    assert findings(page) == [] and pale(page) == []
    shoot(page, "fool-empty")
    page.locator(".start .tiles button").first.click()
    until(page, TOLD, 30)
    page.get_by_role("button", name="Next picture").click()
    until(page, "location.hash.includes('img=digits/test/1')")


def test_a_picture_that_is_gone_is_said_so(open_page: Open) -> None:
    page = open_page("#/fool?model=mnist-cnn&img=digits/test/8")
    page.expected.append("404")
    page.evaluate("location.hash = '#/fool?model=mnist-cnn&img=run:feedbeef/adversarial'")
    until(page, "document.querySelector('.trouble').textContent.includes('no run called')", 30)


@pytest.mark.parametrize(
    ("hash_", "ready", "place"),
    [
        ("#/explain?model=mnist-cnn&img=digits/test/5", "document.querySelector('explain-grid .own img')?.complete", ".corner .own"),
        ("#/browse?model=mnist-cnn&data=digits&set=test", "document.querySelector('image-grid .tile')", "image-grid .tile .face"),
        ("#/because?model=mnist-cnn&data=digits&set=test", "document.querySelector('image-grid .tile')", "image-grid .tile .face"),
    ],
)  # fmt: skip
def test_every_picture_can_be_fooled(open_page: Open, hash_: str, ready: str, place: str) -> None:
    page = open_page(hash_)
    until(page, ready, 30)
    page.wait_for_timeout(300)
    page.locator(place).first.click(button="right")
    page.get_by_role("menuitem", name=re.compile("^Fool it")).click()
    until(page, TOLD, 30)
    assert "img=digits/test/" in page.evaluate("location.hash")


def test_a_drawing_can_be_fooled_from_its_menu(open_page: Open, server: Any) -> None:
    ink = re.findall(r'ink: "([\w-]+)"', httpx.get(server.url + "examples.js").text)[0]
    page = open_page(f"#/draw?model=mnist-cnn&ink={ink}")
    until(page, "document.querySelector('why-card heat-map').data", 20)
    seen = page.locator("guess-card .seen")
    seen.focus()
    page.keyboard.press("Enter")
    until(page, "document.activeElement.matches('pop-menu [role=menuitem]')")
    names = page.get_by_role("menuitem").all_inner_texts()
    assert len(names) > 5 and not any("Open in Draw" in name for name in names)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('guess-card .seen')")
    seen.click(button="right")
    page.get_by_role("menuitem", name=re.compile("^Fool it")).click()
    until(page, TOLD, 30)
    assert page.locator("h1").inner_text() == "A drawing"
    assert "img=ink:" in page.evaluate("location.hash")


def test_a_narrow_window_has_a_menu_for_the_rest(open_page: Open) -> None:
    page = nudged(open_page, width=320, height=640)
    assert page.evaluate(
        "[...document.querySelectorAll('nav > *')].filter((one) => one.checkVisibility()).map((one) => one.innerText)"
    ) == ["Draw", "Explain", "Fool", "Because", "Browse", "More"]
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Learn").click()
    until(page, "document.querySelector('nav [aria-current=page]').dataset.page === 'learn'", 20)
    assert "img=digits/test/8" in page.evaluate("location.hash")
