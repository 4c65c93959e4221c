"""Twins give every picture the same scores and are yet written otherwise."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
import torch
from torch import nn

import seewhy
from seewhy import catalog
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.twins import TWINS, pair
from seewhy.twins.maxima import MaxByRelu, by_relus
from seewhy.twins.norms import folded, unfolded
from seewhy.twins.tracing import largest_difference, traced
from seewhy.twins.widening import widened

SHAPE = (3, 20, 24)


class Split(nn.Module):
    """Depthwise and grouped convolutions, a gate, a concatenation: some spaces can be copied, others must not be."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.each = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.mix, self.grouped = nn.Conv2d(6, 8, 1), nn.Conv2d(8, 8, 1, groups=2)
        self.squeeze, self.gate = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.head = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 5)."""
        x = torch.relu(self.each(torch.relu(self.norm(self.stem(x)))))
        x = self.grouped(torch.relu(self.mix(x)))
        x = x * torch.sigmoid(self.gate(torch.relu(self.squeeze(x.mean((2, 3), keepdim=True)))))
        return self.head(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))


@pytest.fixture
def split() -> nn.Module:
    """The network with awkward parts, its norm taught."""
    torch.manual_seed(5)
    module = Split().train()
    with torch.no_grad():
        module(torch.rand(8, *SHAPE))
    return module.eval()


def apart(module: nn.Module, graph: nn.Module) -> float:
    """The largest difference of scores, as a share of their size."""
    far, size = largest_difference(traced(module, SHAPE), graph, SHAPE)
    return far / size


def test_folding_leaves_no_batch_norm_and_the_same_scores(residual_module: nn.Module) -> None:
    graph = traced(residual_module, SHAPE)
    assert folded(graph) == ["stem.1", "left.1", "norm"]
    assert not any(isinstance(part, nn.BatchNorm2d) for name, part in graph.named_modules() if name in _ran(graph))
    assert apart(residual_module, graph) < 1e-12


def test_batch_norms_are_put_in_and_undone(residual_module: nn.Module) -> None:
    graph = traced(residual_module, SHAPE)
    assert len(unfolded(graph)) == 4
    assert apart(residual_module, graph) < 1e-12
    made = graph.get_submodule("down_norm")
    assert (made.weight < 0).any()
    assert (made.weight > 0).any()


def test_a_residual_network_is_widened_with_the_sum_shuffled_alike(residual_module: nn.Module) -> None:
    graph = traced(residual_module, SHAPE)
    assert widened(graph) == 8 + 8 + 16  # what is added is one space, the inside of the branch another
    assert graph.get_submodule("stem.0").weight.shape == (16, 3, 3, 3)
    assert graph.get_submodule("left.0").weight.shape == (16, 16, 3, 3)
    assert graph.get_submodule("norm").weight.shape == (16,)
    assert graph.get_submodule("head").weight.shape == (5, 32)
    assert apart(residual_module, graph) < 1e-12


def test_shares_are_unequal_and_some_are_negative(residual_module: nn.Module) -> None:
    graph = traced(residual_module, SHAPE)
    widened(graph)
    wide, own = graph.get_submodule("head").weight, residual_module.head.weight
    torch.testing.assert_close(wide.sum(1), own.double().sum(1))
    assert (wide.abs().amax(1) > own.abs().amax(1)).any()


def test_what_cannot_be_copied_is_left_and_the_rest_is_exact(split: nn.Module) -> None:
    graph = traced(split, SHAPE)
    assert widened(graph) == 6 + 4  # the stem with its depthwise layer, and the squeeze
    assert graph.get_submodule("each").groups == 12
    assert graph.get_submodule("grouped").weight.shape == split.grouped.weight.shape
    assert apart(split, graph) < 1e-12


def test_another_seed_shuffles_otherwise(residual_module: nn.Module) -> None:
    one, other, again = (traced(residual_module, SHAPE) for _ in range(3))
    widened(one, 0)
    widened(other, 1)
    widened(again, 0)
    assert torch.equal(one.get_submodule("head").weight, again.get_submodule("head").weight)
    assert not torch.equal(one.get_submodule("head").weight, other.get_submodule("head").weight)


@pytest.mark.parametrize(("kernel", "stride"), [((2, 2), (2, 2)), ((3, 2), (1, 3))])
def test_maxima_by_relus_are_maxima(kernel: tuple[int, int], stride: tuple[int, int]) -> None:
    x = torch.randn(2, 3, 11, 13, dtype=torch.float64)
    torch.testing.assert_close(MaxByRelu(kernel, stride)(x), nn.MaxPool2d(kernel, stride)(x))


def test_a_padded_pool_is_left_as_it_is() -> None:
    module = nn.Sequential(nn.MaxPool2d(3, 2, padding=1), nn.Flatten(), nn.Linear(3 * 10 * 12, 2))
    assert by_relus(traced(module, SHAPE)) == []


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", catalog.models())
def test_every_network_of_the_package_has_its_twins(name: str, twin: Any) -> None:
    if twin == "keras" and not find_spec("keras"):
        pytest.skip("needs Keras")
    model = seewhy.load(name)
    found = pair(model, twin)
    x = torch.rand(4, *model.input_shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        one, other, own = found.one.scores(x), found.other.scores(x), model.scores(x)
    assert float((one - other).abs().max()) < (1e-5 if twin == "keras" else 1e-12)
    assert float((one - own).abs().max()) < 1e-4
    assert found.sentence.endswith(".")


def test_the_network_itself_is_not_changed(residual: PyTorchClassifier) -> None:
    before = {name: tensor.clone() for name, tensor in residual.module.state_dict().items()}
    for twin in ("norms", "wide"):
        pair(residual, twin)
    assert all(torch.equal(before[name], tensor) for name, tensor in residual.module.state_dict().items())
    assert next(residual.module.parameters()).dtype == torch.float32


def test_what_has_no_twin_says_why(linear: PyTorchClassifier, residual: PyTorchClassifier) -> None:
    with pytest.raises(ValueError, match="neither batch norms nor convolutions"):
        pair(linear, "norms")
    with pytest.raises(ValueError, match="none of its hidden units"):
        pair(linear, "wide")
    with pytest.raises(ValueError, match="no plain max pooling"):
        pair(residual, "maxima")
    with pytest.raises(TypeError, match="made of PyTorch modules"):
        pair(FunctionClassifier(lambda x: x, ["a"], (1, 2, 2)), "wide")


def _ran(graph: Any) -> set[str]:
    return {str(node.target) for node in graph.graph.nodes if node.op == "call_module"}
