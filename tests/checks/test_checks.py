"""The explanation doctor: each mistake is provoked and said, and what is sound gets no warning."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import seewhy
from seewhy import catalog, checks
from seewhy.checks import Known, Patient
from seewhy.checks.aliasing import overwritten
from seewhy.checks.alternatives import ways
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.grad_cam import GradCam
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.explainers.lime import Lime
from seewhy.explainers.occlusion import Occlusion
from seewhy.twins import pair

NAMES = [check.name for check in checks.CHECKS]


def outcome(patient: Patient, name: str) -> Any:
    """What one check says, with its advice where it warns."""
    told = checks.CHECKS[NAMES.index(name)].examine(patient)
    assert told.sentence.endswith(".")
    assert bool(told.advice) == (told.state == "warning")
    return told


def _digit(index: int) -> np.ndarray:
    data = catalog.dataset("digits")()
    return data.sample("test", index).image


@pytest.fixture(scope="module")
def mnist() -> Classifier:
    """The network that comes with the package."""
    return seewhy.load("mnist-cnn")


def patient(model: Classifier, image: Any = None, **rest: Any) -> Patient:
    return Patient.received(model, image, **rest)


# One mistake each


def test_training_mode_is_told_with_the_harm_it_does(residual: PyTorchClassifier, colours: torch.Tensor) -> None:
    residual.module.train()
    statistics = residual.module.norm.running_mean.clone()
    told = outcome(patient(residual, colours[0]), "mode")
    assert told.state == "warning"
    assert {"stem.1", "norm", "drop"} <= set(told.measured["layers"])
    assert told.measured["largest_difference"] > 0.1
    assert residual.module.training
    assert torch.equal(residual.module.norm.running_mean, statistics)


def test_training_mode_of_a_network_without_dropout_or_norms_does_no_harm(linear: PyTorchClassifier) -> None:
    linear.module.train()
    assert outcome(patient(linear), "mode").state == "fine"


def test_a_softmax_inside_the_model_is_told(residual_module: nn.Module, colours: torch.Tensor) -> None:
    model = PyTorchClassifier(nn.Sequential(residual_module, nn.Softmax(1)), list("abcde"), (3, 20, 24))
    told = outcome(patient(model, colours[0]), "softmax")
    assert told.state == "warning"
    np.testing.assert_allclose(told.measured["sums"], 1, atol=1e-5)


def test_a_flat_softmax_as_target_is_told_and_the_logit_is_not(mnist: Classifier) -> None:
    sure = patient(mnist, _digit(3), target={"class": 3, "output": "probability"})
    assert outcome(sure, "softmax").state == "warning"
    assert outcome(sure, "softmax").measured["flatter"] > 1000
    assert outcome(patient(mnist, _digit(3), target=3), "softmax").state == "fine"


@pytest.mark.parametrize("image", [_digit(3) * 255.0, _digit(3) / 0.3081 - 0.4242])
def test_a_picture_out_of_range_is_told(mnist: Classifier, image: np.ndarray) -> None:
    told = outcome(patient(mnist, image), "range")
    assert told.state == "warning"
    assert "must be in [0, 1]" in told.sentence


def test_a_picture_divided_by_255_twice_is_told(mnist: Classifier) -> None:
    told = outcome(patient(mnist, _digit(3) / 255), "range")
    assert told.state == "warning"
    assert "twice" in told.sentence


def test_a_model_with_one_answer_for_everything_is_told() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(36, 3))
    module[1].weight.data.mul_(1e-6)
    told = outcome(patient(PyTorchClassifier(module, list("abc"), (1, 6, 6))), "range")
    assert told.state == "warning"
    assert told.measured["spread"] < 1e-3


@pytest.mark.parametrize("way", ["values from 0 to 255", "black and white exchanged"])
def test_a_wrong_normalisation_is_told_by_accuracy_with_the_right_one(mnist: Classifier, way: str) -> None:
    """The network behind the inverse of `way` wants pictures that went `way`."""

    class Behind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = mnist.module

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x / 255 if way == "values from 0 to 255" else 1 - x
            return self.inner((x - mnist.mean) / mnist.std)

    model = PyTorchClassifier(Behind(), mnist.labels, mnist.input_shape)
    known = Known.of(model, catalog.dataset("digits")(), "test")
    told = outcome(patient(model, known=known), "normalisation")
    assert told.state == "warning"
    assert way in told.sentence
    assert told.advice == ways(1)[way][0]
    assert told.measured["others"][way] > 0.9 > told.measured["accuracy"] + 0.15


def test_a_forgotten_normalisation_is_told_by_batch_norm(data_folder: Any) -> None:
    right = seewhy.load("cifar-cnn")
    forgot = PyTorchClassifier(right.module, right.labels, right.input_shape)
    data = catalog.dataset("cifar10")(folder=data_folder)
    images = [data.sample("test", index).image for index in range(20)]
    warned = [outcome(patient(forgot, image), "normalisation").state == "warning" for image in images]
    assert sum(warned) >= 12
    assert all(outcome(patient(right, image), "normalisation").state == "fine" for image in images)


def test_what_is_drawn_in_the_colour_of_the_baseline_is_told(mnist: Classifier) -> None:
    ink_on_paper = 1.0 - (_digit(3) > 0.5)
    told = outcome(patient(mnist, ink_on_paper, recipe=IntegratedGradients()), "baseline")
    assert told.state == "warning"
    assert told.measured["share"] == 1
    assert outcome(patient(mnist, ink_on_paper, recipe=Occlusion(fill="black")), "baseline").state == "warning"
    white = IntegratedGradients(baseline="white")
    assert outcome(patient(mnist, ink_on_paper, recipe=white), "baseline").state == "fine"


def test_a_picture_that_is_the_baseline_is_told(mnist: Classifier) -> None:
    assert outcome(patient(mnist, np.zeros((1, 28, 28))), "baseline").measured["share"] == 1


def test_a_degenerate_segmentation_is_told(mnist: Classifier) -> None:
    told = outcome(patient(mnist, _digit(3), recipe=Lime(segmentation="quickshift")), "segments")
    assert told.state == "warning"
    halves = np.repeat([[0, 1]], 28, 0).repeat(14, 1)
    assert outcome(patient(mnist, _digit(3), segments=halves), "segments").measured["count"] == 2


@pytest.mark.parametrize(("first", "step"), [(1, 1), (0, 2)])
def test_ids_from_1_or_with_gaps_are_told(mnist: Classifier, first: int, step: int) -> None:
    ids = np.arange(16).reshape(4, 4).repeat(7, 0).repeat(7, 1)
    told = outcome(patient(mnist, _digit(3), segments=ids * step + first), "numbering")
    assert told.state == "warning"
    assert told.measured["first"] == first
    assert outcome(patient(mnist, _digit(3), segments=ids), "numbering").state == "fine"


def test_a_layer_overwritten_in_place_is_told(residual: PyTorchClassifier, colours: torch.Tensor) -> None:
    assert {"stem.1", "left.1", "down"} <= set(overwritten(patient(residual, colours[0])))
    told = outcome(patient(residual, colours[0], recipe=GradCam(layer="down")), "aliasing")
    assert told.state == "warning"
    assert outcome(patient(residual, colours[0], recipe=GradCam(layer="relu")), "aliasing").state == "fine"


class Scaled(nn.Module):
    """A network whose logits are `factor` times as large, or whose input is rounded to 8 bits."""

    def __init__(self, inner: nn.Module, factor: float = 1.0, rounded: bool = False) -> None:
        super().__init__()
        self.inner, self.factor, self.rounded = inner, factor, rounded

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, K)."""
        return self.inner(torch.round(x * 255) / 255 if self.rounded else x) * self.factor


def test_gradients_lost_by_rounding_are_told(mnist: Classifier) -> None:
    model = PyTorchClassifier(Scaled(mnist.module, 30), mnist.labels, mnist.input_shape, mnist.mean, mnist.std)
    told = outcome(patient(model, _digit(3)), "attack-gradients")
    assert told.state == "warning"
    assert told.measured["cross_entropy"] > 0.5 > told.measured["margin"]


def test_gradients_cut_off_inside_are_told(mnist: Classifier) -> None:
    model = PyTorchClassifier(Scaled(mnist.module, rounded=True), mnist.labels, mnist.input_shape)
    assert outcome(patient(model, _digit(3)), "attack-gradients").measured["margin"] == 1


def test_a_layer_without_places_is_told(residual: PyTorchClassifier, colours: torch.Tensor) -> None:
    told = outcome(patient(residual, colours[0], recipe=GradCam(layer="pool")), "maps")
    assert told.state == "warning"
    assert told.measured["shape"] == [16, 1, 1]
    assert "relu" in told.advice


def test_too_few_samples_are_told(mnist: Classifier) -> None:
    told = outcome(patient(mnist, _digit(3), recipe=Lime(samples=25)), "samples")
    assert told.state == "warning"
    assert told.measured["ratio"] < 2


def test_an_open_gap_is_told(mnist: Classifier) -> None:
    told = outcome(patient(mnist, _digit(3), recipe=IntegratedGradients(steps=1)), "completeness")
    assert told.state == "warning"
    assert told.measured["relative_gap"] > 0.05


# What is sound


@pytest.mark.parametrize("name", catalog.models())
def test_the_models_that_come_with_the_package_are_clean(name: str) -> None:
    found = seewhy.doctor(name)
    assert found.clean, str(found)


@pytest.mark.parametrize("index", [0, 3, 5, 12, 30, 77])
def test_digits_on_their_network_are_clean(mnist: Classifier, index: int) -> None:
    found = checks.examine(patient(mnist, _digit(index)))
    assert found.clean, str(found)


@pytest.mark.parametrize("method", sorted(catalog.own_explainers()))
def test_every_method_with_its_defaults_is_clean_on_a_digit(mnist: Classifier, method: str) -> None:
    found = seewhy.doctor(mnist, "digits/test/5", method)
    remarks = [warning for warning in found.warnings if "does not look at the target" not in warning]  # Eigen-CAM's own
    assert not found.findings, str(found)
    assert not remarks, remarks


def test_photographs_on_their_network_are_clean(data_folder: Any) -> None:
    model, data = seewhy.load("cifar-cnn"), catalog.dataset("cifar10")(folder=data_folder)
    for index in range(0, 40, 4):
        found = checks.examine(patient(model, data.sample("test", index).image))
        assert {one.check for one in found.findings} <= {"completeness"}, str(found)  # a gap can really be open


def test_a_black_box_is_clean() -> None:
    def guess(pixels: np.ndarray) -> np.ndarray:
        light = pixels.mean((1, 2, 3))
        return np.stack([light, 1 - light], 1)

    model = FunctionClassifier(guess, ["light", "dark"], (1, 28, 28))
    found = checks.examine(patient(model, _digit(3)))
    assert found.clean, str(found)
    assert {one.check for one in found.outcomes if one.state == "skipped"} >= {"mode", "attack-gradients", "maps"}


def test_networks_of_other_shapes_are_clean(residual: PyTorchClassifier, transformer: PyTorchClassifier) -> None:
    rows, columns = np.mgrid[0:20, 0:24]
    smooth = np.stack([rows / 19, columns / 23, (rows + columns) / 42]).astype(np.float32)
    for model in (residual, transformer):
        found = checks.examine(patient(model, smooth))
        assert {one.check for one in found.findings} <= {"normalisation"}, str(found)


# The whole


def test_examining_changes_nothing(residual: PyTorchClassifier, colours: torch.Tensor) -> None:
    before = {name: tensor.clone() for name, tensor in residual.module.state_dict().items()}
    residual.module.train()
    residual.module.norm.eval()
    modes = {name: part.training for name, part in residual.module.named_modules()}
    checks.examine(patient(residual, colours[0], recipe=GradCam()))
    assert {name: part.training for name, part in residual.module.named_modules()} == modes
    assert all(torch.equal(before[name], tensor) for name, tensor in residual.module.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in residual.module.modules())


def test_text_html_and_data_say_the_same(mnist: Classifier) -> None:
    found = seewhy.doctor(mnist, _digit(3), "lime", samples=20)
    text, page, data = str(found), found._repr_html_(), found.describe()
    assert [one["check"] for one in data["outcomes"]] == NAMES
    for one in found.outcomes:
        assert one.sentence in text
        assert one.title in page
    assert text.count("⚠") == len(found.findings) + len(found.warnings)
    assert not data["clean"]


def test_the_map_is_not_warned_of_twice(mnist: Classifier) -> None:
    found = seewhy.doctor(mnist, _digit(3), "integrated-gradients", steps=1)
    assert [one.check for one in found.findings] == ["completeness"]
    assert not found.warnings


def test_what_does_not_exist_is_refused(mnist: Classifier) -> None:
    with pytest.raises(LookupError, match="no layer 'nowhere'"):
        seewhy.doctor(mnist, _digit(3), "grad-cam", layer="nowhere")
    with pytest.raises(ValueError, match="without one"):
        seewhy.doctor(mnist, _digit(3), steps=3)
    with pytest.raises(ValueError, match="integers"):
        seewhy.doctor(mnist, _digit(3), segments=np.zeros((28, 28)))
    with pytest.raises(LookupError, match="no split"):
        seewhy.doctor(mnist, data="digits/nowhere")


def test_each_check_has_its_own_name_and_says_what_it_looks_at() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(check.looks.endswith("?") and check.link.startswith("https://") for check in checks.CHECKS)


@pytest.mark.skipif(not find_spec("keras"), reason="needs Keras")
def test_the_digits_network_in_keras_is_clean(mnist: Classifier) -> None:
    known = Known.of(mnist, catalog.dataset("digits")(), "test")
    found = checks.examine(patient(pair(mnist, "keras").other, _digit(3), known=known))
    assert found.clean, str(found)


@pytest.mark.skipif(not find_spec("sklearn"), reason="needs scikit-learn")
def test_an_estimator_is_clean() -> None:
    from sklearn.linear_model import LogisticRegression

    data = catalog.dataset("digits")()
    pixels = data.pixels("train")[:600].reshape(600, -1) / 255.0
    estimator = LogisticRegression(max_iter=200).fit(pixels, data.truth("train")[:600])
    model = FunctionClassifier(estimator, data.labels, (1, 28, 28))
    found = checks.examine(patient(model, _digit(3), known=Known.of(model, data, "test")))
    assert found.clean, str(found)


@pytest.mark.skipif(not find_spec("onnx"), reason="needs ONNX")
def test_the_digits_network_as_onnx_is_clean(mnist: Classifier, tmp_path: Any) -> None:
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper, save

    weights = {name: tensor.detach().numpy() for name, tensor in mnist.module.state_dict().items()}  # type: ignore[attr-defined]
    pads = {"pads": [2, 2, 2, 2]}
    nodes = [
        helper.make_node("Conv", ["x", "conv1.weight", "conv1.bias"], ["a"], **pads),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["c", "conv2.weight", "conv2.bias"], ["d"], **pads),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("MaxPool", ["e"], ["f"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["f"], ["g"]),
        helper.make_node("Gemm", ["g", "linear.weight", "linear.bias"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "d.onnx")
    mean, std = (float(one.flatten()[0]) for one in (mnist.mean, mnist.std))  # type: ignore[attr-defined]
    model = seewhy.load(f"onnx:{tmp_path / 'd.onnx'}", labels=mnist.labels, mean=mean, std=std)
    found = checks.examine(patient(model, _digit(3), known=Known.of(model, catalog.dataset("digits")(), "test")))
    assert found.clean, str(found)
