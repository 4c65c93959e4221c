"""The shapes of our networks: known numbers of weights, places where methods look, and a start that is seeded."""

from __future__ import annotations

import copy
from importlib.util import find_spec
from itertools import pairwise

import pytest
import torch
from torch import nn

from seewhy import explain
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.zoo.courses import COURSES
from seewhy.zoo.resnet import resnet50

LABELS = COURSES["cifar-cnn"].data.labels


def made(name: str, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return COURSES[name].network()


def learnt(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def test_the_cifar_network_is_six_convolutions_in_pairs_and_one_linear_layer():
    network = made("cifar-cnn")
    kinds = [type(module).__name__ for module in network]
    assert kinds.count("Conv2d") == 6
    assert kinds.count("Linear") == 1
    layers = PyTorchClassifier(network, LABELS, (3, 32, 32)).layers()
    shapes = [layers[f"pool{number}"].shape for number in (1, 2, 3)]
    assert shapes == [(32, 16, 16), (128, 8, 8), (256, 4, 4)]


def test_the_cifar_network_can_be_traced():
    network = made("cifar-cnn").eval()
    traced = torch.fx.symbolic_trace(network)
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(traced(x), network(x))


def test_resnet50_has_as_many_weights_as_the_one_of_the_paper():
    # with a stem of 3 × 3 and ten classes: https://github.com/kuangliu/pytorch-cifar counts the same
    network = resnet50()
    assert learnt(network) == 23_520_842
    convolutions = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]
    assert len([name for name in convolutions if "downsample" not in name]) + 1 == 50
    layers = PyTorchClassifier(network, LABELS, (3, 32, 32)).layers()
    stages = [layers[f"layer{number}"].shape for number in (1, 2, 3, 4)]
    assert stages == [(256, 16, 16), (512, 8, 8), (1024, 4, 4), (2048, 2, 2)]


def test_a_new_residual_block_changes_nothing_yet():
    block = resnet50().layer1[1].eval()
    x = torch.rand(1, 256, 4, 4)
    assert torch.equal(block(x), x)


@pytest.fixture(scope="module")
def vgg() -> nn.Module:
    if find_spec("keras") is None:
        pytest.skip("needs keras: pip install 'seewhy[keras]'")
    return made("cifar-vgg19")


def test_vgg19_is_sixteen_convolutions_and_three_dense_layers(vgg):
    layers = PyTorchClassifier(vgg, LABELS, (3, 32, 32)).layers()
    kinds = [layer.kind for layer in layers.values()]
    assert (kinds.count("Conv2D"), kinds.count("Dense")) == (16, 3)
    # the paper's convolutions without biases, scale and shift for each channel, and the dense layers
    widths = [3, 64, 64, 128, 128, *[256] * 4, *[512] * 8]
    kernels = sum(9 * a * b for a, b in pairwise(widths))
    assert learnt(vgg) == kernels + 2 * sum(widths[1:]) + 2 * (512 * 512 + 512) + 512 * 10 + 10
    assert layers["block3_pool"].shape == (256, 4, 4)


def test_vgg19_is_seeded_by_torch(vgg):
    first = "block1_conv1._torch_params.block1_conv1/kernel"
    assert torch.equal(made("cifar-vgg19").state_dict()[first], vgg.state_dict()[first])
    assert not torch.equal(made("cifar-vgg19", seed=1).state_dict()[first], vgg.state_dict()[first])


def test_a_copy_of_vgg19_answers_the_same_and_learns_alone(vgg):
    x, twin = torch.rand(4, 3, 32, 32), copy.deepcopy(vgg)
    before = {key: value.clone() for key, value in vgg.state_dict().items()}
    with torch.no_grad():
        assert torch.equal(twin.eval()(x), vgg.eval()(x))
        twin.train()(x)  # its batch norms move
    moved = [key for key, value in twin.state_dict().items() if not torch.equal(value, before[key])]
    assert moved and all("moving" in key for key in moved)
    assert all(torch.equal(value, before[key]) for key, value in vgg.state_dict().items())


def test_vgg19_is_explained_like_any_network(vgg):
    model = PyTorchClassifier(vgg, LABELS, (3, 32, 32))
    image = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0))
    found = explain(model, image, "grad-cam", layer="block3_relu4")
    assert found.values.shape == (32, 32)
    with torch.no_grad():
        assert torch.equal(model.frozen()(image[None]), model.scores(image[None]))
