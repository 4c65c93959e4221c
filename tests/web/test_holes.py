"""Holes over the API: keep what a run found, note, take away, forget."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from seewhy.workbench import Workbench


@pytest.fixture
def client(serve, models, tmp_path) -> Iterator[httpx.Client]:
    """A client of a server with a folder of holes of its own."""
    bench = Workbench(cache=tmp_path / "cache", models=models, paths=False, holes=tmp_path / "holes")
    with serve(bench) as url, httpx.Client(base_url=f"{url}/api/v1/", timeout=20, trust_env=False) as client:
        yield client


def run(client: httpx.Client, **task) -> str:
    answer = client.post("runs", json={"model": "quick", **task}, headers={"Prefer": "wait=10"})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def nonsense(client: httpx.Client, **settings) -> str:
    return run(client, kind="nonsense", target=1, settings={"confidence": 0.5, **settings})


def test_nonsense_is_kept_and_its_address_leads_back(client):
    id = nonsense(client)
    answer = client.post("holes", json={"run": id, "note": "odd"})
    assert answer.status_code == 201
    hole = answer.json()
    result = client.get(f"runs/{id}").json()["result"]
    assert (hole["kind"], hole["label"], hole["model"], hole["note"]) == ("nonsense", "b", "quick", "odd")
    assert hole["probability"] == result["score"] and hole["truth"] is None
    assert hole["recipe"]["settings"]["form"] == "pixels"
    exact = np.load(io.BytesIO(client.get(f"images/{hole['address']}?as=npy").content))
    made = np.load(io.BytesIO(client.get(f"runs/{id}/arrays/image.npy").content))
    assert (exact == made).all()
    again = client.post("holes", json={"run": id}).json()
    assert again == hole and client.get("holes").json() == {"holes": [hole], "troubles": []}
    explained = run(client, image=hole["address"], method="occlusion", settings={"patch": 2, "stride": 2})
    assert client.get(f"runs/{explained}").json()["result"]["prediction"][1]["score"] == pytest.approx(result["score"])


def test_an_attack_keeps_its_truth_and_size(client):
    id = run(client, kind="attack", image="digits/test/3", method="fgsm", settings={"epsilon": 1.0})
    facts = client.get(f"runs/{id}").json()["result"]
    assert facts["success"]
    hole = client.post("holes", json={"run": id}).json()
    best = max(facts["after"], key=lambda guess: guess["score"])
    assert hole["label"] == best["label"] and hole["truth"] == facts["after"][facts["label"]]["label"]
    assert hole["epsilon"] == facts["norms"]["linf"] and hole["kind"] == "attack"


def test_least_evidence_is_kept(client):
    id = run(client, kind="erase", image="digits/test/3", settings={"confidence": 0.2, "pieces": "pixels"})
    hole = client.post("holes", json={"run": id}).json()
    assert hole["kind"] == "erase" and hole["label"] == client.get(f"runs/{id}").json()["result"]["target"]["label"]


def test_what_fooled_nobody_is_refused(client):
    harmless = run(client, kind="attack", image="digits/test/3", method="fgsm", settings={"epsilon": 1e-9})
    explained = run(client, image="digits/test/3", method="occlusion", settings={"patch": 2, "stride": 2})
    for id, words in ((harmless, "fooled nobody"), (explained, "a hole is kept from a run of kind nonsense")):
        answer = client.post("holes", json={"run": id})
        assert answer.status_code == 422 and words in answer.json()["detail"]
    assert client.post("holes", json={"run": "0" * 16}).status_code == 404
    assert client.get("holes").json()["holes"] == []


def test_notes_are_written_and_holes_forgotten(client):
    hole = client.post("holes", json={"run": nonsense(client)}).json()
    noted = client.patch(f"holes/{hole['id']}", json={"note": "five dots"}).json()
    assert noted == hole | {"note": "five dots"}
    assert client.patch(f"holes/{hole['id']}", json={"note": "x" * 2_001}).status_code == 422
    assert client.delete(f"holes/{hole['id']}").status_code == 204
    assert client.delete(f"holes/{hole['id']}").status_code == 404
    assert client.get(f"images/{hole['address']}").status_code == 404
    assert client.get("holes").json()["holes"] == []


def test_the_list_and_the_archive_are_by_model(client):
    assert client.get("holes.zip").status_code == 404
    hole = client.post("holes", json={"run": nonsense(client)}).json()
    assert client.get("holes", params={"model": "slow"}).json()["holes"] == []
    assert client.get("holes", params={"model": "quick"}).json()["holes"] == [hole]
    answer = client.get("holes.zip", params={"model": "quick"})
    assert answer.headers["content-disposition"] == 'attachment; filename="seewhy-holes.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [
            "holes.csv", f"train/nothing/{hole['id']}.png", f"exact/{hole['id']}.npy",
        ]  # fmt: skip


@pytest.mark.parametrize("headers", [{"Origin": "http://elsewhere.example"}, {"Host": "elsewhere.example"}])
def test_strangers_keep_and_forget_nothing(client, headers):
    hole = client.post("holes", json={"run": nonsense(client)}).json()
    place = f"holes/{hole['id']}"
    answers = [
        client.post("holes", json={"run": "0" * 16}, headers=headers),
        client.patch(place, json={"note": "x"}, headers=headers),
        client.delete(place, headers=headers),
    ]
    assert {answer.status_code for answer in answers} <= {403, 421}
    assert client.get("holes").json()["holes"] == [hole]


@pytest.mark.parametrize("id", ["..%2f..%2fetc%2fpasswd", "hole:x", "0" * 16, "%00"])
def test_no_hole_is_a_path(client, id):
    assert client.get(f"images/hole:{id}").status_code == 404
    assert client.delete(f"holes/{id}").status_code in (404, 405)
