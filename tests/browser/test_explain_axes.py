"""Columns that differ by settings or by layer, and parts that differ by model."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from explaining import SETTLED, Open, ready
from watching import shoot, until

pytestmark = pytest.mark.browser

HERE = "#/explain?model=mnist-cnn&img=digits/test/2"
COUNT = "document.querySelectorAll('explain-cell').length"
TASKS = "[...document.querySelectorAll('explain-cell')].map(({ asked }) => asked.task)"


def test_a_duplicated_column_gets_settings_of_its_own_and_both_stand_in_the_link(open_page: Open) -> None:
    page = ready(open_page, HERE + "&x=occlusion.patch3.stride1~saliency&t=5")
    page.get_by_role("button", name="Duplicate this column").click()
    until(page, COUNT + " === 3")
    page.get_by_label("Patch", exact=True).last.fill("9")
    until(page, "location.hash.includes('x=occlusion.patch3.stride1~occlusion.patch9.stride1~saliency')")
    until(page, SETTLED)
    heads = page.locator("explain-grid .head > button:first-child").all_inner_texts()
    assert heads == ["Occlusion\npatch 3, stride 1", "Occlusion\npatch 9, stride 1", "Saliency"]
    assert "two methods in three versions" in page.locator(".facts").first.inner_text()
    maps = page.evaluate("[...document.querySelectorAll('explain-cell')].map(({ map }) => [...map.values].join())")
    assert len(set(maps)) == 3
    again = ready(open_page, "#" + page.url.split("#")[1])
    assert again.evaluate(TASKS) == page.evaluate(TASKS)
    again.get_by_role("button", name="Remove it").click()
    until(again, "location.hash.includes('x=occlusion.patch9.stride1~saliency&')")


def test_a_method_added_twice_is_two_columns(open_page: Open) -> None:
    page = ready(open_page, HERE + "&x=occlusion.patch8.stride4")
    page.get_by_role("button", name="Add method").click()
    page.locator("dialog").get_by_role("button", name="Occlusion").click()
    until(page, COUNT + " === 2")
    until(page, SETTLED)
    first, second = page.locator("explain-grid .head small").all_inner_texts()
    assert first == "patch 8, stride 4"
    assert second.startswith("patch ") and second != first


def test_one_column_per_layer_looks_after_each_convolution(open_page: Open, server: Any) -> None:
    page = ready(open_page, HERE + "&x=saliency~grad-cam&t=5,6")
    page.locator("explain-grid .head button").nth(2).click()
    page.get_by_role("button", name="One column per layer").click()
    layers = httpx.get(server.url + "api/v1/models/mnist-cnn/layers").json()
    offered = page.locator("dialog label > span").all_inner_texts()
    assert [text.split()[0] for text in offered] == [layer["name"] for layer in layers if layer["spatial"]]
    assert page.locator("dialog input:checked").evaluate_all("boxes => boxes.map(({ value }) => value)") == [
        "relu1",
        "relu2",
    ]
    shoot(page, "explain-layers-dialog")
    page.get_by_label("conv1").check()
    page.get_by_role("button", name="Show them").click()
    until(page, COUNT + " === 8")
    until(page, SETTLED)
    assert "x=saliency~grad-cam.layerconv1~grad-cam.layerrelu1~grad-cam.layerrelu2&" in page.url
    checks = page.locator("explain-cell .check").all_inner_texts()[1:4]
    assert checks == ["layer conv1", "layer relu1", "layer relu2"]
    shoot(page, "explain-layers")


def test_each_model_follows_its_own_guess_or_explains_the_same_class(open_page: Open, server: Any) -> None:
    page = ready(open_page, HERE + "&x=occlusion.patch7.stride7~saliency")
    page.get_by_role("button", name="Add model").click()
    shoot(page, "explain-add-model")
    page.locator("dialog").get_by_role("button", name="known").click()
    until(page, COUNT + " === 4")
    until(page, SETTLED)
    assert "with=known" in page.url
    asked = httpx.post(server.url + "api/v1/models/known/predict", json={"images": ["digits/test/2"]}).json()
    top = asked["predictions"][0][0]
    assert [task["target"] for task in page.evaluate(TASKS)] == [5, 5, top["index"], top["index"]]
    assert f"predicted {top['label']}" in page.locator(".part").last.inner_text()
    page.evaluate("location.hash += '&t=0,1'")
    until(page, COUNT + " === 8")
    until(page, SETTLED)
    tasks = page.evaluate(TASKS)
    assert [task["model"] for task in tasks] == ["mnist-cnn"] * 4 + ["known"] * 4
    assert [task["target"] for task in tasks] == [0, 0, 1, 1] * 2
    labels = page.evaluate("[...document.querySelectorAll('explain-cell heat-map')].map((map) => map.ariaLabel)")
    assert all(", by known" in label for label in labels[4:])
    scales = page.evaluate("[...document.querySelectorAll('explain-cell')].map(({ heat }) => heat.data.scale)")
    assert scales[0] == scales[2] != scales[4] == scales[6]  # each model scores in its own unit
    page.get_by_role("button", name="Remove model known").click()
    until(page, COUNT + " === 4")
    assert "with=" not in page.url


def test_a_model_that_cannot_says_why_and_lets_the_others_work(open_page: Open, server: Any) -> None:
    page = ready(open_page, HERE + "&x=grad-cam~occlusion.patch14.stride14&t=5&with=slow,nobody,mnist-cnn")
    assert "there is no model “nobody”" in page.locator(".toasts").inner_text()
    until(page, "location.hash.endsWith('with=slow')")
    states = page.evaluate("[...document.querySelectorAll('explain-cell')].map(({ state }) => state)")
    assert states == ["done", "done", "failed", "done"]
    methods = httpx.get(server.url + "api/v1/methods?model=slow").json()
    reason = next(method["refusal"] for method in methods if method["name"] == "grad-cam")
    assert page.locator("explain-cell .refusal").inner_text() == reason
    page.locator("explain-cell").nth(3).locator("heat-map").hover()
    assert page.locator("explain-cell .probe:visible").count() == 3


def test_a_class_that_a_model_does_not_know_is_said(open_page: Open) -> None:
    page = open_page("#/explain?model=mnist-cnn")
    rows = page.evaluate(
        """async () => { const { plan } = await import('./pages/explain-plan.js');
        const sight = (name, labels) => ({ model: { name, labels }, methods: [{ name: 'm', title: 'M', settings: {} }],
            seen: { top: { index: 1 }, shares: labels.map((_, i) => i / 10) } });
        const question = { image: 'a', recipes: [{ method: 'm', settings: {} }], targets: [{ class: 0, versus: null }, { class: 2, versus: 0 }], models: [] };
        return plan(question, [sight('one', ['cat', 'dog', 'owl']), sight('two', ['owl', 'cat']), sight('three', ['dog'])])
            .map(({ rows }) => rows.map(({ asked, shares }) => [asked[0].task?.target ?? asked[0].refusal, shares])); }"""
    )
    assert rows[0] == [[0, [0]], [{"class": 2, "versus": 0}, [0.2, 0]]]
    assert rows[1] == [[1, [0.1]], [{"class": 0, "versus": 1}, [0, 0.1]]]
    assert rows[2] == [["three knows no class “cat”.", []], ["three knows no class “owl”.", []]]


def test_after_24_cells_the_rest_waits_to_be_asked(open_page: Open) -> None:
    x = "~".join(["saliency", "occlusion.patch14.stride14", "occlusion.patch7.stride7"])
    page = open_page(HERE + f"&x={x}&t=0,1,2,3,4,5,6,7,8")
    until(page, COUNT + " === 27")
    idle = "[...document.querySelectorAll('explain-cell')].filter(({ state }) => state === 'idle').length"
    assert page.evaluate(idle) == 3
    assert "3 of 27" in page.locator("explain-grid .more").inner_text()
    page.get_by_role("button", name="Run all 27").click()
    until(page, SETTLED, 30)


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("wide", 1400, "light"), ("dark", 1280, "dark"), ("phone", 390, "light")]
)
def test_models_beside_each_other_look_well(open_page: Open, name: str, width: int, scheme: str) -> None:
    from accessible import findings, pale

    asked = "&x=occlusion.patch3.stride2~occlusion.patch8.stride4~grad-cam&t=5,6&with=known"
    page = ready(open_page, HERE + asked, width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"explain-models-{name}", full_page=True)
    assert findings(page) == []
    assert pale(page) == []
