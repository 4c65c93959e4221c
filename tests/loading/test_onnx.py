"""ONNX models: what they answer, what they show, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import seewhy
from seewhy.classifiers import torchvision


def export(module: nn.Module, shape: tuple[int, ...], file: Path, **settings: Any) -> Path:
    """As PyTorch itself writes it, everything in one file."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (torch.rand(1, *shape),), str(file), dynamo=False, **settings)
    return file


class Mixed(nn.Module):
    """Padding of several kinds, branches, arithmetic on shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.left = nn.Conv2d(8, 8, (3, 1), padding=(1, 0), groups=4)
        self.right = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(8, 8, 2), nn.Hardswish())
        self.pool = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
        self.head = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 5)."""
        x = self.start(x)
        x = torch.cat([self.left(x).clamp(-1, 1), self.pool(self.right(x))], 1)
        weights = torch.sigmoid(x.mean((2, 3), keepdim=True))
        return self.head(nn.functional.elu(x * weights).mean((2, 3)))


def nets() -> dict[str, tuple[nn.Module, tuple[int, int, int]]]:
    torch.manual_seed(0)
    build = torchvision.imported().get_model
    return {
        "mixed": (Mixed(), (3, 24, 20)),
        "softmax": (nn.Sequential(Mixed(), nn.Softmax(1)), (3, 24, 20)),
        "resnet18": (build("resnet18", num_classes=7), (3, 64, 64)),
        "mobilenet_v3_small": (build("mobilenet_v3_small", num_classes=7), (3, 64, 64)),
        "squeezenet1_1": (build("squeezenet1_1", num_classes=7), (3, 64, 64)),
    }


@pytest.mark.parametrize("name", sorted(nets()))
@pytest.mark.parametrize("open_batch", [True, False])
def test_answers_are_those_of_onnx_runtime_with_gradients_and_layers(tmp_path, name, open_batch):
    module, shape = nets()[name]
    axes = {"x": {0: "n"}, "y": {0: "n"}} if open_batch else None
    file = export(module, shape, tmp_path / "net.onnx", input_names=["x"], output_names=["y"], dynamic_axes=axes)
    model = seewhy.load(f"onnx:{file}?mean=0.4&std=0.3")
    assert model.abilities == {"scores", "gradients", "layers"}, model.about
    x = torch.rand(20, *shape)
    session = onnxruntime.InferenceSession(str(file))
    seen = ((x - 0.4) / 0.3).numpy()
    theirs = np.concatenate([session.run(None, {"x": one[None]})[0] for one in seen])
    ours = model.scores(x)
    ours = ours.softmax(1) if name == "softmax" else ours
    assert np.abs(ours.detach().numpy() - theirs).max() <= 1e-4 * max(1.0, np.abs(theirs).max())
    assert any("Conv" in info.kind and info.spatial for info in model.layers().values())
    assert seewhy.explain(model, x[0].numpy(), "grad-cam", target=1).values.any()


def test_gradients_are_those_of_the_module_it_was_made_from(tmp_path):
    module, shape = nets()["mixed"]
    model = seewhy.load(f"onnx:{export(module, shape, tmp_path / 'net.onnx')}")
    x = torch.rand(3, *shape, requires_grad=True)
    (ours,) = torch.autograd.grad(model.scores(x)[:, 2].sum(), x)
    (theirs,) = torch.autograd.grad(module(x)[:, 2].sum(), x)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-4)


def small(*nodes: Any, weights: list[Any] | None = None, domains: Any = None, version: int = 18) -> Any:
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])
    scores = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "k"])
    graph = helper.make_graph(list(nodes), "g", [image], [scores], weights or [])
    imports = [helper.make_opsetid("", version), *(domains or [])]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


POOL = helper.make_node("GlobalAveragePool", ["x"], ["p"])
FLAT = helper.make_node("Flatten", ["p"], ["y"])


def test_a_step_that_is_not_known_leaves_a_black_box(tmp_path):
    nodes = [helper.make_node("Sinh", ["x"], ["s"]), helper.make_node("GlobalAveragePool", ["s"], ["p"]), FLAT]
    onnx.save(small(*nodes), tmp_path / "net.onnx")
    model = seewhy.load(f"onnx:{tmp_path}/net.onnx?labels=r,g,b")
    assert model.abilities == {"scores"}
    assert "Sinh" in model.about["about"]
    x = torch.rand(20, 3, 8, 8)
    torch.testing.assert_close(model.scores(x), x.sinh().mean((2, 3)))
    with pytest.raises(TypeError, match="gradients"):
        seewhy.explain(model, x[0].numpy(), "saliency")
    assert seewhy.explain(model, x[0].numpy(), "occlusion", target="g").values.any()


# Hostile files


def refused(model: Any, tmp_path: Path, match: str) -> None:
    (tmp_path / "bad.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match=match) as caught:
        seewhy.load(f"onnx:{tmp_path}/bad.onnx")
    assert "\n" not in str(caught.value)


def test_data_in_other_files_is_refused(tmp_path):
    weight = numpy_helper.from_array(np.ones((2, 3), np.float32), "w")
    onnx.external_data_helper.set_external_data(weight, "../../etc/passwd")
    weight.data_location = TensorProto.EXTERNAL
    gemm = helper.make_node("Gemm", ["f", "w"], ["y"], transB=1)
    refused(small(POOL, helper.make_node("Flatten", ["p"], ["f"]), gemm, weights=[weight]), tmp_path, "in another file")


def test_external_data_inside_a_constant_is_refused(tmp_path):
    value = numpy_helper.from_array(np.ones(3, np.float32), "hidden")
    onnx.external_data_helper.set_external_data(value, "/etc/passwd")
    value.data_location = TensorProto.EXTERNAL
    nodes = [helper.make_node("Constant", [], ["c"], value=value), POOL, FLAT]
    refused(small(*nodes), tmp_path, "'hidden' in another file")


@pytest.mark.parametrize("version", [1, 6, 25, 9999])
def test_unknown_versions_of_operators_are_refused(tmp_path, version):
    refused(small(POOL, FLAT, version=version), tmp_path, f"version {version} of ONNX's operators")


def test_operators_of_others_are_refused(tmp_path):
    node = helper.make_node("Python", ["x"], ["p"], domain="com.evil")
    refused(small(node, FLAT, domains=[helper.make_opsetid("com.evil", 1)]), tmp_path, r"com\.evil")


def test_a_tensor_that_says_it_has_ten_gigabytes_is_refused(tmp_path):
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2684354560, 1], raw_data=bytes(12))
    gemm = helper.make_node("Gemm", ["f", "w"], ["y"])
    refused(small(POOL, helper.make_node("Flatten", ["p"], ["f"]), gemm, weights=[weight]), tmp_path, r"bad\.onnx|ONNX")


@pytest.mark.parametrize("part", [0, 0.2, 0.6, 0.99])
def test_a_truncated_file_is_said(tmp_path, part):
    file = export(*nets()["mixed"], tmp_path / "net.onnx")
    file.write_bytes(file.read_bytes()[: int(part * file.stat().st_size)])
    with pytest.raises(ValueError, match=r"net\.onnx.*again"):
        seewhy.load(f"onnx:{file}")


def test_what_is_no_image_model_is_refused(tmp_path):
    two = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "k"])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [two], [out])
    refused(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), tmp_path, "one image")
    with pytest.raises(FileNotFoundError, match="no model at"):
        seewhy.load("onnx:nowhere.onnx")
