"""A model behind a server, asked over HTTP by another process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import seewhy

SERVER = Path(__file__).with_name("serving.py")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, str(SERVER)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v2/models/"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


@pytest.mark.parametrize("name", ["net", "single"])
def test_scores_are_the_servers(address, name):
    weights = np.random.default_rng(0).normal(size=(90, 4))
    model = seewhy.load(f"{address}{name}?labels=a,b,c,d&mean=0.5&std=0.25")
    x = torch.rand(20, 3, 6, 5)
    wanted = ((x.numpy() - 0.5) / 0.25).reshape(20, -1) @ weights
    np.testing.assert_allclose(model.scores(x).numpy(), wanted, atol=1e-4)
    assert model.input_shape == (3, 6, 5)
    assert model.framework == "http"
    assert model.fingerprint == seewhy.load(f"{address}{name}?mean=0.5&std=0.25").fingerprint


def test_methods_that_need_scores_only_work(address):
    model = seewhy.load(f"{address}net")
    image = np.random.default_rng(1).random((3, 6, 5), dtype=np.float32)
    found = seewhy.explain(model, image, "occlusion", target=2, patch=2, stride=1)
    assert found.values.any()
    with pytest.raises(TypeError, match="gradients"):
        seewhy.explain(model, image, "saliency")


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("none", LookupError, "no model at"),
        ("short", ValueError, "must answer with numbers for"),
        ("broken", ValueError, "refuses with 500: .*out of memory"),
        ("huge", ValueError, "more than 64 MB"),
        ("text", ValueError, "must take one FP32 image"),
    ],
)
def test_a_server_that_does_not_answer_well_is_said(address, name, error, words):
    with pytest.raises(error, match=words):
        seewhy.load(address + name)


def test_a_server_that_is_not_there_is_said():
    with pytest.raises(ConnectionError, match="does not answer"):
        seewhy.load("http://127.0.0.1:9/v2/models/net")
