"""Every line of docs/models.md that loads a model does so, with files of the names it uses."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from skops import io as skops
from torch import nn

import seewhy
from seewhy.classifiers import timm, torchvision
from seewhy.classifiers.keras import imported
from seewhy.loading import torchvision as opening

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
LINES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def torchvision_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the download."""
    torch.save(torchvision.network("resnet50", {}).state_dict(), folder / "resnet50.pth")
    monkeypatch.setattr(opening, "fetch", lambda urls, checksum, destination: folder / "resnet50.pth")


def timm_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file(timm.network("mobilenetv2_100", {}, published=False).state_dict(), folder / "mine.safetensors")


def keras_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras = imported()
    layers = [keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    keras.Sequential([keras.Input((32, 32, 3)), *layers]).save(folder / "net.keras")


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 30 * 30, 2)).eval()


def onnx_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(small(), (torch.rand(1, 3, 32, 32),), str(folder / "net.onnx"), dynamo=False)


def sklearn_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estimator = LogisticRegression(max_iter=5).fit(np.random.default_rng(0).random((8, 3072)), np.arange(8) % 2)
    skops.dump(estimator, folder / "net.skops")


def own_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "my_project").mkdir()
    (folder / "my_project" / "nets.py").write_text(
        "from torch import nn\n\ndef build(width=8):\n"
        "    body = [nn.Conv2d(3, width, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()]\n"
        "    return nn.Sequential(*body, nn.Linear(width, 2))\n",
        encoding="utf-8",
    )


def export_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(small(), (torch.rand(1, 3, 32, 32),)), folder / "net.pt2")


MAKERS: dict[str, Any] = {
    "torchvision:": torchvision_file,
    "timm:": timm_file,
    "keras:": keras_file,
    "onnx:": onnx_file,
    "export:": export_file,
    "sklearn:": sklearn_file,
    "my_project.nets:": own_code,
}


def test_every_kind_has_a_line():
    kinds = {line.split('"')[1].split(":")[0] for line in LINES}
    assert {*seewhy.loading.KINDS, "my_project.nets"} == kinds


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split('"')[1].split("?")[0][:40])
def test_the_line_runs(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address = line.split('"')[1]
    server = None
    try:
        if address.startswith("http:"):
            script = Path(__file__).with_name("serving.py")
            server = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
            assert server.stdout is not None
            line = line.replace("8000", str(int(server.stdout.readline()))).replace('["cat", "dog"]', 'list("abcd")')
        else:
            next(make for start, make in MAKERS.items() if address.startswith(start))(tmp_path, monkeypatch)
        model = eval(line, {"seewhy": seewhy})
        x = torch.rand(2, *model.input_shape)
        assert model.scores(x).shape == (2, len(model.labels))
    finally:
        if server is not None:
            server.kill()
            server.communicate()
