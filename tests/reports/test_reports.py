from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seewhy import __version__
from seewhy.classifiers.base import Classifier
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.reports import Item, to_html, to_json
from seewhy.reports.exhibits import Exhibit
from seewhy.reports.pages import environment
from seewhy.reports.reproducing import python_for
from seewhy.reports.zipping import file_name, to_zip
from seewhy.results import Explanation
from seewhy.workbench import Workbench, kinds

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert('2')</script>\"'&amp;"
MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def explanation(linear: Classifier) -> Explanation:
    recipe = IntegratedGradients(steps=5)
    return recipe(linear, np.linspace(0, 1, 36, dtype=np.float32).reshape(6, 6), {"class": 1, "versus": 0})


@pytest.fixture
def hostile(linear: Classifier) -> Explanation:
    linear.labels = (HOSTILE, "b", "c")
    linear.name = HOSTILE
    found = IntegratedGradients()(linear, np.ones((6, 6)), 0)
    notes = dict(found.notes) | {"warnings": [HOSTILE], HOSTILE: HOSTILE}
    return Explanation(**(vars(found) | {"notes": notes, "address": HOSTILE, "title": HOSTILE, "truth": 0}))


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text.setdefault(self._inside[-1] if self._inside else "", []).append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def test_a_report_shows_everything_that_is_needed_to_judge_a_map(explanation: Explanation) -> None:
    page = Page(to_html("Two reasons", [Item(explanation, "first"), Item(explanation)], MADE))
    words = " ".join(part for parts in page.text.values() for part in parts)
    wanted = ["Two reasons", "2 findings, 2 January 2026, 03:04 UTC", "first", "b rather than a", __version__]
    wanted += ["Integrated Gradients", "steps 5", "baseline black", "Relative gap", "linear, fingerprint"]
    wanted += [explanation.fingerprint, explanation.sentence, "seewhy.explain("]
    for words_wanted in wanted:
        assert words_wanted in words
    assert page.count("heat-map") == page.count("article") == 2
    assert page.count("h1") == 1


def test_the_maps_in_it_are_exact(explanation: Explanation) -> None:
    page = Page(to_html("x", [Item(explanation)]))
    (stored,) = json.loads(page.text["script"][0])
    values = np.frombuffer(base64.b64decode(stored["values"]), "<f4").reshape(stored["height"], stored["width"])
    np.testing.assert_array_equal(values, explanation.values)
    image = np.frombuffer(base64.b64decode(stored["image"]), "<f4").reshape(explanation.image.shape)
    np.testing.assert_array_equal(image, explanation.image)
    assert stored["scale"] == explanation.scale


def test_it_asks_nobody_for_anything(explanation: Explanation) -> None:
    html = to_html("x", [Item(explanation)])
    page = Page(html)
    for tag, attributes in page.tags:
        assert not {"src", "href", "srcset", "action", "style"} & set(attributes), tag
    assert "url(" not in html
    assert "@import" not in html
    assert "://" not in html.replace("http://www.w3.org/", "")


def test_its_policy_allows_its_own_script_and_style_and_nothing_else(explanation: Explanation) -> None:
    html = to_html(HOSTILE, [Item(explanation, HOSTILE)])
    page = Page(html)
    (policy,) = (a["content"] or "" for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag, kind in (("style", ""), ("script", ' type="module"')):
        (body,) = re.findall(f"<{tag}{kind}>(.*?)</{tag}>", html, re.S)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_no_label_title_or_note_becomes_markup(explanation: Explanation, hostile: Explanation) -> None:
    tame = Page(to_html("x", [Item(explanation, "x")]))
    page = Page(to_html(HOSTILE, [Item(hostile, HOSTILE)]))
    assert page.count("img") == 0
    assert page.count("script") == tame.count("script") == 2
    assert {name for name, _ in page.tags} <= {name for name, _ in tame.tags} | {"p"}
    assert page.text["h1"] == [HOSTILE]
    assert HOSTILE in page.text["p"]
    assert HOSTILE in "".join(page.text["td"])


def test_the_json_form_holds_facts_arrays_and_code(hostile: Explanation) -> None:
    report = json.loads(to_json(HOSTILE, [Item(hostile, "note")], MADE))
    assert report["title"] == HOSTILE
    assert report["made"] == "2026-01-02T03:04:00+00:00"
    assert report["environment"]["seewhy"] == __version__
    (item,) = report["items"]
    assert item["note"] == "note"
    values = np.frombuffer(base64.b64decode(item["data"]["values"]), "<f4").reshape(item["arrays"]["values"])
    np.testing.assert_array_equal(values, hostile.values)


def test_the_environment_names_no_person_and_no_place() -> None:
    import getpass
    import platform

    said = json.dumps(environment())
    assert "/" not in said
    assert getpass.getuser() not in said
    assert platform.node() not in said


def test_the_python_in_a_report_gives_the_same_map() -> None:
    from seewhy.notebook import explain

    found = explain("mnist-cnn", "digits/test/3", "occlusion", target={"class": 3, "versus": 5}, patch=7, stride=7)
    code = python_for(found)
    namespace: dict[str, Explanation] = {}
    exec(code.replace("why.save('why.png')", ""), namespace)
    np.testing.assert_allclose(namespace["why"].values, found.values, atol=1e-5)
    assert "target={'class': 3, 'versus': 5, 'output': 'logit'}" in code


def test_what_only_existed_here_is_said_so(explanation: Explanation) -> None:
    code = python_for(explanation.at("up:0123456789abcdef", None))
    assert "model = ...  # your own model, here called 'linear'" in code
    assert "image = 'up:0123456789abcdef'  # a picture of yours" in code
    compile(code, "report", "exec")
    compile(
        python_for(Explanation(**(vars(explanation) | {"model": HOSTILE + "\n", "address": HOSTILE}))), "report", "exec"
    )


def test_the_archive_holds_pictures_and_arrays_and_is_the_same_each_time(explanation):
    items = [Item(explanation, "one"), Item(explanation)]
    packed = to_zip("Two", items, MADE)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        stem = file_name(1, explanation.method, explanation.target["text"])
        assert names == [
            "report.html",
            "report.json",
            *(f"{n}.{e}" for n in (stem, "02" + stem[2:]) for e in ("png", "npz", "json")),
        ]
        assert json.loads(archive.read(f"{stem}.json"))["note"] == "one"
        with np.load(io.BytesIO(archive.read(f"{stem}.npz"))) as arrays:
            np.testing.assert_array_equal(arrays["values"], explanation.values)
        assert archive.read(f"{stem}.png").startswith(b"\x89PNG")
        assert "Two" in archive.read("report.html").decode()
    assert to_zip("Two", items, MADE) == packed


def test_no_label_becomes_a_path(hostile):
    with zipfile.ZipFile(io.BytesIO(to_zip("x", [Item(hostile)], MADE))) as archive:
        assert all(re.fullmatch(r"[\w-]+\.(png|npz|json|html)", name) for name in archive.namelist())


def test_a_model_by_address_is_opened_again(explanation: Explanation) -> None:
    def code(model: str) -> str:
        return python_for(Explanation(**(vars(explanation) | {"model": model}))).splitlines()[2]

    assert code("torchvision:resnet50") == "model = seewhy.load('torchvision:resnet50')"
    assert code("cifar-cnn@mine.safetensors") == "model = seewhy.load('cifar-cnn@mine.safetensors')"
    assert code("my net") == "model = ...  # your own model, here called 'my net'"
    assert code("other:thing") == "model = ...  # your own model, here called 'other:thing'"


@pytest.fixture(params=["attack", "erase", "nonsense"])
def exhibit(request: pytest.FixtureRequest, tmp_path: Path) -> Exhibit:
    wishes = {
        "attack": {"image": "digits/test/3", "method": "fgsm", "settings": {"epsilon": 0.2}},
        "erase": {"image": "digits/test/3"},
        "nonsense": {"target": 2, "settings": {"amount": 12}, "data": "digits"},
    }
    task = kinds.task_from({"kind": request.param, "model": "mnist-cnn", **wishes[request.param]})
    bench = Workbench(cache=tmp_path)
    found = bench.exhibit(task)
    bench.close()
    return found


def test_findings_that_are_no_maps_are_shown_too(exhibit: Exhibit, explanation: Explanation) -> None:
    items = [Item(exhibit, "see <this>"), Item(explanation)]
    text = to_html("Both", items, MADE)
    page = Page(text)
    words = " ".join(part for parts in page.text.values() for part in parts)
    for wanted in (
        exhibit.title,
        exhibit.sentence,
        "see <this>",
        *exhibit.rows.values(),
        exhibit.python.splitlines()[2],
    ):
        assert wanted in words
    assert page.count("heat-map") == 1
    assert "mnist-cnn, fingerprint " in words
    for (_, pixels), found in zip(exhibit.panels, re.findall(r"data:image/png;base64,([^\"]+)", text), strict=True):
        with Image.open(io.BytesIO(base64.b64decode(found))) as drawn:
            np.testing.assert_array_equal(np.asarray(drawn.convert("RGB")), pixels)
    facts = json.loads(to_json("Both", items, MADE))["items"][0]
    for name, array in exhibit.result.all_arrays().items():
        kept = np.frombuffer(base64.b64decode(facts["data"][name]), "<f4")
        np.testing.assert_array_equal(kept, array.astype(np.float32).ravel())
    with zipfile.ZipFile(io.BytesIO(to_zip("Both", items, MADE))) as archive:
        png = next(name for name in archive.namelist() if name.startswith("01-") and name.endswith(".png"))
        assert archive.read(png).startswith(b"\x89PNG")


def test_its_python_makes_the_finding_again(exhibit: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    exec(exhibit.python, namespace)
    made, known = namespace["found"].all_arrays(), exhibit.result.all_arrays()
    for name in known:
        np.testing.assert_allclose(made[name], known[name], atol=1e-5)
