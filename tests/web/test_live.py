from __future__ import annotations

import json
import statistics
import struct
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from safetensors.numpy import load
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

CONFIG = {
    "type": "config",
    "model": "quick",
    "method": "integrated-gradients",
    "settings": {"steps": 40},
    "centre": False,
}
INK = (255 * np.eye(6)).astype(np.uint8)


@pytest.fixture
def socket(url: str) -> Iterator[ClientConnection]:
    """An open live socket."""
    with connect(f"{url.replace('http', 'ws')}/api/v1/live", proxy=None) as socket:
        yield socket


def configure(socket: ClientConnection, **changes: Any) -> dict[str, Any]:
    socket.send(json.dumps(CONFIG | changes))
    answer: dict[str, Any] = json.loads(socket.recv(5))
    return answer


def send(socket: ClientConnection, seq: int, pixels: np.ndarray[Any, Any] = INK) -> None:
    socket.send(struct.pack("<I", seq) + pixels.tobytes())


def read(data: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """Metadata and arrays of a packet."""
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + length])["__metadata__"], load(data)


def receive(socket: ClientConnection, timeout: float = 5) -> tuple[dict[str, str], dict[str, Any]]:
    data = socket.recv(timeout)
    assert isinstance(data, bytes), data
    return read(data)


def problem(socket: ClientConnection) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(socket.recv(5))
    assert answer["type"] == "problem"
    return answer


def test_prediction_comes_first_then_a_sketch_then_the_whole_map(
    socket: ClientConnection, models: dict[str, Any]
) -> None:
    assert configure(socket) == {"type": "ready", "model": "quick", "method": "integrated-gradients"}
    send(socket, 7)
    said, arrays = receive(socket)
    assert (said["seq"], said["phase"]) == ("7", "predict")
    assert float(said["ms"]) > 0
    belief = models["quick"].predict(np.eye(6))
    np.testing.assert_allclose(arrays["probs"], belief.probabilities, atol=1e-6)
    np.testing.assert_allclose(arrays["logits"], belief.logits, atol=1e-5)
    np.testing.assert_array_equal(arrays["seen"], INK)
    sketch, rough = receive(socket)
    assert (sketch["seq"], sketch["phase"], sketch["final"]) == ("7", "explain", "0")
    rested = time.perf_counter()
    final, fine = receive(socket)
    assert time.perf_counter() - rested > 0.1
    assert final["final"] == "1"
    assert "steps 40" in final["caption"]
    assert "steps 16" in sketch["caption"]
    assert rough["values"].shape == fine["values"].shape == (6, 6)
    assert float(final["sum"]) == pytest.approx(float(final["score_delta"]) + float(final["gap"]), abs=1e-5)
    assert final["target"] == str(belief.index)
    assert {"text", "scale", "seconds", "signed", "sentence", "warnings", "relative_gap"} <= set(final)


def test_what_is_seen_is_exactly_what_is_predicted(socket: ClientConnection, client: httpx.Client) -> None:
    drawn = np.zeros((28, 28), np.uint8)
    drawn[2:9, 3] = drawn[2, 3:8] = 200
    configure(socket, model="mnist-cnn", method=None, settings={}, centre=True)
    send(socket, 1, drawn)
    _, arrays = receive(socket)
    assert not np.array_equal(arrays["seen"], drawn)
    body = pixels_of(arrays["seen"])
    answer = client.post("models/mnist-cnn/predict", json={"images": [body], "top_k": 10}).json()
    for guess in answer["predictions"][0]:
        assert arrays["probs"][guess["index"]] == pytest.approx(guess["score"], abs=1e-6)


def pixels_of(seen: Any) -> dict[str, Any]:
    import base64

    values = (seen.astype("<f4") / np.float32(255))[None]
    return {"pixels": {"shape": list(values.shape), "b64": base64.b64encode(values.tobytes()).decode()}}


def test_the_newest_frame_wins_and_the_last_is_answered_in_full(socket: ClientConnection) -> None:
    configure(socket, model="slow", settings={"steps": 200})
    for seq in range(20):
        send(socket, seq)
        time.sleep(0.005)
    order, final = [], None
    while final is None:
        said, _ = receive(socket)
        order.append((said["phase"], int(said["seq"])))
        final = said["seq"] if said.get("final") == "1" else None
    assert final == "19"
    predicted = [seq for phase, seq in order if phase == "predict"]
    assert predicted == sorted(predicted)
    assert predicted[-1] == 19
    assert len(predicted) < 12  # older frames were dropped, not queued


def test_new_ink_stops_the_explanation_under_way(socket: ClientConnection) -> None:
    configure(socket, model="slow", settings={"steps": 900})
    send(socket, 1)
    for _ in range(2):
        receive(socket)  # prediction and sketch
    time.sleep(0.35)  # now the long one is under way, for half a second more
    send(socket, 2)
    started = time.perf_counter()
    said, _ = receive(socket)
    assert (said["phase"], said["seq"]) == ("predict", "2")
    assert time.perf_counter() - started < 0.3


def test_a_method_without_a_sketch_is_not_computed_twice(socket: ClientConnection) -> None:
    configure(socket, method="grad-cam", settings={})
    send(socket, 1)
    receive(socket)
    (first, one), (second, two) = receive(socket), receive(socket)
    assert (first["final"], second["final"]) == ("0", "1")
    assert first["seconds"] == second["seconds"]
    np.testing.assert_array_equal(one["values"], two["values"])
    assert second["signed"] == "0"
    assert "gap" not in second


def test_targets_and_methods_change_with_the_config(socket: ClientConnection) -> None:
    configure(socket, method="occlusion", settings={"patch": 2, "stride": 2}, target={"class": 1, "versus": 2})
    send(socket, 1)
    receive(socket)
    said, _ = receive(socket)
    assert said["text"] == "b rather than c"
    configure(socket, method=None, settings={})
    send(socket, 2)
    while True:
        said, _ = receive(socket)
        if said["seq"] == "2":
            break
    assert said["phase"] == "predict"
    with pytest.raises(TimeoutError):
        socket.recv(0.4)


def test_colour_frames_are_row_by_row_pixel_by_pixel(socket: ClientConnection, models: dict[str, Any]) -> None:
    configure(socket, model="colour", method=None, settings={})
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    send(socket, 1, pixels)
    _, arrays = receive(socket)
    np.testing.assert_allclose(arrays["probs"], models["colour"].predict(pixels).probabilities, atol=1e-6)
    assert arrays["seen"].shape == (5, 6)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"method": "oclusion"}, 404, "did you mean 'occlusion'"),
        ({"settings": {"steps": 0}}, 422, "steps"),
        ({"target": 9}, 422, "from 0 to 2"),
        ({"model": "box"}, 422, "needs gradients"),
    ],
)
def test_where_nothing_can_be_explained_the_model_still_predicts(
    socket: ClientConnection, changes: dict[str, Any], status: int, words: str
) -> None:
    assert configure(socket)["type"] == "ready"
    answer = configure(socket, **changes)
    assert (answer["type"], answer["status"]) == ("problem", status)
    assert words in answer["detail"]
    send(socket, 1)
    assert receive(socket)[0]["phase"] == "predict"
    with pytest.raises(TimeoutError):
        socket.recv(0.4)
    assert configure(socket)["type"] == "ready"


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"model": "quik"}, 404, "did you mean 'quick'"),
        ({"type": "confg"}, 422, "config"),
        ({"colour": 1}, 422, "colour"),
    ],
)
def test_a_config_that_means_nothing_leaves_nothing_to_compute(
    socket: ClientConnection, changes: dict[str, Any], status: int, words: str
) -> None:
    assert configure(socket)["type"] == "ready"
    answer = configure(socket, **changes)
    assert (answer["type"], answer["status"]) == ("problem", status)
    assert words in answer["detail"]
    send(socket, 1)
    assert problem(socket)["status"] == 409
    assert configure(socket)["type"] == "ready"


def test_nonsense_is_answered_in_words(socket: ClientConnection) -> None:
    send(socket, 1)
    assert "config" in problem(socket)["detail"]
    socket.send("{")
    assert problem(socket)["status"] == 422
    configure(socket)
    socket.send(b"\x01")
    assert "4 bytes" in problem(socket)["detail"]
    socket.send(struct.pack("<I", 1) + bytes(35))
    answer = problem(socket)
    assert answer["status"] == 422
    assert "6 × 6 × 1 bytes, got 35" in answer["detail"]
    send(socket, 2)
    assert receive(socket)[0]["seq"] == "2"


def test_a_frame_no_model_could_take_closes_the_socket(socket: ClientConnection) -> None:
    configure(socket)
    socket.send(iter([*(bytes(2**20) for _ in range(4)), b"one too many"]))
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_runs_do_not_hold_up_the_pen(socket: ClientConnection, client: httpx.Client) -> None:
    task = {"model": "quick", "image": "digits/test/3", "method": "integrated-gradients", "settings": {"steps": 900}}
    runs = [client.post("runs", json=task | {"target": target}).json()["id"] for target in range(3)]
    configure(socket, method=None, settings={})
    times = []
    for seq in range(20):
        started = time.perf_counter()
        send(socket, seq)
        receive(socket)
        times.append(time.perf_counter() - started)
    for run in runs:
        client.delete(f"runs/{run}")
    assert statistics.median(times) < 0.1


@pytest.mark.parametrize("method", [None, "integrated-gradients"])
def test_where_there_is_no_socket_one_answer_holds_everything(
    client: httpx.Client, models: dict[str, Any], method: str | None
) -> None:
    params = {"model": "quick", "target": "b", "centre": "0", "settings": '{"steps": 5}'} | (
        {"method": method} if method else {}
    )
    answer = client.post("live", params=params if method else params | {"settings": "{}"}, content=INK.tobytes())
    assert answer.status_code == 200
    said, arrays = read(answer.content)
    np.testing.assert_allclose(arrays["probs"], models["quick"].predict(np.eye(6)).probabilities, atol=1e-6)
    assert ("values" in arrays) == (method is not None)
    assert said["final"] == "1"
    if method:
        assert said["target"] == "1"
        assert "steps 5" in said["caption"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"model": "quik"}, 404),
        ({"settings": "["}, 422),
        ({"settings": "[]"}, 422),
        ({"target": "9"}, 422),
        ({"target": '{"class":'}, 404),
    ],
)
def test_a_bad_call_is_a_problem(client: httpx.Client, changes: dict[str, str], status: int) -> None:
    params = {"model": "quick", "method": "saliency"} | changes
    answer = client.post("live", params=params, content=INK.tobytes())
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.post("live", params={"model": "quick"}, content=b"x").status_code == 422


def test_a_page_that_goes_away_leaves_nothing_running(url: str, client: httpx.Client) -> None:
    with connect(f"{url.replace('http', 'ws')}/api/v1/live", proxy=None) as socket:
        configure(socket, model="slow", settings={"steps": 900})
        send(socket, 1)
        receive(socket)
        receive(socket)
        time.sleep(0.3)
    started = time.perf_counter()
    answer = client.post("models/slow/predict", json={"images": ["digits/test/3"]})  # same thread
    assert answer.status_code == 200
    assert time.perf_counter() - started < 0.5
