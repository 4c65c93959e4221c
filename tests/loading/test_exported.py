"""Programs of torch.export, and what their files may not do."""

from __future__ import annotations

import json
import os
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import seewhy
from seewhy.classifiers import torchvision


def export(module: nn.Module, shape: tuple[int, ...], file: Path, any_number: bool = True) -> Path:
    dynamic = ({0: torch.export.Dim("n", min=1, max=512)},) if any_number else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module.eval(), (torch.rand(3, *shape),), dynamic_shapes=dynamic), file)
    return file


class Small(nn.Module):
    """A convolution, a residual, and a view that counts the images."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4 * 16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities (N, 5)."""
        x = self.conv(x)
        x = x + nn.functional.elu(self.norm(x))
        x = nn.functional.avg_pool2d(x, 2)
        return self.head(x.view(x.shape[0], -1)).softmax(1)


@pytest.fixture
def saved(tmp_path) -> tuple[Path, nn.Module]:
    torch.manual_seed(0)
    module = Small()
    return export(module, (3, 8, 8), tmp_path / "net.pt2"), module


def test_answers_gradients_and_layers_are_those_of_the_module(saved):
    file, module = saved
    model = seewhy.load(f"export:{file}?input=8")
    x = torch.rand(20, 3, 8, 8, requires_grad=True)
    torch.testing.assert_close(model.scores(x).softmax(1), module(x), atol=1e-5, rtol=1e-5)
    (ours,) = torch.autograd.grad(model.scores(x).log_softmax(1)[:, 1].sum(), x)
    (theirs,) = torch.autograd.grad(module(x).log()[:, 1].sum(), x)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
    layers = model.layers()
    assert (layers["conv"].kind, layers["conv"].shape) == ("Conv2d", (4, 8, 8))
    assert list(layers)[-1] == "head"
    assert seewhy.explain(model, x[0].detach().numpy(), "grad-cam", target=1).values.any()


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "squeezenet1_1", "vit_b_32"])
def test_well_known_networks_run(tmp_path, name):
    torch.manual_seed(0)
    settings = {"image_size": 64, "num_layers": 1} if name == "vit_b_32" else {}
    if settings:
        cls = torchvision.imported().VisionTransformer
        module = cls(64, 32, 2, 2, 32, 64, num_classes=7)
    else:
        module = torchvision.network(name, {"num_classes": 7})
    file = export(module, (3, 64, 64), tmp_path / "net.pt2")
    x = torch.rand(4, 3, 64, 64)
    torch.testing.assert_close(seewhy.load(f"export:{file}?input=64").scores(x), module(x), atol=1e-4, rtol=1e-4)


def test_a_program_for_one_number_of_images_says_how_to_export_it(tmp_path):
    file = export(Small(), (3, 8, 8), tmp_path / "net.pt2", any_number=False)
    with pytest.raises(ValueError, match=r"dynamic_shapes=|takes no images"):
        seewhy.load(f"export:{file}?input=8")
    with pytest.raises(ValueError, match="input=3x224x224"):
        seewhy.load(f"export:{file}")


# Hostile files


def rewritten(
    file: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]], packed: int = zipfile.ZIP_STORED
) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(file, "w", packed) as archive:
        for name, data in change(parts).items():
            archive.writestr(name, data)


def in_program(edit: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    def change(parts: dict[str, bytes]) -> dict[str, bytes]:
        (name,) = [name for name in parts if name.endswith("models/model.json")]
        program = json.loads(parts[name])
        edit(program)
        return parts | {name: json.dumps(program).encode()}

    return change


@pytest.mark.parametrize(
    "target",
    [
        "torch.hub.load",
        "torch.load",
        "torch.ops.aten.from_file.default",
        "torch.ops.aten.__class__.default",
        "torch.ops.prim.Print.default",
        "_operator.attrgetter",
        "os.system",
    ],
)
def test_a_step_that_is_no_listed_operator_is_refused(saved, target):
    def edit(program: dict[str, Any]) -> None:
        program["graph_module"]["graph"]["nodes"][0]["target"] = target

    rewritten(saved[0], in_program(edit))
    with pytest.raises(ValueError, match=r"net\.pt2.*is not known here"):
        seewhy.load(f"export:{saved[0]}?input=8")


class Payload:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.canary),)


def test_pickles_and_texts_inside_are_not_run(saved, tmp_path):
    canary = tmp_path / "canary"

    def change(parts: dict[str, bytes]) -> dict[str, bytes]:
        hostile = {name: pickle.dumps(Payload(canary)) for name in parts if "sample_inputs" in name}
        return parts | hostile

    def edit(program: dict[str, Any]) -> None:
        program["guards_code"] = [f"__import__('os').mkdir({str(canary)!r})"]
        program["range_constraints"] = {f"__import__('os').mkdir({str(canary)!r})": {"min_val": 0, "max_val": 9}}

    rewritten(saved[0], change)
    rewritten(saved[0], in_program(edit))
    assert seewhy.load(f"export:{saved[0]}?input=8").scores(torch.rand(1, 3, 8, 8)).shape == (1, 5)
    assert not canary.exists()


def test_a_weight_as_a_pickle_is_refused(saved):
    def change(parts: dict[str, bytes]) -> dict[str, bytes]:
        (name,) = [name for name in parts if name.endswith("model_weights_config.json")]
        return parts | {name: parts[name].replace(b'"use_pickle": false', b'"use_pickle": true', 1)}

    rewritten(saved[0], change)
    with pytest.raises(ValueError, match="as a pickle, which could run code"):
        seewhy.load(f"export:{saved[0]}?input=8")


def test_sizes_that_lie_and_bombs_are_refused(saved):
    good = saved[0].read_bytes()

    def change(parts: dict[str, bytes]) -> dict[str, bytes]:
        (name,) = [name for name in parts if name.endswith("model_weights_config.json")]
        return parts | {name: parts[name].replace(b'{"as_int": 4}', b'{"as_int": 2684354560}', 1)}

    rewritten(saved[0], change)
    with pytest.raises(ValueError, match=r"net\.pt2.*damaged"):
        seewhy.load(f"export:{saved[0]}?input=8")
    saved[0].write_bytes(good)
    rewritten(saved[0], lambda parts: parts | {"net/more": bytes(100 * 2**20)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="would unpack to"):
        seewhy.load(f"export:{saved[0]}?input=8")


@pytest.mark.parametrize("part", [0, 0.3, 0.8, 0.99])
def test_a_truncated_file_is_said(saved, part):
    file = saved[0]
    file.write_bytes(file.read_bytes()[: int(part * file.stat().st_size)])
    with pytest.raises(ValueError, match=r"net\.pt2.*damaged"):
        seewhy.load(f"export:{file}?input=8")
