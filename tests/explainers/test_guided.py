"""Guided gradients: by hand, by Captum, and in every way that a ReLU is written."""

from __future__ import annotations

import pytest
import torch
from captum.attr import GuidedBackprop as CaptumGuidedBackprop
from captum.attr import GuidedGradCam as CaptumGuidedGradCam
from torch import nn
from torch.nn import functional as F

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.grad_cam import GradCam
from seewhy.explainers.gradients import Saliency
from seewhy.explainers.guided_backprop import GuidedBackprop
from seewhy.explainers.guided_grad_cam import GuidedGradCam
from seewhy.explainers.guiding import guided_gradients
from seewhy.targets import ClassScore


class Net(nn.Module):
    """A net whose activation is given."""

    def __init__(self, activation) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 8, 3, stride=2)
        self.head = nn.Linear(8, 5)
        self.function = activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.function(self.first(x))
        x = self.function(self.second(x))
        return self.head(x.mean((2, 3)))


def drop_the_result(x: torch.Tensor) -> torch.Tensor:
    """In place, as a statement."""
    F.relu_(x)
    return x


WAYS = {
    "module": nn.ReLU(),
    "module in place": nn.ReLU(inplace=True),
    "F.relu": F.relu,
    "F.relu in place": lambda x: F.relu(x, inplace=True),
    "F.relu in place by position": lambda x: F.relu(x, True),
    "F.relu_ as a statement": drop_the_result,
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "method": lambda x: x.relu(),
    "method in place": lambda x: x.relu_(),
}


def net(activation) -> PyTorchClassifier:
    torch.manual_seed(2)
    return PyTorchClassifier(Net(activation), list("abcde"), (3, 20, 24), mean=0.4, std=0.3)


class Separate(nn.Module):
    """The same net with a module for each ReLU, as Captum wants."""

    def __init__(self, like: Net) -> None:
        super().__init__()
        self.all = nn.Sequential(
            like.first, nn.ReLU(), like.second, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), like.head
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.all((x - 0.4) / 0.3)


@pytest.mark.filterwarnings("ignore:Setting backward hooks:UserWarning")
@pytest.mark.parametrize("way", WAYS)
def test_captum_gives_the_same_however_the_relu_is_written(way, colours):
    model = net(WAYS[way])
    theirs = CaptumGuidedBackprop(Separate(model.module)).attribute(colours.clone().requires_grad_(), target=2)
    ours = GuidedBackprop().attribute(model, colours, ClassScore(2))
    torch.testing.assert_close(ours.channels, theirs.detach(), rtol=1e-4, atol=1e-5 * float(theirs.abs().max()))
    assert ours.notes[0]["relus"] == 2
    with torch.no_grad():
        torch.testing.assert_close(model.scores(colours), net(F.relu).scores(colours))


def test_a_negative_path_is_cut_although_the_gradient_passes():
    class Paths(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            pixels = F.relu(x.flatten(1))
            return torch.stack([pixels[:, 0] - pixels[:, 1], pixels[:, 1]], 1)

    model = PyTorchClassifier(Paths(), ["a", "b"], (1, 1, 2))
    x = torch.tensor([[[[0.5, 0.5]]]])
    assert Saliency(absolute=False).attribute(model, x, ClassScore(0)).values[0, 0].tolist() == [1, -1]
    assert GuidedBackprop().attribute(model, x, ClassScore(0)).values[0, 0].tolist() == [1, 0]


def test_afterwards_a_relu_is_a_relu(residual, colours):
    before = Saliency().attribute(residual, colours, ClassScore(1)).values
    _, relus = guided_gradients(residual, colours, ClassScore(1))
    assert relus == 4  # the stem's, the left one's, and one that runs twice
    assert torch.equal(Saliency().attribute(residual, colours, ClassScore(1)).values, before)


def test_a_relu_is_a_relu_after_a_failure(linear):
    with pytest.raises(ValueError, match="takes images"):
        guided_gradients(linear, torch.zeros(1, 3, 2, 2), ClassScore(0))
    x = torch.ones(2, requires_grad=True)
    assert torch.autograd.grad((-F.relu(x)).sum(), x)[0].tolist() == [-1, -1]


def test_a_model_without_relu_gets_the_plain_gradient_and_a_warning(transformer, colours):
    found = GuidedBackprop().attribute(transformer, colours, ClassScore(1))
    plain = Saliency(absolute=False).attribute(transformer, colours, ClassScore(1))
    torch.testing.assert_close(found.values, plain.values)
    assert found.notes[0]["warnings"] == ["transformer ran no ReLU, so this is the plain gradient."]


@pytest.mark.filterwarnings("ignore:Setting backward hooks:UserWarning")
@pytest.mark.parametrize("layer", ["first", "second"])
def test_captum_gives_the_same_guided_grad_cam(layer, colours):
    model = net(F.relu)
    separate = Separate(model.module)
    judge = CaptumGuidedGradCam(separate, getattr(model.module, layer))
    theirs = judge.attribute(colours.clone().requires_grad_(), target=2, interpolate_mode="bilinear").detach()
    ours = GuidedGradCam(layer=layer).attribute(model, colours, ClassScore(2))
    torch.testing.assert_close(ours.channels, theirs, rtol=1e-4, atol=1e-5 * float(theirs.abs().max()))
    assert theirs.any()


def test_guided_grad_cam_is_the_product_of_both(residual, colours):
    guided = GuidedBackprop().attribute(residual, colours, ClassScore(1))
    cam = GradCam().attribute(residual, colours, ClassScore(1))
    both = GuidedGradCam().attribute(residual, colours, ClassScore(1))
    torch.testing.assert_close(both.values, guided.values * cam.values)
    assert both.notes[0] == cam.notes[0] | {"relus": 4}
