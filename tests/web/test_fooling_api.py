"""What the Fool screen asks: the attacks there are, and pictures that runs have made."""

from __future__ import annotations

import io
from typing import Any

import httpx
import numpy as np
from safetensors.numpy import load

from seewhy import catalog, images

DRAWN = images.ink_encode(np.eye(6, dtype=np.float32)[None])


def attacked(client: httpx.Client, **settings: Any) -> dict[str, Any]:
    body = {"kind": "attack", "model": "quick", "image": DRAWN, "method": "fgsm", "settings": settings}
    answer = client.post("runs", json=body, headers={"Prefer": "wait=5"})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def test_attacks_say_why_a_model_is_not_for_them(client: httpx.Client) -> None:
    assert [one["name"] for one in client.get("attacks").json()] == list(catalog.attacks())
    free = {one["name"]: one["refusal"] for one in client.get("attacks", params={"model": "quick"}).json()}
    assert set(free.values()) == {None}
    box = {one["name"]: one["refusal"] for one in client.get("attacks", params={"model": "box"}).json()}
    assert box["square"] is None
    assert "needs gradients, which box does not give" in box["fgsm"]
    task = {"kind": "attack", "model": "box", "image": DRAWN, "method": "fgsm"}
    assert client.post("runs", json=task).json()["detail"] == box["fgsm"]
    assert client.get("attacks", params={"model": "nobody"}).status_code == 404


def test_the_curve_is_the_way_along_the_direction(client: httpx.Client) -> None:
    run = attacked(client, epsilon=0.1)
    held = load(client.get(f"runs/{run['id']}/arrays").content)
    assert set(np.unique(held["direction"])) <= {-1.0, 0.0, 1.0}
    walked = np.clip(held["image"] + np.float32(0.1) * held["direction"], 0, 1)
    assert np.abs(walked - held["adversarial"]).max() < 1e-6
    assert held["epsilons"][-1] == np.float32(0.2) and len(held["epsilons"]) <= 33


def test_a_picture_made_by_a_run_is_taken_everywhere(client: httpx.Client) -> None:
    run = attacked(client)
    address = f"run:{run['id']}/adversarial"
    picture = np.load(io.BytesIO(client.get(f"images/{address}", params={"as": "npy"}).content))
    assert np.array_equal(picture, load(client.get(f"runs/{run['id']}/arrays").content)["adversarial"])
    assert client.get(f"images/{address}").headers["content-type"] == "image/png"
    assert client.get("sprite", params={"images": f"{DRAWN},{address}"}).status_code == 200
    predicted = client.post("models/quick/predict", json={"images": [address]}).json()["predictions"][0]
    wanted = {guess["index"]: guess["score"] for guess in run["result"]["after"]}
    assert all(abs(wanted[guess["index"]] - guess["score"]) < 1e-6 for guess in predicted)
    task = {"kind": "explain", "model": "quick", "image": address, "method": "saliency"}
    map_ = client.post("runs", json=task, headers={"Prefer": "wait=5"}).json()
    assert map_["status"] == "done" and map_["result"]["image"] == address
    item = {"title": "fooled", "items": [{"run": map_["id"], "note": ""}]}
    assert client.post("reports", json=item).status_code == 201


def test_what_no_run_has_made_is_not_found(client: httpx.Client) -> None:
    unknown = client.get("images/run:feedbeef/adversarial")
    assert unknown.status_code == 404 and "no run called 'feedbeef'" in unknown.json()["detail"]
    missing = client.get(f"images/run:{attacked(client)['id']}/perturbation")
    assert missing.status_code == 404 and "has no picture 'perturbation'; it has" in missing.json()["detail"]
