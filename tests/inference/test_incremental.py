"""Incremental scores must equal those of whole passes, for every graph and every grid."""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager, nullcontext
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from seewhy import load
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.occlusion import Occlusion
from seewhy.inference import convolving, ops
from seewhy.inference.boxes import Run, Window
from seewhy.inference.dense import dense, halving
from seewhy.inference.grids import ALONE
from seewhy.inference.occluding import occluder
from seewhy.inference.winograd import tiles
from seewhy.targets import ClassScore

TOLERANCE = 1e-5  # of the range of the logits


class Graph(nn.Module):
    """Layers after each other; "add" and "cat" join a layer's output with its input."""

    def __init__(self, layers: list[tuple[str, nn.Module]], head: nn.Module) -> None:
        super().__init__()
        self.joins = [join for join, _ in layers]
        self.layers = nn.ModuleList([layer for _, layer in layers])
        self.head = head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for join, layer in zip(self.joins, self.layers, strict=True):
            y = layer(x)
            if join == "add":
                y += x
            x = torch.cat([y, x], 1) if join == "cat" else y
        return self.head(x)


@st.composite
def layers(draw: st.DrawFn, channels: int) -> tuple[str, nn.Module, int]:
    """(how it is joined, a random layer, its channels out)."""
    kind = draw(st.sampled_from(["conv", "conv", "join", "max", "average", "norm", "act"]))
    if kind == "conv":
        groups = draw(st.sampled_from([1, 1, channels]))
        out = draw(st.sampled_from([4, 6])) * (groups if groups > 1 else 1)
        sides = [draw(st.integers(1, 3)) for _ in range(2)]
        options = {
            "stride": (draw(st.integers(1, 2)), draw(st.integers(1, 3))),
            "padding": (draw(st.integers(0, 2)), draw(st.integers(0, 2))),
            "dilation": (draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        }
        if draw(st.booleans()):
            options = {"padding": "same", "dilation": options["dilation"]}
        conv = nn.Conv2d(channels, out, tuple(sides), groups=groups, bias=draw(st.booleans()), **options)
        tail = draw(st.sampled_from([[], [nn.BatchNorm2d(out)], [nn.BatchNorm2d(out), nn.ReLU(inplace=True)]]))
        return "none", nn.Sequential(conv, *tail), out
    if kind == "join":
        join = draw(st.sampled_from(["add", "cat"]))
        out = channels if join == "add" else 3
        block = [nn.Conv2d(channels, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, out, 3, padding=2, dilation=2)]
        return join, nn.Sequential(*block), channels if join == "add" else channels + out
    if kind in ("max", "average"):
        kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        padding = draw(st.integers(0, kernel // 2))
        ceil = draw(st.sampled_from([False, False, True]))
        if kind == "max":
            return "none", nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil), channels
        return "none", nn.AvgPool2d(kernel, stride, padding, ceil, draw(st.booleans())), channels
    if kind == "norm":
        return "none", nn.BatchNorm2d(channels), channels
    act = draw(
        st.sampled_from(
            [nn.ReLU(inplace=True), nn.ReLU6(inplace=True), nn.Sigmoid(), nn.LeakyReLU(0.1), nn.GELU(), nn.Dropout(0.5)]
        )
    )
    return "none", act, channels


@st.composite
def networks(draw: st.DrawFn) -> PyTorchClassifier:
    """A random net of up to seven layers with one of three heads."""
    torch.manual_seed(draw(st.integers(0, 10**6)))
    channels = colours = draw(st.sampled_from([1, 3]))
    x = torch.rand(8, colours, draw(st.integers(9, 22)), draw(st.integers(9, 22)))
    shape, chain = x.shape[1:], []
    for _ in range(draw(st.integers(1, 7))):
        join, layer, out = draw(layers(channels))
        try:
            y = Graph([(join, layer)], nn.Identity())(x)
        except RuntimeError:  # the map became too small for it
            continue
        chain.append((join, layer))
        x, channels = y.detach(), out
    flat = x[0].numel()
    head = draw(
        st.sampled_from(
            [
                nn.Sequential(nn.Flatten(), nn.Linear(flat, 5)),
                nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(flat, 7), nn.ReLU(), nn.Linear(7, 5)),
                nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 5)),
            ]
        )
    )
    return PyTorchClassifier(Graph(chain, head).eval(), list("abcde"), tuple(shape), mean=0.4, std=0.3)


def spread_of_the_logits(scores: torch.Tensor) -> float:
    return float(scores.max() - scores.min())


def whole_and_parts(model: PyTorchClassifier, recipe: Occlusion, image: torch.Tensor, fill: torch.Tensor):
    """Scores of all covered images by the module itself and by boxes, whatever the plan would save."""
    tops, lefts = recipe.starts(image)
    places = torch.cartesian_prod(torch.arange(len(tops)), torch.arange(len(lefts)))
    covered = image.repeat(len(places), 1, 1, 1)
    for one, (row, column) in zip(covered, places.tolist(), strict=True):
        window = (
            slice(None),
            slice(tops[row], tops[row] + recipe.patch),
            slice(lefts[column], lefts[column] + (recipe.width or recipe.patch)),
        )
        one[window] = fill[window]
    with torch.inference_mode():
        asked = occluder(model, image, tops, lefts, (recipe.patch, recipe.width or recipe.patch))
        program = dense(model).program
        assert program is not None, dense(model).reason
        asked._parts = asked.grid.parts(program)
        parts = asked.look(image, fill).scores(places)
        asked._parts = asked.grid._parts(program, ALONE)  # one plan for each patch
        return model.scores(covered), parts, asked.look(image, fill).scores(places)


@contextmanager
def by_points_wherever_it_can_be():
    def largest_tile(_self, _index, op, *_):
        return tiles(op.windows[0].kernel)[-1]

    with patch.object(convolving, "FEW", 1), patch.object(convolving.Convolving, "_quickest", largest_tile):
        yield


@given(
    networks(),
    st.integers(1, 9),
    st.one_of(st.none(), st.integers(1, 9)),
    st.integers(1, 9),
    st.sampled_from(["cut", "inside"]),
    st.integers(0, 10**6),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
def test_boxes_give_the_scores_of_whole_passes(model, side, width, stride, border, seed, by_points):
    generator = torch.Generator().manual_seed(seed)
    image, fill = torch.rand(2, *model.input_shape, generator=generator)
    recipe = Occlusion(patch=side, width=width, stride=stride, border=border)
    with by_points_wherever_it_can_be() if by_points else nullcontext():
        whole, parts, chosen = whole_and_parts(model, recipe, image, fill)
    bound = TOLERANCE * spread_of_the_logits(whole) + 1e-6
    assert (whole - parts).abs().max() <= bound
    assert (whole - chosen).abs().max() <= bound


@pytest.mark.parametrize("fill", ["black", "grey", "white", "mean", "blur"])
def test_the_digit_net_goes_by_boxes_and_says_so(fill):
    model, x = load("mnist-cnn"), torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    recipe = Occlusion(fill=fill)
    found = recipe.attribute(model, x, ClassScore(3))
    assert found.notes[0]["evaluation"] == "incremental"
    model.module.conv1.register_forward_hook(lambda *_: None)  # a model with hooks runs whole
    other = PyTorchClassifier(model.module, model.labels, model.input_shape)
    other.mean, other.std = model.mean, model.std
    judge = recipe.attribute(other, x, ClassScore(3))
    assert judge.notes[0]["evaluation"] == "dense: its module has hooks"
    torch.testing.assert_close(found.values, judge.values, rtol=1e-4, atol=1e-5)


def test_intervals_are_those_of_a_real_convolution():
    for kernel, stride, padding, dilation in [(3, 1, 1, 1), (5, 2, 2, 1), (1, 3, 0, 1), (3, 2, 0, 2), (2, 2, 1, 3)]:
        conv = nn.Conv1d(1, 1, kernel, stride, padding, dilation, bias=False)
        nn.init.ones_(conv.weight)
        for at in range(20):
            x = torch.zeros(1, 1, 20)
            x[0, 0, at] = 1
            y = conv(x)[0, 0]
            changed = y.nonzero()[:, 0]
            run = Run(at, 1, 0, 1, 20)
            out = run.through(Window(kernel, stride, padding, dilation), len(y))
            if len(changed):
                last = out.first + out.size - 1
                assert out.first <= changed.min() and changed.max() <= last
                if dilation == 1:
                    assert (out.first, last) == (changed.min(), changed.max())


class Attentive(nn.Module):
    """Mixes all places at once, early."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.gate = nn.Linear(8, 8)
        self.more = nn.Conv2d(8, 64, 3)
        self.last = nn.Conv2d(64, 5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.conv(x))
        y = y * torch.sigmoid(self.gate(y.mean((2, 3))))[:, :, None, None]
        return self.last(F.relu(self.more(y))).mean((2, 3))


class Choosing(nn.Module):
    """Decides by what it sees: no list of steps says the same."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3 * 20 * 24, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.flatten(1)) if x.mean() > -1 else x.flatten(1)[:, :5]


@pytest.mark.parametrize(
    ("module", "reason"),
    [(Attentive(), "dense: following the patches would save only"), (Choosing(), "dense: its code cannot be traced")],
)
def test_what_cannot_be_followed_is_computed_whole_and_said(module, reason, colours):
    model = PyTorchClassifier(module, list("abcde"), (3, 20, 24))
    recipe = Occlusion(patch=4, stride=4)
    notes = recipe.attribute(model, colours[:1], ClassScore(0)).notes[0]
    assert notes["evaluation"].startswith(reason)
    whole, parts, _ = whole_and_parts(model, recipe, *colours[:2]) if "traced" not in reason else (torch.ones(1),) * 3
    assert (whole - parts).abs().max() <= TOLERANCE * spread_of_the_logits(whole)


def test_a_model_with_hooks_keeps_them_and_goes_whole(residual, colours):
    seen = []
    residual.module.stem.register_forward_hook(lambda *_: seen.append(1))
    notes = Occlusion().attribute(residual, colours[:1], ClassScore(0)).notes[0]
    assert notes["evaluation"] == "dense: its module has hooks"
    assert seen


def test_changed_weights_are_seen(residual, colours):
    recipe = Occlusion(patch=4, stride=4)
    before = recipe.attribute(residual, colours[:1], ClassScore(0)).values
    with torch.no_grad():
        residual.module.head.weight.mul_(-2)
    torch.testing.assert_close(recipe.attribute(residual, colours[:1], ClassScore(0)).values, -2 * before)


def test_a_change_that_no_weight_shows_is_noticed(residual, colours):
    recipe = Occlusion(patch=4, stride=4)
    recipe.attribute(residual, colours[:1], ClassScore(0))
    residual.module.relu = nn.Sigmoid()
    notes = recipe.attribute(residual, colours[:1], ClassScore(0)).notes[0]
    assert "changed" in notes["evaluation"] or notes["evaluation"] == "incremental"
    fresh = PyTorchClassifier(residual.module, residual.labels, (3, 20, 24), residual.mean, residual.std)
    torch.testing.assert_close(
        recipe.attribute(residual, colours[:1], ClassScore(0)).values,
        recipe.attribute(fresh, colours[:1], ClassScore(0)).values,
        rtol=1e-4,
        atol=1e-6,
    )


def test_many_threads_get_the_same_maps(residual, colours):
    recipe = Occlusion(patch=4, stride=2)
    alone = recipe.attribute(copy_of(residual), colours, ClassScore(1)).values
    found: list[torch.Tensor] = []
    threads = [
        threading.Thread(target=lambda: found.append(recipe.attribute(residual, colours, ClassScore(1)).values))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for values in found:
        torch.testing.assert_close(values, alone, rtol=1e-4, atol=1e-6)


def copy_of(model: PyTorchClassifier) -> PyTorchClassifier:
    return PyTorchClassifier(copy.deepcopy(model.module), model.labels, model.input_shape, model.mean, model.std)


def test_less_memory_means_smaller_batches():
    sizes = []

    def run(items: torch.Tensor) -> torch.Tensor:
        if len(items) > 3:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes")
        sizes.append(len(items))
        return items * 2

    found, size = halving(run, torch.arange(10), 8)
    assert torch.equal(found, torch.arange(10) * 2)
    assert (size, sizes) == (2, [2, 2, 2, 2, 2])
    with pytest.raises(RuntimeError, match="something else"):
        halving(lambda _: (_ for _ in ()).throw(RuntimeError("something else")), torch.arange(3), 2)


class Square(nn.Module):
    """Sums of maps, with a map that is the same for every image, and activations that are no straight lines."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(3, 32, 3, padding=1)
        self.more = nn.Conv2d(32, 32, 3, padding=1)
        self.register_buffer("veil", torch.rand(1, 32, 20, 24, generator=torch.Generator().manual_seed(1)))
        self.head = nn.Linear(32 * 5 * 6, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.wide(x)), 2)
        x = F.relu6(F.silu(self.more(x) * 2 + x))
        x = x + F.avg_pool2d(self.veil, 2)
        return self.head(F.max_pool2d(F.hardtanh(x), 2).flatten(1))


@pytest.mark.parametrize("by_points", [False, True])
def test_constants_and_curves_go_by_boxes_too(colours, by_points):
    torch.manual_seed(0)
    model = PyTorchClassifier(Square().eval(), list("abcde"), (3, 20, 24), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.2))
    with by_points_wherever_it_can_be() if by_points else nullcontext():
        whole, parts, alone = whole_and_parts(model, Occlusion(patch=5, stride=3), *colours[:2])
    bound = TOLERANCE * spread_of_the_logits(whole)
    assert (whole - parts).abs().max() <= bound
    assert (whole - alone).abs().max() <= bound


def test_a_few_places_get_the_same_scores_as_among_all(residual, colours):
    starts = list(range(0, 16, 3))
    with torch.inference_mode():
        asked = occluder(residual, colours[0], starts, starts, (4, 4))
        look = asked.look(colours[0], colours[1])
        places = torch.cartesian_prod(torch.arange(6), torch.arange(6))
        all_of_them = look.scores(places)
        some = torch.tensor([35, 3, 17, 8])
        torch.testing.assert_close(look.scores(places[some]), all_of_them[some], rtol=1e-5, atol=1e-6)
        batches = asked.batches(places[some])
        assert sorted(map(tuple, torch.cat(batches).tolist())) == sorted(map(tuple, places[some].tolist()))


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.ReLU6()])
def test_whole_passes_join_activations_and_give_the_same(activation):
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 8, 3, 2, 1)
    module = nn.Sequential(conv, nn.BatchNorm2d(8), activation, nn.Conv2d(8, 8, 3, groups=8), activation, nn.Flatten())
    model = PyTorchClassifier(module.eval(), [str(i) for i in range(8 * 8 * 10)], (3, 20, 24), mean=0.4, std=0.02)
    x = torch.rand(5, 3, 20, 24)
    program = dense(model).program
    assert program is not None, dense(model).reason
    assert [type(step.op) for _, step in program.whole_steps].count(ops.Activated) == 2
    with torch.inference_mode():
        torch.testing.assert_close(program.scores(x), model.scores(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kernel", [(3, 2), (1, 2), (2, 3)])
@pytest.mark.parametrize("stride", [(1, 3), (2, 3), (1, 1)])
def test_boxes_of_one_channel_and_one_place_are_convolved_rightly(kernel, stride):
    """The library itself is wrong there for some layouts in memory."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, kernel, stride), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    model = PyTorchClassifier(module.eval(), list("abcde"), (1, 7, 9))
    image, fill = torch.rand(2, 1, 7, 9, generator=torch.Generator().manual_seed(0))
    whole, parts, chosen = whole_and_parts(model, Occlusion(patch=1, stride=1), image, fill)
    for found in (parts, chosen):
        assert (whole - found).abs().max() <= TOLERANCE * spread_of_the_logits(whole) + 1e-6


def test_whole_passes_of_one_channel_and_one_place_are_convolved_rightly():
    """Where the activation is joined to the convolution, too."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, (3, 2), (1, 3)), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 3, 5))
    model = PyTorchClassifier(module.eval(), list("abcde"), (1, 5, 3))
    x = torch.rand(9, 1, 5, 3, generator=torch.Generator().manual_seed(0))
    whole = dense(model)
    assert whole.program is not None
    with torch.inference_mode():
        torch.testing.assert_close(whole.program.scores(x), model.scores(x))
