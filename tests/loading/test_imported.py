"""Models that the person's own code makes."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

import seewhy

CODE = """
import torch
from torch import nn
from seewhy.classifiers.function import FunctionClassifier

class Net(nn.Module):
    def __init__(self, width=4, classes=2):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(3, width, 3), nn.Flatten(), nn.LazyLinear(classes))
        self.body(torch.zeros(1, 3, 8, 8))

    def forward(self, x):
        return self.body(x)

def build(width=4):
    return Net(width)

def classify(pixels):
    import numpy as np
    return np.full((len(pixels), 2), 0.5)

class nets:
    small = Net(2)

def whole():
    return FunctionClassifier(classify, ["a", "b"], (3, 8, 8))
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    (tmp_path / "their_models.py").write_text(CODE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "their_models", raising=False)
    return tmp_path


def test_a_class_a_function_or_a_module_makes_the_model(here):
    first = seewhy.load("their_models:Net?input=8&width=3&labels=cat,dog")
    assert first.layers()["body.0"].shape == (3, 6, 6)
    assert first.labels == ("cat", "dog")
    assert seewhy.load("their_models:build", input_shape=(3, 8, 8)).layers()["body.0"].shape == (4, 6, 6)
    assert seewhy.load("their_models:nets.small?input=8").layers()["body.0"].shape == (2, 6, 6)
    assert seewhy.load("their_models:whole").labels == ("a", "b")
    assert seewhy.load("their_models:classify?input=8&labels=a,b").abilities == {"scores"}


def test_local_weights_are_taken(here):
    model = seewhy.load("their_models:Net?input=8")
    save_file({key: torch.ones_like(value) for key, value in model.module.state_dict().items()}, here / "w.safetensors")
    assert bool((seewhy.load("their_models:Net@w.safetensors?input=8").module.body[0].weight == 1).all())


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("no_such_module:Net", LookupError, "no Python module called 'no_such_module'"),
        ("their_models:Nett", LookupError, "did you mean 'Net'"),
        ("their_models:__builtins__", LookupError, "no attribute"),
        ("their_models:Net", ValueError, "does not say what images it takes"),
        ("their_models:classify?input=8", ValueError, "does not say its classes"),
        ("their_models:Net?input=8&depth=3", ValueError, "does not take these options"),
        ("their_models:Net?input=9", ValueError, "takes no images"),
        ("their models:Net", LookupError, "no kind of model"),
    ],
)
def test_what_is_missing_is_said(address, error, words):
    with pytest.raises(error, match=words):
        seewhy.load(address)


def test_a_workbench_for_strangers_imports_nothing(here):
    from seewhy.workbench import Workbench

    (here / "canary_maker.py").write_text("open('canary', 'w')\n", encoding="utf-8")
    bench = Workbench(cache=here / "cache", paths=False)
    with pytest.raises(LookupError, match="no model called"):
        bench.model("canary_maker:x")
    assert not (here / "canary").exists()
