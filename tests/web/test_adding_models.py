"""Models added by address while the server runs: only where the person at the keyboard allowed it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import torch
from fastapi.testclient import TestClient
from safetensors.torch import save_file

from seewhy.web.app import create_app
from seewhy.workbench import Workbench
from seewhy.zoo import pretrained


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Weights that see every image alike."""
    network = pretrained.COURSES["mnist-cnn"].network()
    state = {name: torch.zeros_like(tensor) for name, tensor in network.state_dict().items()}
    save_file(state, tmp_path / "flat.safetensors")
    return tmp_path / "flat.safetensors"


@pytest.fixture(params=[True, False])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[httpx.Client, bool]]:
    bench = Workbench(cache=tmp_path / "cache", paths=False, additions=request.param)
    with TestClient(create_app(bench), base_url="http://127.0.0.1/api/v1/") as client:
        yield client, request.param
    bench.close()


def test_a_model_is_added_only_where_it_is_allowed(client, weights, tmp_path, monkeypatch):
    asking, allowed = client
    address = f"mnist-cnn@{weights}"
    answer = asking.post("models", json={"address": address})
    if not allowed:
        assert answer.status_code == 422
        assert "--allow-import" in answer.json()["detail"]
        assert asking.get(f"models/{quote(address, safe='')}").status_code == 404
        (tmp_path / "canary_of_web.py").write_text("open('canary', 'w')\n", encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        assert asking.post("models", json={"address": "canary_of_web:x"}).status_code == 422
        assert not (tmp_path / "canary").exists()
        return
    assert answer.status_code == 201
    assert answer.json()["name"] == address
    assert address in [model["name"] for model in asking.get("models").json()]
    path = f"models/{quote(address, safe='')}"
    assert asking.get(path).json()["preprocessing"]["keep"] == 1
    assert asking.get(f"{path}/layers").json()[0]["kind"] == "Conv2d"
    pixels = {"shape": [1, 28, 28], "b64": "AAAA" * (28 * 28 * 4 // 3) + "AA=="}
    guess = asking.post(f"{path}/predict", json={"images": [{"pixels": pixels}], "top_k": 2}).json()
    assert guess["predictions"][0][0]["score"] == pytest.approx(0.1)
    assert asking.post("models", json={"address": address}).status_code == 201
    assert asking.post("models", json={"address": "torchvison:resnet18"}).json()["did_you_mean"] == "torchvision"
    assert asking.post("models", json={"address": "onnx:nothing.onnx"}).status_code == 404
    assert asking.post("models", json={"address": ""}).status_code == 422


def test_what_ships_is_there_anyway(client):
    asking, _ = client
    assert asking.post("models", json={"address": "mnist-cnn"}).status_code == 201
