from __future__ import annotations

import base64
import io
import json
import time
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load

from seewhy import __version__, images
from seewhy.results import Explanation
from seewhy.workbench import Workbench
from seewhy.zoo import pretrained

DRAWN = images.ink_encode(np.eye(6, dtype=np.float32)[None])


def start(client: httpx.Client, wait: float = 5, **changes: Any) -> httpx.Response:
    body = {"model": "quick", "image": DRAWN, "method": "integrated-gradients"} | changes
    return client.post("runs", json=body, headers={"Prefer": f"wait={wait}"} if wait else {})


@pytest.fixture
def done(client: httpx.Client) -> dict[str, Any]:
    """A finished run."""
    answer = start(client, target=1)
    assert answer.status_code == 200
    return answer.json()  # type: ignore[no-any-return]


def assert_problem(answer: httpx.Response, status: int, words: str = "") -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= set(body)
    assert words in body["detail"]
    return body


def test_health_says_what_runs(client: httpx.Client) -> None:
    body = client.get("health").json()
    assert body["status"] == "ready"
    assert body["version"] == __version__
    assert set(body) == {"status", "version", "torch", "device", "threads"}


def test_models_and_their_layers(client: httpx.Client) -> None:
    models = {model["name"]: model for model in client.get("models").json()}
    assert {"quick", "slow", "colour", "box", *pretrained.names()} == set(models)
    assert models["colour"]["input"] == {"channels": 3, "height": 5, "width": 6}
    assert models["box"]["abilities"] == ["scores"]
    assert client.get("models/quick").json() == models["quick"]
    layers = client.get("models/quick/layers").json()
    assert [layer["kind"] for layer in layers] == ["Conv2d", "ReLU", "Flatten", "Linear"]
    assert [layer["name"] for layer in layers if layer["default"]] == [models["quick"]["default_layer"]]
    assert client.get("models/box/layers").json() == []
    assert assert_problem(client.get("models/quik"), 404)["did_you_mean"] == "quick"
    assert_problem(client.get("models/quik/layers"), 404)


def test_methods_say_what_they_need_and_why_they_refuse(client: httpx.Client) -> None:
    methods = {method["name"]: method for method in client.get("methods").json()}
    assert {"saliency", "integrated-gradients", "occlusion", "grad-cam"} <= set(methods)
    assert methods["occlusion"]["settings"]["properties"]["patch"]["minimum"] == 1
    assert "refusal" not in methods["occlusion"]
    for_box = {method["name"]: method for method in client.get("methods", params={"model": "box"}).json()}
    refusal = for_box["grad-cam"]["refusal"]
    assert_problem(start(client, model="box", method="grad-cam"), 422, refusal)
    assert for_box["occlusion"]["refusal"] is None
    assert_problem(client.get("methods", params={"model": "none"}), 404)


def test_data_sets_are_paged_and_filtered(client: httpx.Client) -> None:
    digits = next(data for data in client.get("datasets").json() if data["name"] == "digits")
    total = digits["splits"]["test"]
    pages, cursor = [], 0
    while cursor is not None:
        page = client.get("datasets/digits/test/items", params={"limit": 100, "cursor": cursor}).json()
        assert page["total"] == total
        pages += page["items"]
        cursor = page["next_cursor"]
    assert [item["index"] for item in pages] == list(range(total))
    fives = client.get("datasets/digits/test/items", params={"label": 5, "limit": 1000}).json()
    assert fives["items"] == [item for item in pages if item["label"] == 5]
    assert fives["next_cursor"] is None
    one = client.get("datasets/digits/test/items", params={"label": 5, "limit": 1}).json()
    two = client.get("datasets/digits/test/items", params={"label": 5, "limit": 1, "cursor": one["next_cursor"]}).json()
    assert one["items"] + two["items"] == fives["items"][:2]
    assert client.get("datasets/digits/test/items", params={"cursor": total}).json()["items"] == []
    assert_problem(client.get("datasets/digit/test/items"), 404, "did you mean 'digits'")
    assert_problem(client.get("datasets/digits/tset/items"), 404, "tset")
    assert_problem(client.get("datasets/digits/test/items", params={"limit": 0}), 422, "limit")


def test_items_are_chosen_and_sorted_by_what_a_model_says(client: httpx.Client, workbench: Workbench) -> None:
    def ask(**wish: Any) -> dict[str, Any]:
        return client.get("datasets/digits/test/items", params={"model": "mnist-cnn", "limit": 1000, **wish}).json()

    whole = ask()["items"]
    assert [item["index"] for item in whole] == list(range(359))
    belief = workbench.predict("mnist-cnn", ["digits/test/7"])[0]
    assert whole[7]["predicted"] == belief.index
    assert whole[7]["score"] == pytest.approx(belief.probability, rel=1e-5)
    assert ask(predicted=5)["items"] == [item for item in whole if item["predicted"] == 5]
    assert ask(predicted=5, label=5)["items"] == ask(predicted=5, correct=True)["items"]
    wrong = ask(correct=False, sort="loss")["items"]
    assert {item["index"] for item in wrong} == {item["index"] for item in whole if item["label"] != item["predicted"]}
    losses = [item["loss"] for item in ask(sort="loss")["items"]]
    assert losses == sorted(losses, reverse=True)
    scores = [item["score"] for item in ask(sort="score")["items"]]
    assert scores == sorted(scores)
    assert [item["score"] for item in ask(sort="-score")["items"]] == scores[::-1]
    first = ask(sort="score", limit=10)
    assert first["next_cursor"] == 10
    assert [i["index"] for i in ask(sort="score", limit=10, cursor=10)["items"]] == [
        i["index"] for i in ask(sort="score")["items"][10:20]
    ]
    assert_problem(client.get("datasets/digits/test/items", params={"predicted": 5}), 422, "add model=NAME")
    assert_problem(client.get("datasets/digits/test/items", params={"model": "no"}), 404, "no model called 'no'")
    done = client.post("runs", json={"kind": "predictions", "model": "mnist-cnn"}, headers={"Prefer": "wait=10"}).json()
    assert done["result"]["count"] == 359
    assert_problem(client.get(f"runs/{done['id']}/picture.png"), 422, "of kind 'predictions'")
    assert client.get(f"runs/{done['id']}/arrays/predicted.npy").status_code == 200


def test_a_picture_comes_small_large_and_as_numbers(client: httpx.Client, workbench: Workbench) -> None:
    own = workbench.image("digits/test/3").image
    numbers = np.load(io.BytesIO(client.get("images/digits/test/3", params={"as": "npy"}).content))
    np.testing.assert_array_equal(numbers, own)
    small = np.asarray(Image.open(io.BytesIO(client.get("images/digits/test/3").content)))
    np.testing.assert_array_equal(small, np.rint(own[0] * 255))
    large = np.asarray(Image.open(io.BytesIO(client.get("images/digits/test/3", params={"size": 84}).content)))
    np.testing.assert_array_equal(large, np.kron(small, np.ones((3, 3))))
    ink = np.load(io.BytesIO(client.get(f"images/{DRAWN}", params={"as": "npy"}).content))
    np.testing.assert_array_equal(ink, np.eye(6)[None])
    assert_problem(client.get("images/digits/test/3", params={"size": 0}), 422)
    assert_problem(client.get("images/digits/test/3", params={"as": "exe"}), 422)


def test_what_an_address_names_for_ever_is_kept_for_ever(client: httpx.Client) -> None:
    first = client.get("images/digits/test/3")
    assert "immutable" in first.headers["cache-control"]
    again = client.get("images/digits/test/3", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"]


def test_a_sprite_holds_each_picture_in_its_place(client: httpx.Client, workbench: Workbench) -> None:
    addresses = [f"digits/test/{n}" for n in range(5)]
    answer = client.get("sprite", params={"images": ",".join(addresses), "size": 28, "columns": 3})
    sheet = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert sheet.shape == (56, 84)
    for n, address in enumerate(addresses):
        top, left = 28 * (n // 3), 28 * (n % 3)
        np.testing.assert_array_equal(
            sheet[top : top + 28, left : left + 28], np.rint(workbench.image(address).image[0] * 255)
        )
    assert "immutable" in answer.headers["cache-control"]
    assert_problem(client.get("sprite", params={"images": "digits/test/0,nope"}), 404)
    assert_problem(client.get("sprite", params={"images": ",".join(["digits/test/0"] * 401)}), 422, "at most 400")


def test_a_sprite_mixes_shapes_and_colours(client: httpx.Client) -> None:
    wide = np.zeros((3, 4, 8), np.float32)
    wide[0] = 1
    address = client.post("images", content=images.to_png(wide), headers={"Content-Type": "image/png"}).json()[
        "address"
    ]
    sheet = np.asarray(
        Image.open(io.BytesIO(client.get("sprite", params={"images": f"{address},{DRAWN}", "size": 8}).content))
    )
    assert sheet.shape == (8, 16, 3)
    assert sheet[:2, :8].sum() == 0
    assert (sheet[2:6, :8] == [255, 0, 0]).all()


@pytest.mark.parametrize("way", ["raw", "form", "octets"])
def test_a_picture_can_be_sent_in_three_ways(client: httpx.Client, way: str) -> None:
    data = images.to_png(np.full((3, 5, 7), 0.2, np.float32))
    if way == "form":
        answer = client.post("images", files={"file": ("me.png", data, "image/png")})
    else:
        answer = client.post(
            "images",
            content=data,
            headers={"Content-Type": "image/png" if way == "raw" else "application/octet-stream"},
        )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["width"], body["height"], body["channels"], len(body["sha256"])) == (7, 5, 3, 64)
    found = np.load(io.BytesIO(client.get(f"images/{body['address']}", params={"as": "npy"}).content))
    np.testing.assert_allclose(found, 0.2, atol=1e-6)


def test_a_drawing_can_be_sent_as_ink(client: httpx.Client) -> None:
    for ink in (DRAWN, DRAWN.removeprefix("ink:")):
        answer = client.post("images", json={"ink": ink})
        assert answer.status_code == 201
        assert answer.json()["address"] == DRAWN


def test_what_is_no_picture_is_refused_in_words(client: httpx.Client) -> None:
    png = {"Content-Type": "image/png"}
    assert_problem(client.post("images", content=b"hello", headers=png), 422, "picture")
    assert_problem(client.post("images", content=b"", headers=png), 422)
    whole = images.to_png(np.random.default_rng(0).random((3, 40, 40), dtype=np.float32))
    assert_problem(client.post("images", content=whole[: len(whole) // 2], headers=png), 422)
    assert_problem(client.post("images", content=whole, headers={"Content-Type": "text/html"}), 415, "text/html")
    assert_problem(client.post("images", content=whole), 415)
    assert_problem(client.post("images", files={"other": b"x"}), 422, "file")
    assert_problem(client.post("images", json={"ink": "%%%"}), 422, "damaged")
    assert_problem(client.post("images", json={}), 422, "ink")


def test_too_much_is_refused_before_it_is_read(client: httpx.Client) -> None:
    much = bytes(20 * 2**20 + 1)
    assert_problem(client.post("images", content=much, headers={"Content-Type": "image/png"}), 413, "20 MiB")

    def trickle() -> Any:
        for _ in range(21):
            yield bytes(2**20)

    assert_problem(client.post("images", content=trickle(), headers={"Content-Type": "image/png"}), 413, "20 MiB")


def test_a_decompression_bomb_is_refused(client: httpx.Client) -> None:
    file = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    assert_problem(client.post("images", content=file.getvalue(), headers={"Content-Type": "image/png"}), 422)


def test_predictions_by_address_and_by_pixels_agree(client: httpx.Client, models: dict[str, Any]) -> None:
    pixels = np.eye(6, dtype="<f4")[None]
    given = {"pixels": {"shape": [1, 6, 6], "b64": base64.b64encode(pixels.tobytes()).decode()}}
    answer = client.post("models/quick/predict", json={"images": [DRAWN, given, "digits/test/3"], "top_k": 2}).json()
    first, second, _ = answer["predictions"]
    assert first == second
    assert [len(one) for one in answer["predictions"]] == [2, 2, 2]
    belief = models["quick"].predict(pixels)
    assert first[0]["index"] == belief.index
    assert first[0]["label"] == belief.label
    assert first[0]["score"] == pytest.approx(belief.probability, abs=1e-6)
    assert answer["labels_true"] == [None, None, None]  # "3" is no class of this model
    assert answer["seconds"] > 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"images": []}, "images"),
        ({"images": [DRAWN], "top_k": 0}, "top_k"),
        ({"images": [{"pixels": {"shape": [1, 6, 6], "b64": "AAAA"}}]}, "144 bytes of float32, got 3"),
        ({"images": [{"pixels": {"shape": [1, 6, 6], "b64": "?"}}]}, "base64"),
        ({"images": [{"pixels": {"shape": [1, -6, -6], "b64": ""}}]}, "pixels of shape"),
        (
            {"images": [{"pixels": {"shape": [1, 1, 1], "b64": base64.b64encode(np.array([9.0], "<f4")).decode()}}]},
            "[0, 1]",
        ),
        ({"images": [DRAWN] * 257}, "256"),
        ({"pictures": [DRAWN]}, "pictures"),
        ([], "object"),
    ],
)
def test_impossible_predictions_are_refused(client: httpx.Client, body: Any, words: str) -> None:
    assert_problem(client.post("models/quick/predict", json=body), 422, words)


def test_a_run_carries_everything_a_reader_needs(client: httpx.Client, done: dict[str, Any]) -> None:
    assert done["status"] == "done"
    result = done["result"]
    wanted = "prediction target score scale max histogram sum seconds caption sentence signed notes arrays settings"
    assert {*wanted.split(), "image", "label"} <= set(result)
    assert [guess["index"] for guess in result["prediction"]] == [0, 1, 2]
    assert result["target"]["class"] == 1
    assert result["settings"]["baseline"] == "black"
    assert len(result["histogram"]) == 64
    assert result["notes"]["warnings"] == []
    assert "seewhy.explain" in result["python"]
    looked = client.get(f"runs/{done['id']}").json()
    assert looked["result"] == result
    assert set(looked) >= {"id", "kind", "status", "progress", "task", "result", "error"}


def test_the_same_task_is_the_same_run(client: httpx.Client, done: dict[str, Any]) -> None:
    again = start(client, wait=0, target={"class": "b"}, settings={"steps": 50})
    assert again.status_code == 200
    assert again.json()["id"] == done["id"]
    assert client.get(again.headers["location"]).status_code == 200
    assert start(client, target=2).json()["id"] != done["id"]


def test_arrays_come_together_or_one_by_one(client: httpx.Client, done: dict[str, Any]) -> None:
    place = f"runs/{done['id']}"
    every = load(client.get(f"{place}/arrays").content)
    assert {name: list(array.shape) for name, array in every.items()} == done["result"]["arrays"]
    some = load(client.get(f"{place}/arrays", params={"names": "values,alphas"}).content)
    assert set(some) == {"values", "alphas"}
    one = np.load(io.BytesIO(client.get(f"{place}/arrays/values.npy").content))
    np.testing.assert_array_equal(one, every["values"])
    assert every["values"].sum(dtype=np.float64) == pytest.approx(done["result"]["sum"], rel=1e-5)
    assert_problem(client.get(f"{place}/arrays", params={"names": "values,nope"}), 404, "it has values")
    assert_problem(client.get(f"{place}/arrays/nope.npy"), 404)
    first = client.get(f"{place}/arrays")
    assert client.get(f"{place}/arrays", headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_a_run_as_files(client: httpx.Client, done: dict[str, Any]) -> None:
    place = f"runs/{done['id']}"
    loaded = Explanation.load(client.get(f"{place}/result.npz").content)
    assert loaded.describe()["target"] == done["result"]["target"]
    assert client.get(f"{place}/result.json").json()["caption"] == done["result"]["caption"]
    assert_problem(client.get(f"{place}/result.exe"), 422)
    pictures = {}
    for view in ("map", "overlay", "mask"):
        answer = client.get(f"{place}/picture.png", params={"view": view, "opacity": 0.5, "scale": 1})
        assert answer.headers["content-type"] == "image/png"
        assert f"seewhy-integrated-gradients-{done['id']}" in answer.headers["content-disposition"]
        pictures[view] = answer.content
        picture = Image.open(io.BytesIO(answer.content))
        assert picture.width > 100
        assert picture.text["Description"] == done["result"]["caption"]  # type: ignore[attr-defined]
    assert_problem(client.get(f"{place}/picture.png", params={"view": "jet"}), 422)
    assert_problem(client.get(f"{place}/picture.png", params={"opacity": 2}), 422)


def test_a_running_task_is_seen_half_done_and_cancelled(client: httpx.Client) -> None:
    answer = start(client, wait=0, model="slow", settings={"steps": 900}, target=2)
    assert answer.status_code == 202
    place = f"runs/{answer.json()['id']}"
    assert_problem(client.get(f"{place}/arrays"), 409, "not over yet")
    end = time.perf_counter() + 10
    while (client.get(place).json()["progress"] or {"done": 0})["done"] < 2:
        assert time.perf_counter() < end
        time.sleep(0.02)
    partial = client.get(f"{place}/arrays", params={"partial": 1})
    assert load(partial.content)["values"].shape == (6, 6)
    assert "immutable" not in partial.headers.get("cache-control", "")
    started = time.perf_counter()
    assert client.delete(place).status_code == 204
    assert client.get(place).json()["status"] == "cancelled"
    assert start(client, model="slow", settings={"steps": 1}).json()["status"] == "done"
    assert time.perf_counter() - started < 1
    assert assert_problem(client.get(f"{place}/arrays"), 409, "cancelled")["title"] == "cancelled"
    assert_problem(client.get(f"{place}/arrays", params={"partial": 1}), 409)
    assert_problem(client.get(f"{place}/picture.png"), 409)
    assert_problem(client.post("reports", json={"items": [{"run": answer.json()["id"]}]}), 409)


def test_a_full_queue_is_429(client: httpx.Client) -> None:
    started = [start(client, wait=0, model="slow", settings={"steps": 500 + n}) for n in range(9)]
    assert [answer.status_code for answer in started[:8]] == [202] * 8
    assert_problem(started[8], 429, "at most 8 runs")
    for answer in started[:8]:
        client.delete(f"runs/{answer.json()['id']}")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"method": "oclusion"}, 404, "did you mean 'occlusion'"),
        ({"model": "quik"}, 404, "did you mean 'quick'"),
        ({"image": "digits/test/x"}, 404, "digits/test/8"),
        ({"target": 9}, 422, "from 0 to 2, got 9"),
        ({"target": "z"}, 404, "no class"),
        ({"settings": {"steps": -1}}, 422, "steps"),
        ({"settings": {"stepz": 5}}, 422, "did you mean 'steps'"),
        ({"settings": 7}, 422, "settings"),
        ({"colour": "red"}, 422, "colour"),
        ({"kind": "wish"}, 422, "explain"),
        ({"model": ""}, 422, "model"),
    ],
)
def test_bad_tasks_are_refused_at_the_door(
    client: httpx.Client, changes: dict[str, Any], status: int, words: str
) -> None:
    assert_problem(start(client, **changes), status, words)


def test_a_run_that_fails_says_why(client: httpx.Client) -> None:
    body = start(client, method="grad-cam", settings={"layer": "3"}).json()
    assert body["status"] == "failed"
    assert "Grad-CAM needs a layer with maps" in body["error"]["detail"]
    assert_problem(client.get(f"runs/{body['id']}/arrays"), 409, "Grad-CAM needs a layer with maps")


def test_unknown_runs_and_reports_are_404(client: httpx.Client) -> None:
    for place in ("runs/0123456789abcdef", "runs/..%2f..%2fsecret", "runs/x/arrays", "reports/0123456789abcdef.html"):
        assert_problem(client.get(place), 404)
    assert_problem(client.delete("runs/0123456789abcdef"), 404)


def test_a_report_is_made_and_found_again(client: httpx.Client, done: dict[str, Any]) -> None:
    wish = {"title": "Why <b>5</b>?", "items": [{"run": done["id"], "note": "look & see"}]}
    answer = client.post("reports", json=wish)
    assert answer.status_code == 201
    id, links = answer.json()["id"], answer.json()["links"]
    assert client.post("reports", json=wish).json()["id"] == id
    assert links["html"].endswith(f"reports/{id}.html")
    page = client.get(f"reports/{id}.html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "sandbox" in page.headers["content-security-policy"]
    assert "Why &lt;b&gt;5&lt;/b&gt;?" in page.text
    facts = client.get(f"reports/{id}.json").json()
    assert facts["items"][0]["note"] == "look & see"
    assert_problem(client.post("reports", json={"items": []}), 422)
    assert client.get(f"reports/{id}.zip").content.startswith(b"PK")
    assert client.get(f"reports/{id}.zip").headers["content-type"] == "application/zip"
    assert_problem(client.get("reports/0123456789abcdef.zip"), 404)
    assert_problem(client.get(f"reports/{id}.exe"), 422)


def test_the_description_of_the_api_is_served_and_short(client: httpx.Client) -> None:
    paths = client.get("openapi.json").json()["paths"]
    assert len(paths) <= 30
    assert all(path.startswith("/api/v1/") for path in paths)
    assert_problem(client.get("/docs"), 404)


def test_what_does_not_exist_is_a_problem_too(client: httpx.Client) -> None:
    assert_problem(client.get("nothing"), 404)
    assert_problem(client.get("/nothing.js"), 404)
    assert_problem(client.put("runs"), 405)
    assert_problem(client.post("/"), 405)
    assert_problem(client.post("runs", content=b"{", headers={"Content-Type": "application/json"}), 422)


def test_long_answers_are_compressed_and_pictures_are_not(client: httpx.Client) -> None:
    methods = client.get("methods")
    assert methods.headers["content-encoding"] == "gzip"
    assert int(methods.headers["content-length"]) < len(methods.content) / 2
    assert "content-encoding" not in client.get("methods", headers={"Accept-Encoding": "identity"}).headers
    assert "content-encoding" not in client.get("images/digits/test/3").headers
    assert json.loads(methods.content)


def test_rules_are_asked_spread_and_reported(client: httpx.Client) -> None:
    setup = client.get("models/mnist-cnn/because").json()
    assert [layer["name"] for layer in setup["layers"] if layer["default"]] == ["pool1", "pool2"]
    assert setup["datasets"][0]["name"] == "digits"
    assert "alpha" in setup["settings"]["properties"]
    assert_problem(client.get("models/box/because"), 422, "shows no layers")
    wish = {"kind": "interpolant", "model": "mnist-cnn", "image": "digits/train/5", "layer": "pool2"}
    run = client.post("runs", json=wish, headers={"Prefer": "wait=10"}).json()
    rule = run["result"]
    assert rule["key"]["predicted_name"] == "3"
    assert "seewhy.because('mnist-cnn', 'digits/train/5'" in rule["python"]
    part = rule["premise"]["parts"][0]
    spread = client.get("because/spread", params={"model": "mnist-cnn", "condition": json.dumps(part)}).json()
    assert sum(spread["train"]) == 1438
    assert sum(spread["test"]) == 359
    assert spread["fractions"] == rule["fractions"][0]
    text = {"model": "mnist-cnn", "condition": spread["text"]}
    assert client.get("because/spread", params=text).json() == spread
    assert_problem(client.get("because/spread", params=text | {"condition": "class 3"}), 422, "a bound on one unit")
    made = client.post("because/reports", json={"runs": [run["id"]], "place": "#/because?img=digits/train/5"})
    assert made.status_code == 201
    page = client.get(made.json()["links"]["html"].removeprefix("api/v1/"))
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert "#/because?img=digits/train/5" in page.text
    assert page.text.count("<article") == 1
    assert_problem(client.post("because/reports", json={"runs": [run["id"]], "place": "javascript:"}), 422, "place")
    told = client.post("runs", json={"kind": "predictions", "model": "mnist-cnn"}, headers={"Prefer": "wait=10"}).json()
    assert_problem(client.post("because/reports", json={"runs": [told["id"]]}), 422, "of kind 'predictions'")


def test_metrics_are_listed_and_say_why_not(client: httpx.Client) -> None:
    listed = client.get("metrics").json()
    assert {"deletion", "insertion", "road", "agreement"} <= {one["name"] for one in listed}
    assert all(one["kind"] == "metric" and one["unit"] and one["settings"]["properties"] for one in listed)
    judged = client.get("metrics", params={"model": "mnist-cnn"}).json()
    assert all(one["refusal"] is None for one in judged)


def test_a_measurement_is_a_run(client: httpx.Client) -> None:
    asked = {"kind": "measure", "model": "mnist-cnn", "image": "digits/test/12", "method": "occlusion"}
    body = client.post("runs", json=asked | {"metrics": ["sparseness"]}, headers={"Prefer": "wait=10"}).json()
    assert body["result"]["measurements"]["sparseness"]["verdict"] == "better"
    assert client.post("runs", json=asked | {"metrics": ["delition"]}).status_code == 404
    assert client.post("runs", json=asked | {"metrics": ["pointing-game"]}).status_code == 422
