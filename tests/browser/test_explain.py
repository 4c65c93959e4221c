"""The Explain screen: maps, links, long work, and what can be taken away."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from explaining import SETTLED, Open, ready, values_hash
from PIL import Image
from watching import shoot, until

from seewhy import compare
from seewhy.explainers.occlusion import Occlusion

GRID = "#/explain?model=mnist-cnn&img=digits/test/2&x=integrated-gradients~occlusion.patch5~grad-cam~saliency&t=5,6"
WORDS = """[...document.querySelectorAll('explain-cell')].map(cell =>
    cell.querySelector('heat-map').getAttribute('aria-label') + ' | ' + cell.querySelector('.facts').innerText)"""
EACH_MAP = "[...document.querySelectorAll('explain-cell heat-map')]"


def painted(page: Any, cell: int = 0) -> np.ndarray:
    """The colours on a map's canvas, (H, W, 3)."""
    data = page.evaluate(
        """at => { const canvas = document.querySelectorAll('explain-cell')[at].querySelector('heat-map canvas');
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const { data, width, height } = copy.getImageData(0, 0, canvas.width, canvas.height);
        return { data: [...data], width, height }; }""",
        cell,
    )
    return np.array(data["data"]).reshape(data["height"], data["width"], 4)[..., :3]


def ink(server: Any, picture: np.ndarray) -> str:
    """A drawing as an address."""
    png = io.BytesIO()
    Image.fromarray(picture).save(png, "PNG")
    answer = httpx.post(server.url + "api/v1/images", content=png.getvalue(), headers={"Content-Type": "image/png"})
    return str(answer.json()["address"])


def test_red_is_for_blue_is_against_and_grey_is_exactly_nothing(open_page: Open, server: Any) -> None:
    lit = np.zeros((28, 28), np.uint8)
    lit[10:18, 4:24] = 255
    page = ready(open_page, f"#/explain?model=known&img={ink(server, lit)}&x=integrated-gradients&t=0")
    colours = painted(page)
    for_it, against, nothing = colours[14, 6], colours[14, 20], colours[2, 2]
    assert for_it[0] > max(for_it[1], for_it[2]) + 60
    assert against[2] > max(against[0], against[1]) + 30
    assert np.abs(nothing - 0xC4).max() <= 1


def test_every_map_says_its_class_and_direction_and_every_group_has_a_legend(open_page: Open) -> None:
    page = ready(open_page, GRID)
    labels = page.evaluate(EACH_MAP + ".map(map => map.getAttribute('aria-label'))")
    assert len(labels) == 8
    assert all(f"why {digit}" in label for digit, label in zip("55556666", labels, strict=True))
    legends = page.locator(".column-legend colour-legend")
    assert legends.count() == 4
    assert all("for" in text for text in legends.all_inner_texts())
    assert sum("against" in text for text in legends.all_inner_texts()) == 2  # two of the four have a sign


def test_another_class_changes_map_title_and_link_and_back_restores(open_page: Open) -> None:
    page = ready(open_page, "#/explain?model=mnist-cnn&img=digits/test/2&x=integrated-gradients&t=5")
    before = values_hash(page)
    page.locator("probability-bars button").nth(3).click()
    until(page, "location.hash.includes('t=3')")
    until(page, SETTLED)
    assert values_hash(page) != before
    assert "Why 3?" in page.locator(".side").inner_text()
    page.go_back()
    until(page, "location.hash.includes('t=5')")
    until(page, SETTLED)
    until(page, "document.querySelector('.side').innerText.includes('Why 5?')")
    assert values_hash(page) == before


def test_a_locked_column_shares_its_scale_and_the_crosshair_is_in_all_maps(open_page: Open) -> None:
    page = ready(open_page, GRID)
    shoot(page, "explain-light")
    scales = page.evaluate("[...document.querySelectorAll('explain-cell')].map(c => c.heat.data.scale)")
    assert scales[:4] == scales[4:]
    assert len(set(scales)) == 4
    facts = page.locator("explain-cell .time").all_inner_texts()
    assert len(facts) == 8
    assert all(re.search(r"\d s$", text) for text in facts)
    assert page.locator("explain-cell .check").first.inner_text().startswith("gap")
    page.locator("explain-cell heat-map").nth(2).hover()
    probes = page.locator("explain-cell .probe:visible")
    assert probes.count() == 8
    assert page.evaluate(f"new Set({EACH_MAP}.map(map => JSON.stringify(map.crosshair))).size") == 1
    page.locator(".lock").select_option("off")
    until(page, "new Set([...document.querySelectorAll('explain-cell')].map(c => c.heat.data.scale)).size === 8")


def test_arrow_keys_move_the_crosshair_and_o_shows_the_bare_picture(open_page: Open) -> None:
    page = ready(open_page, GRID)
    page.locator("explain-cell heat-map").first.focus()
    page.keyboard.press("ArrowRight")
    first = page.locator(".where").inner_text()
    page.keyboard.press("ArrowRight")
    assert first.startswith("row 15, column 16")
    assert page.locator(".where").inner_text().startswith("row 15, column 17")
    page.locator("h1").focus()
    with_map = painted(page)
    page.keyboard.down("o")
    until(page, "document.querySelector('explain-cell heat-map').opacity === 0")
    page.wait_for_timeout(50)
    bare = painted(page)
    assert (bare[..., 0] == bare[..., 1]).all()
    assert (bare != with_map).any()
    page.keyboard.up("o")
    page.wait_for_timeout(50)
    assert (painted(page) == with_map).all()


def test_the_maps_of_a_row_say_how_far_they_agree(open_page: Open) -> None:
    page = ready(open_page, "#/explain?model=mnist-cnn&img=digits/test/12&x=occlusion.patch5~saliency~grad-cam&t=5,6")
    said = page.locator(".agreement p").all_inner_texts()
    found = compare("mnist-cnn", "digits/test/12", [Occlusion(patch=5), "saliency", "grad-cam"], targets=[5, 6])
    for row, text in enumerate(said):
        table = found.agreement(row)
        pairs = [table[0, 1], table[0, 2], table[1, 2]]
        assert [float(x.replace("−", "-")) for x in re.findall(r"−?\d\.\d\d", text)] == pytest.approx(pairs, abs=0.006)
    assert len(said) == 2


def test_a_method_the_model_cannot_do_is_off_with_the_reason_that_the_api_gives(open_page: Open, server: Any) -> None:
    page = ready(open_page, "#/explain?model=slow&img=digits/test/2&x=occlusion.patch14.stride14")
    page.get_by_role("button", name="Add method").click()
    entry = page.locator("dialog li", has=page.get_by_text("Grad-CAM", exact=True))
    assert entry.get_by_role("button").is_disabled()
    reason = entry.locator("p").inner_text()
    task = {"kind": "explain", "model": "slow", "image": "digits/test/2", "method": "grad-cam"}
    refused = httpx.post(server.url + "api/v1/runs", json=task)
    assert refused.status_code == 422
    assert refused.json()["detail"] == reason
    shoot(page, "explain-add-method")


@pytest.mark.parametrize("image", ["digits/test/2", "ink:"])
def test_a_link_brings_back_the_same_words_and_numbers(open_page: Open, server: Any, image: str) -> None:
    if image == "ink:":
        page = open_page("#/draw")
        page.locator("example-row button").nth(1).click()
        until(page, "location.hash.includes('ink=')")
        image = "ink:" + re.search(r"ink=([\w-]+)", page.url)[1]  # type: ignore[index]
    asked = "x=integrated-gradients.steps20~occlusion.fillgrey&t=5,5-6&view=overlay&lock=row"
    hash_ = f"#/explain?model=mnist-cnn&img={image}&{asked}"
    first = ready(open_page, hash_)
    second = ready(open_page, "#" + first.url.split("#")[1])
    assert first.evaluate(WORDS) == second.evaluate(WORDS)
    assert values_hash(first) == values_hash(second)
    assert second.locator("[value=overlay]").is_checked()


def test_a_broken_link_is_corrected_and_says_how(open_page: Open) -> None:
    page = ready(open_page, "#/explain?model=mnist-cnn&img=digits/test/2&x=foo~occlusion.patch0&t=99&view=upside")
    toast = page.locator(".toasts").inner_text()
    for part in ("foo", "patch0", "99", "upside"):
        assert part in toast
    until(page, "!/foo|99|upside/.test(location.hash)")
    assert page.locator("explain-cell").count() == 1
    page.expected.append("404")
    page.evaluate("location.hash = '#/explain?img=nowhere/test/3'")
    until(page, "document.querySelector('.trouble')?.textContent.includes('nowhere/test/3')")
    page.expected.append("422")
    page.evaluate(f"location.hash = '#/explain?img=ink:{'A' * 5000}'")
    until(page, "/ink|drawing/.test(document.querySelector('.trouble')?.textContent)")


def test_a_long_run_shows_its_map_so_far_and_can_be_cancelled(open_page: Open, server: Any) -> None:
    page = open_page("#/explain?model=slow&img=digits/test/5&x=occlusion.patch2.stride1&t=0")
    seen = until(
        page,
        """(() => { const cell = document.querySelector('explain-cell');
        if (!cell?.dataset.partial) return null;
        const seen = { run: cell.run, state: cell.state, lit: cell.heat.data.values.some(value => value !== 0) };
        cell.querySelector('.cancel').click();
        return seen; })()""",
        30,
    )
    assert seen["state"] == "running"
    assert seen["lit"]
    until(page, "document.querySelector('explain-cell')?.state === 'cancelled'")
    assert "Cancelled" in page.locator("explain-cell .over").inner_text()
    refused = httpx.get(f"{server.url}api/v1/runs/{seen['run']}/arrays")
    assert refused.status_code == 409
    assert "cancelled" in refused.text
    page.get_by_role("button", name="Retry").click()
    until(page, "document.querySelector('explain-cell').state === 'running'")
    page.keyboard.press("Escape")
    until(page, "document.querySelector('explain-cell').state === 'cancelled'")


def test_eight_runs_at_once_share_one_stream(open_page: Open) -> None:
    x = "~".join(f"occlusion.patch{side}.stride{side}" for side in (2, 3, 4, 5))
    page = open_page(f"#/explain?model=slow&img=digits/test/9&x={x}&t=0,1")
    until(page, "document.querySelectorAll('explain-cell').length === 8")
    until(page, SETTLED, 60)
    assert page.evaluate("[...document.querySelectorAll('explain-cell')].every(cell => cell.state === 'done')")
    assert sum(url.endswith("/events") for url in page.requests) == 1


def test_the_menu_of_a_map_opens_by_keyboard_mouse_and_button_and_gives_focus_back(open_page: Open) -> None:
    page = ready(open_page, GRID)
    cell = page.locator("explain-cell").first
    heat = cell.locator("heat-map")
    heat.focus()
    page.keyboard.press("Shift+F10")
    until(page, "document.activeElement.role === 'menuitem'")
    by_key = cell.get_by_role("menuitem").all_inner_texts()
    page.keyboard.press("Escape")
    until(page, "document.activeElement.localName === 'heat-map'")
    heat.click(button="right")
    until(page, "document.activeElement.role === 'menuitem'")
    assert cell.get_by_role("menuitem").all_inner_texts() == by_key
    shoot(page, "explain-menu")
    page.keyboard.press("Escape")
    heat.hover()
    cell.get_by_role("button", name="Menu for").click()
    until(page, "document.activeElement.role === 'menuitem'")
    assert {"Save PNG", "Open in Draw"} <= {text.split("\n")[0] for text in by_key}


def test_what_is_taken_away_is_whole_and_python_repeats_it(open_page: Open, server: Any, tmp_path: Path) -> None:
    page = ready(open_page, "#/explain?model=mnist-cnn&img=digits/test/2&x=occlusion.patch5&t=5-6")
    context = page.context
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    saved = {}
    for label in ("Save PNG", "Save JSON", "Save npz"):
        page.locator("explain-cell heat-map").click(button="right")
        with page.expect_download() as download:
            page.locator("explain-cell").get_by_role("menuitem", name=label).click()
        saved[label] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[label])
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Save HTML report").click()
    download.value.save_as(tmp_path / "report.html")
    with Image.open(saved["Save PNG"]) as card:
        assert card.width > 300
    assert "occlusion" in saved["Save JSON"].read_text()
    values = _values(saved["Save npz"])
    report = (tmp_path / "report.html").read_text()
    assert "<heat-map" in report
    assert "digits/test/2" in report
    page.locator("explain-cell heat-map").click(button="right")
    page.locator("explain-cell").get_by_role("menuitem", name="Copy as Python").click()
    code = until(page, "navigator.clipboard.readText()")
    code += f"\nimport numpy; numpy.save({str(tmp_path / 'again.npy')!r}, why.values)\n"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)
    assert np.abs(np.load(tmp_path / "again.npy") - values).max() < 1e-5


def _values(path: Path) -> np.ndarray:
    with np.load(path) as arrays:
        return np.asarray(arrays["values"])


def test_settings_change_the_result_and_reset_restores_it(open_page: Open) -> None:
    page = ready(open_page, "#/explain?model=mnist-cnn&img=digits/test/2&x=occlusion&t=5")
    before = values_hash(page)
    page.get_by_label("Patch", exact=True).last.fill("8")
    until(page, "location.hash.includes('patch8')")
    until(page, SETTLED)
    assert values_hash(page) != before
    page.get_by_role("button", name="Reset").click()
    until(page, "!location.hash.includes('patch8')")
    until(page, SETTLED)
    until(page, "document.querySelector('explain-cell').asked.task.settings.patch === undefined")
    assert values_hash(page) == before


def test_classes_and_methods_are_added_and_removed(open_page: Open) -> None:
    page = ready(open_page, "#/explain?model=mnist-cnn&img=digits/test/2")
    assert page.locator("explain-cell").count() == 3
    page.get_by_role("button", name="Add class").click()
    page.locator("dialog select").last.select_option("6")
    page.locator("dialog select").first.select_option("5")
    page.locator("dialog").get_by_role("button", name="Add class").click()
    until(page, "document.querySelectorAll('explain-cell').length === 6")
    page.get_by_role("button", name="Add method").click()
    page.locator("dialog").get_by_role("button", name="Saliency").click()
    until(page, "document.querySelectorAll('explain-cell').length === 8")
    page.get_by_role("button", name="Remove Occlusion").click()
    until(page, "document.querySelectorAll('explain-cell').length === 6")
    assert re.search(r"x=integrated-gradients~grad-cam~saliency&t=\d,5-6", page.url)


def test_the_empty_screen_offers_six_samples_and_takes_files(open_page: Open, tmp_path: Path) -> None:
    page = open_page("#/explain")
    until(page, "document.querySelectorAll('image-picker .tiles button').length === 6")
    shoot(page, "explain-empty")
    Image.new("L", (40, 40), 90).save(tmp_path / "grey.png")
    page.locator("image-picker [type=file]").set_input_files(tmp_path / "grey.png")
    until(page, SETTLED)
    assert "img=up:" in page.url
    assert page.locator("h1").inner_text() == "Your picture"
    page.keyboard.press("]")
    page.get_by_role("button", name="Other picture").click()
    page.locator("dialog .tiles button").nth(2).click()
    until(page, "location.hash.includes('digits/test/2')")
    page.keyboard.press("]")
    until(page, "location.hash.includes('digits/test/3')")


@pytest.mark.parametrize("width", [320, 390, 640, 1280])
def test_no_sideways_scrolling(open_page: Open, width: int) -> None:
    page = ready(open_page, GRID, width=width, height=800)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"explain-{width}", full_page=True)


def test_a_wrong_guess_is_named_and_every_control_has_a_name(open_page: Open) -> None:
    page = ready(open_page, "#/explain?model=known&img=digits/test/2&x=integrated-gradients", color_scheme="dark")
    assert "Labelled 5, predicted" in page.locator(".wrong").inner_text()
    nameless = page.evaluate(
        """[...document.querySelectorAll('main :is(button, input, select, summary)')]
        .filter(control => control.checkVisibility())
        .filter(control => !(control.ariaLabel || control.labels?.length || control.textContent.trim()))
        .map(control => control.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("h1").count() == 1
    shoot(page, "explain-dark")


def test_the_picture_has_a_menu_by_click_key_right_click_and_long_press(open_page: Open) -> None:
    page = ready(open_page, "#/explain?model=mnist-cnn&img=digits/test/2&x=saliency", has_touch=True)
    own = page.locator(".corner .own")
    items = "Array.from(document.querySelectorAll('pop-menu [role=menuitem] > span'), (item) => item.textContent)"
    own.click()
    until(page, items + ".length")
    by_click = page.evaluate(items)
    assert {"Because…", "Learn with it", "Open in Draw", "Copy link", "Copy as Python", "Save PNG"} <= set(by_click)
    shoot(page, "explain-picture-menu")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.corner .own')")
    page.keyboard.press("Shift+F10")
    until(page, items + ".length")
    assert page.evaluate(items) == by_click
    page.keyboard.press("Escape")
    own.click(button="right")
    until(page, items + ".length")
    assert page.evaluate(items) == by_click
    page.keyboard.press("Escape")
    box = own.bounding_box()
    touch = page.context.new_cdp_session(page)
    touch.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": box["x"] + 9, "y": box["y"] + 9}]}
    )
    until(page, items + ".length")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.evaluate(items) == by_click
    page.keyboard.press("Escape")
    page.locator("explain-cell heat-map").click(button="right")
    until(page, "document.querySelector('explain-cell [role=menuitem]')")
    of_map = page.locator("explain-cell").get_by_role("menuitem").all_inner_texts()
    labels = [text.split("\n")[0] for text in of_map]
    assert {
        "Pin",
        "Because…",
        "Open in Draw",
        "Copy link",
        "Copy as Python",
        "Copy as command",
        "Copy as curl",
        "Save PNG",
    } <= set(labels)
    assert len(labels) == len(set(labels))


def test_the_picker_offers_every_data_set_that_is_here(open_page: Open, server: Any) -> None:
    page = ready(open_page, "#/explain?model=mnist-cnn&img=digits/test/2&x=saliency")
    page.get_by_role("button", name="Other picture").click()
    until(page, "document.querySelectorAll('dialog .tiles button').length > 0")
    sets = httpx.get(server.url + "api/v1/datasets").json()
    here = {one["name"] for one in sets if one["available"] and one["splits"]}
    offered = page.locator("dialog .source option").evaluate_all("options => options.map(({ value }) => value)")
    assert set(offered) == here
    for name in here - {offered[0]}:
        page.locator("dialog .source").select_option(name)
        until(page, f"document.querySelector('dialog .tiles button')?.dataset.address.startsWith('{name}/')")
