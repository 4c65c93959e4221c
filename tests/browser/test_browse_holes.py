"""Browse › Holes: what was kept, by class, with its recipe and a note; taken away as a data set; and closed."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from accessible import findings, pale, tab_round
from watching import shoot, until

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
HOLES = "#/browse?model=mnist-cnn&view=holes"
CARDS = "document.querySelectorAll('browse-holes .hole').length"


@pytest.fixture
def api(server: Any) -> Iterator[httpx.Client]:
    """The API of the server; no hole is kept before a test, and none after it."""
    with httpx.Client(base_url=f"{server.url}api/v1/", timeout=60, trust_env=False) as client:

        def forget() -> None:
            for hole in client.get("holes").json()["holes"]:
                client.delete(f"holes/{hole['id']}")

        forget()
        yield client
        forget()


def keep(api: httpx.Client, **task: Any) -> dict[str, Any]:
    run = api.post("runs", json={"model": "mnist-cnn", **task}, headers={"Prefer": "wait=10"}).json()
    answer = api.post("holes", json={"run": run["id"]})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def answered(api: httpx.Client, task: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
    """The result of a run, however long a busy machine takes."""
    run = api.post("runs", json=task, headers={"Prefer": "wait=10"}).json()
    end = time.monotonic() + seconds
    while "result" not in run:
        assert run.get("status") in ("queued", "running") and time.monotonic() < end, run
        time.sleep(0.2)
        run = api.get(f"runs/{run['id']}").json()
    return dict(run["result"])


def some(api: httpx.Client) -> dict[str, dict[str, Any]]:
    """Nonsense for two classes, and two nudged pictures."""
    strokes = {"form": "strokes", "amount": 3}
    return {
        "two": keep(api, kind="nonsense", target=2, settings=strokes),
        "noisy two": keep(api, kind="nonsense", target=2, settings={"form": "noise"}),
        "one": keep(api, kind="nonsense", target=1, settings={"form": "pixels", "effort": 4}),
        "large": keep(api, kind="attack", image="digits/test/12", method="fgsm", settings={"epsilon": 0.2}),
        "small": keep(api, kind="attack", image="digits/test/12", method="fgsm", settings={"epsilon": 0.12}),
    }


def test_where_nothing_is_kept_it_says_what_to_do(open_page: Open, api: httpx.Client) -> None:
    page = open_page(HOLES)
    until(page, "!document.querySelector('browse-holes .empty').hidden")
    words = page.locator("browse-holes .empty").inner_text()
    assert "Nothing that fooled mnist-cnn is kept yet." in words and "seewhy fool all --model mnist-cnn --keep" in words
    assert not page.locator("browse-holes .export").is_visible()
    assert page.locator(".browse .fields").is_hidden()


def test_holes_are_shown_by_class_and_by_size(open_page: Open, api: httpx.Client) -> None:
    kept = some(api)
    page = open_page("#/browse?model=mnist-cnn&data=digits&set=test")
    page.locator("[data-view=holes]").click()
    until(page, f"{CARDS} === 5")
    assert "view=holes" in page.url
    assert page.locator(".hole-class h3").all_inner_texts() == [
        "Called “1” one picture", "Called “2” 2 pictures",
    ]  # fmt: skip
    nudged = page.locator("ol.hole-list .about").all_inner_texts()
    assert [f"ε {kept[name]['epsilon']:.3g}"[:6] in text for name, text in zip(("small", "large"), nudged, strict=True)]
    assert kept["small"]["epsilon"] < kept["large"]["epsilon"] and "0.12 = 30.6/255" in nudged[0]
    assert "“5” →" in nudged[0]
    until(page, "[...document.querySelectorAll('.hole img')].every((img) => img.complete && img.naturalWidth === 112)")
    page.locator(".hole summary").first.click()
    assert "seewhy fool 1 --model mnist-cnn" in page.locator(".hole code").first.inner_text()
    shoot(page, "holes", full_page=True)
    page.locator(".hole .face").first.click()
    until(page, "location.hash.startsWith('#/explain')")
    assert kept["one"]["address"].replace(":", "%3A") in page.url or kept["one"]["address"] in page.url
    page.goto("about:blank")  # before the holes are forgotten, which Explain is still fetching


def test_notes_are_kept_and_holes_deleted_at_the_second_press(open_page: Open, api: httpx.Client) -> None:
    hole = keep(api, kind="nonsense", target=2, settings={"form": "strokes", "amount": 3})
    page = open_page(HOLES)
    until(page, f"{CARDS} === 1")
    page.locator(".note-field").fill("three strokes only")
    page.keyboard.press("Tab")
    for _ in range(100):
        if api.get("holes").json()["holes"][0]["note"] == "three strokes only":
            break
        page.wait_for_timeout(50)
    else:
        raise AssertionError("the note was not kept")
    page.reload()
    until(page, "document.querySelector('.note-field')?.value === 'three strokes only'")
    page.locator(".hole .drop").click()
    assert page.locator(".hole .drop").inner_text() == "Delete?"
    assert api.get("holes").json()["holes"][0]["id"] == hole["id"]
    page.locator(".hole .drop").click()
    until(page, f"{CARDS} === 0 && !document.querySelector('browse-holes .empty').hidden")
    assert api.get("holes").json()["holes"] == []


def test_the_menu_leads_to_every_screen_and_the_export_is_a_data_set(open_page: Open, api: httpx.Client) -> None:
    hole = keep(api, kind="nonsense", target=2, settings={"form": "strokes", "amount": 3})
    page = open_page(HOLES, accept_downloads=True)
    until(page, f"{CARDS} === 1")
    with page.expect_download() as started:
        page.locator("browse-holes .export").click()
    assert started.value.suggested_filename == "seewhy-holes.zip"
    with zipfile.ZipFile(io.BytesIO(started.value.path().read_bytes())) as archive:
        assert f"train/nothing/{hole['id']}.png" in archive.namelist() and "holes.csv" in archive.namelist()
    page.locator(".hole .more").click()
    labels = page.locator("pop-menu [role=menuitem]").all_inner_texts()
    assert any("Explain" in label for label in labels) and any("Draw" in label for label in labels)
    page.locator("pop-menu [role=menuitem]", has_text="Open in Draw").click()
    until(page, "location.hash.startsWith('#/draw')")


def test_holes_of_every_model_and_what_cannot_be_read(open_page: Open, api: httpx.Client) -> None:
    keep(api, kind="nonsense", target=2, settings={"form": "strokes", "amount": 3})
    keep(api, kind="nonsense", target=1, model="known", settings={"form": "strokes", "amount": 3})
    page = open_page(HOLES)
    until(page, f"{CARDS} === 1")
    page.locator(".every").check()
    until(page, f"{CARDS} === 2")
    assert "known" in page.locator("browse-holes .hole-groups").inner_text()


def test_hardening_is_started_cancelled_and_told(open_page: Open, api: httpx.Client) -> None:
    page = open_page(HOLES)
    until(page, "document.querySelector('browse-harden .typed').textContent !== ''")
    page.locator(".rounds").fill("3")
    page.keyboard.press("Tab")
    assert page.locator("browse-harden .typed").inner_text() == (
        "seewhy harden mnist-cnn --epochs 3 --out hardened.safetensors"
    )
    page.locator("browse-harden .go").click()
    until(page, "!document.querySelector('browse-harden .stop').hidden")
    page.locator("browse-harden .stop").click()
    until(page, "document.querySelector('browse-harden .trouble').textContent.startsWith('Cancelled.')", 60)
    assert page.locator("browse-harden .go").is_enabled()


def test_a_model_that_cannot_be_trained_says_so(open_page: Open, api: httpx.Client) -> None:
    page = open_page("#/browse?model=slow&view=holes")
    until(page, "document.querySelector('browse-harden .here .dim').textContent.includes('only PyTorch modules')")
    assert page.locator("browse-harden .go").is_disabled()
    assert "look inside" in page.locator("browse-narrow .trouble").inner_text()
    assert page.locator("browse-narrow .go").is_disabled()


def test_before_and_after_stand_in_a_table(open_page: Open, api: httpx.Client) -> None:
    little = {
        "epochs": 1, "steps": 1, "batch": 4, "rubbish": 4, "nudged": 2, "each": 1, "climbing": 1, "tested": 10,
        "attacked": 2,
    }  # fmt: skip
    page = open_page(HOLES)
    until(page, "document.querySelector('browse-harden .typed').textContent !== ''")

    def smaller(route: Any) -> None:
        sent = route.request.post_data_json
        if sent.get("kind") == "harden":
            sent |= {"settings": little, "data": "digits"}
        route.continue_(post_data=sent)

    page.route("**/api/v1/runs", smaller)
    page.locator("browse-harden .go").click()
    until(page, "document.querySelectorAll('.harden-table tbody tr').length >= 7", 120)
    heads = page.locator(".harden-table tbody th").all_inner_texts()
    assert heads[0] == "clean accuracy" and "all new nonsense, accepted at ≥ 90 %" in heads
    assert heads[-1] == "right under attack, ε 0.2"
    shoot(page, "holes-hardened", full_page=True)
    page.locator("browse-harden .outcome a").first.click()
    until(page, "location.hash.startsWith('#/models?model=hardened')")
    until(page, "document.querySelector('#about-model')?.textContent.startsWith('hardened:')", 30)


def test_narrow_rules_are_those_that_the_api_finds(open_page: Open, api: httpx.Client) -> None:
    page = open_page(HOLES)
    until(page, "!document.querySelector('browse-narrow .go').disabled")
    layer = page.locator("browse-narrow .at").input_value()
    page.locator("browse-narrow .go").click()
    until(page, "document.querySelector('browse-narrow .found').innerText.includes('10 classes')", 60)
    until(page, "document.querySelector('browse-narrow .stop').hidden")
    wanted: dict[str, float] = {}
    for index in range(10):
        task = {"kind": "class-rules", "model": "mnist-cnn", "data": "digits", "layer": layer}
        task |= {"conclusion": f"class {index}"}
        for rule in answered(api, task)["rules"]:
            counts = rule["train"]
            if counts["precision"] >= 0.9 and counts["recall"] <= 0.2:
                wanted[rule["premise"]["text"]] = counts["recall"]
    shown = page.locator("browse-narrow .hole code").all_inner_texts()
    assert sorted(shown) == sorted(wanted) != []
    assert [wanted[text] for text in shown] == sorted(wanted.values())
    shoot(page, "holes-narrow", full_page=True)
    assert findings(page) == []
    page.locator("browse-narrow .hole .about a").first.click()
    until(page, "location.hash.startsWith('#/because?')")
    ruled = "document.querySelector('.work')?.hidden === false && !document.querySelector('.stale')"
    until(page, f"{ruled} && !!document.querySelector('.conditions code')", 30)


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_screen_is_accessible(open_page: Open, api: httpx.Client, look: str) -> None:
    some(api)
    settings: dict[str, Any] = {"width": 390, "height": 844} if look == "phone" else {"color_scheme": look}
    page = open_page(HOLES, **settings)
    until(page, f"{CARDS} === 5")
    shoot(page, f"holes-{look}", full_page=True)
    assert findings(page) == []
    assert pale(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if look == "light":
        assert tab_round(page) == []
