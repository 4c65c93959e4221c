"""What every kind of model must give every explainer; one small network in every framework."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import seewhy
from seewhy import catalog
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.keras import imported
from seewhy.explainers.base import Explainer
from seewhy.targets import ClassScore

SHAPE = (3, 16, 16)
LABELS = list("abcde")


class Vgg(nn.Module):
    """The layers of VGG, few and small: convolutions with ReLUs, max pooling, two dense layers."""

    def __init__(self) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for block, (inside, outside, count) in enumerate([(3, 6, 2), (6, 8, 2)]):
            for layer in range(count):
                parts += [nn.Conv2d(inside if layer == 0 else outside, outside, 3, padding=1), nn.ReLU(block == 0)]
            parts.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Sequential(nn.Linear(8 * 4 * 4, 12), nn.ReLU(True), nn.Dropout(), nn.Linear(12, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 5)."""
        return self.classifier(self.features(x).flatten(1))


def network() -> Vgg:
    torch.manual_seed(4)
    return Vgg().eval()


def in_keras(net: Vgg) -> Any:
    """The same network in Keras, with the weights copied."""
    layers = imported().layers
    parts: list[Any] = []
    for module in net.features:
        if isinstance(module, nn.Conv2d):
            parts.append(layers.Conv2D(module.out_channels, 3, padding="same", activation="relu"))
        elif isinstance(module, nn.MaxPool2d):
            parts.append(layers.MaxPooling2D())
    model = imported().Sequential(
        [
            imported().Input((16, 16, 3)),
            *parts,
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ]
    )
    weights = [(m.weight.detach(), m.bias.detach()) for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    ours = [layer for layer in model.layers if layer.weights]
    for layer, (weight, bias) in zip(ours, weights, strict=True):
        if weight.ndim == 4:
            kernel = weight.permute(2, 3, 1, 0)
        elif weight.shape[1] == 8 * 4 * 4:  # flattened in another order: (C, H, W) there, (H, W, C) here
            kernel = weight.reshape(12, 8, 4, 4).permute(2, 3, 1, 0).reshape(8 * 4 * 4, 12)
        else:
            kernel = weight.T
        layer.set_weights([kernel.numpy(), bias.numpy()])
    return model


def as_torch(folder: Path) -> Classifier:
    return seewhy.load(network(), labels=LABELS, input_shape=SHAPE, mean=0.5, std=0.25)


def as_keras(folder: Path) -> Classifier:
    return seewhy.load(in_keras(network()), labels=LABELS, mean=0.5, std=0.25)


def as_onnx(folder: Path) -> Classifier:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network(), (torch.rand(1, *SHAPE),), str(folder / "net.onnx"), dynamo=False)
    return seewhy.load(f"onnx:{folder}/net.onnx?mean=0.5&std=0.25", labels=LABELS)


def as_function(folder: Path) -> Classifier:
    net = network()

    def ask(pixels: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return net(torch.from_numpy(pixels).permute(0, 3, 1, 2)).softmax(1).numpy()

    return seewhy.load(ask, labels=LABELS, input_shape=SHAPE, mean=0.5, std=0.25)


def as_export(folder: Path) -> Classifier:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dynamic = ({0: torch.export.Dim("n", min=1, max=4096)},)
        torch.export.save(
            torch.export.export(network(), (torch.rand(3, *SHAPE),), dynamic_shapes=dynamic), folder / "net.pt2"
        )
    return seewhy.load(f"export:{folder}/net.pt2?input=16&mean=0.5&std=0.25", labels=LABELS)


KINDS: dict[str, Callable[[Path], Classifier]] = {
    "torch": as_torch,
    "keras": as_keras,
    "onnx": as_onnx,
    "export": as_export,
}


@pytest.fixture(scope="module", params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(kind, tmp_path_factory) -> Classifier:
    return KINDS[kind](tmp_path_factory.mktemp("net"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Classifier:
    return as_torch(tmp_path_factory.mktemp("net"))


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand(20, *SHAPE, generator=torch.Generator().manual_seed(2))


def test_logits_are_the_same_in_every_framework(model, plain, x):
    assert (model.scores(x) - plain.scores(x)).abs().max() <= 1e-4
    assert [p.label for p in model.predict_batch(x)] == [p.label for p in plain.predict_batch(x)]


def test_a_function_gives_the_same_up_to_a_constant(plain, x, tmp_path):
    black = as_function(tmp_path).scores(x)
    white = plain.scores(x).detach()
    assert ((black - white) - (black - white).mean(1, keepdim=True)).abs().max() <= 1e-4


def test_gradients_are_those_of_finite_differences(model, x):
    image = x[:1].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model.scores(image)[0, 3], image)
    way, step = gradient.sign(), 1e-4
    with torch.no_grad():
        rise = (model.scores(x[:1] + step * way) - model.scores(x[:1] - step * way))[0, 3].item() / (2 * step)
    assert rise == pytest.approx(float(gradient.abs().sum()), rel=0.01)


def suited(method: str, model: Classifier) -> Explainer:
    """The method with its defaults; only Captum's may refuse a model, and they say what they need."""
    kind = catalog.explainer(method)
    refusal = kind.refusal(model)
    if refusal and method.startswith("captum:"):
        assert model.name in refusal
        pytest.skip(refusal)
    assert refusal is None
    return kind()


@pytest.mark.parametrize("method", sorted(catalog.explainers()))
def test_every_method_gives_the_same_map_in_every_framework(method, model, plain, x, kind):
    """Implementation invariance: the same function of the image has the same reasons."""
    recipe = suited(method, model)
    names = [info.name for info in model.layers().values()]
    if "layer" in type(recipe).model_fields:  # Keras's convolutions end with their ReLU, so the layer is named alike
        pool = [name for name in names if "pool" in name.lower() or name == "features.9"][-1]
        ours = recipe.model_copy(update={"layer": pool})
        theirs = recipe.model_copy(update={"layer": "features.9"})
    else:
        ours = theirs = recipe
    found = ours.attribute(model, x[:2], ClassScore(1)).values
    wanted = theirs.attribute(plain, x[:2], ClassScore(1)).values
    assert wanted.abs().max() > 0
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3 * float(wanted.abs().max()))


@pytest.mark.parametrize("method", sorted(catalog.explainers()))
def test_nothing_of_the_model_is_changed(method, model, x):
    before = {key: value.clone() for key, value in model.module.state_dict().items()}
    fingerprint = model.fingerprint
    recipe = suited(method, model)
    first = recipe.attribute(model, x[:2], ClassScore(0)).values
    second = recipe.attribute(model, x[:2], ClassScore(0)).values
    assert torch.equal(first, second)
    assert all(torch.equal(before[key], value) for key, value in model.module.state_dict().items())
    assert model.fingerprint == fingerprint
    for module in model.module.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert all(parameter.grad is None for parameter in model.module.parameters())
