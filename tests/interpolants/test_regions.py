"""What lies outside a cone can never change the unit; what lies inside can, where nothing is pooled or cut off."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.interpolants.base import Box
from seewhy.interpolants.regions import Cones

LABELS = list("abcde")


class Joined(nn.Module):
    """A layer whose output is joined with its input, in one of the ways people write."""

    def __init__(self, how: str, inner: nn.Module) -> None:
        super().__init__()
        self.how, self.inner = how, inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.how == "halves":
            left, right = x.chunk(2, dim=1)
            return torch.cat([right, self.inner(left)], 1)
        y = self.inner(x)
        if self.how == "add":
            y += x
        if self.how == "gate":
            y = x * torch.sigmoid(y.mean((2, 3), keepdim=True))
        if self.how == "turn":
            y = F.pad(x, (1, 1, 0, 0)).permute(0, 1, 3, 2)[:, :, 1:]
        return torch.cat((y, x), dim=1) if self.how == "cat" else y


class Shuffled(nn.Module):
    """Channels in another order, by way of views, as ShuffleNet does it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        count, channels, height, width = x.shape
        return x.view(count, 2, channels // 2, height, width).transpose(1, 2).reshape(count, channels, height, width)


@st.composite
def layers(draw: st.DrawFn, channels: int) -> nn.Module:
    """A random layer for maps with an even number of channels; it gives an even number."""
    kind = draw(st.sampled_from(["conv", "conv", "join", "pool", "one to one", "mixed"]))
    if kind == "conv":
        groups = draw(st.sampled_from([1, 2, channels]))
        out = channels * 2 if groups == channels else 4
        dilation = (draw(st.integers(1, 2)), draw(st.integers(1, 3)))
        kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 4)))
        if draw(st.booleans()):
            return nn.Conv2d(channels, out, kernel, 1, "same", dilation, groups)
        mode = draw(st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]))
        stride = (draw(st.integers(1, 2)), draw(st.integers(1, 3)))
        padding = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
        return nn.Conv2d(channels, out, kernel, stride, padding, dilation, groups, padding_mode=mode)
    if kind == "join":
        inner = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(inplace=True))
        how = draw(st.sampled_from(["add", "cat", "gate", "turn", "halves"]))
        if how == "halves":
            inner = nn.Conv2d(channels // 2, channels // 2, (1, 3), padding=(0, 1))
        return Joined(how, inner)
    if kind == "pool":
        kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        padding, ceil = draw(st.integers(0, kernel // 2)), draw(st.booleans())
        max_pool = nn.MaxPool2d(kernel, stride, padding, draw(st.integers(1, 2)), ceil_mode=ceil)
        average = nn.AvgPool2d(kernel, stride, padding, ceil)
        return draw(st.sampled_from([max_pool, average, nn.AdaptiveAvgPool2d((3, 4)), nn.AdaptiveMaxPool2d((None, 5))]))
    if kind == "mixed":
        up = nn.Upsample(scale_factor=2, mode="nearest")
        transposed = nn.ConvTranspose2d(channels, channels, (3, 2), (2, 1), (1, 0), groups=2)
        norms = [nn.GroupNorm(2, channels), nn.InstanceNorm2d(channels), nn.BatchNorm2d(channels)]
        smooth = nn.Upsample(scale_factor=2, mode="bilinear")
        return draw(st.sampled_from([up, transposed, *norms, smooth, Shuffled(), nn.ReflectionPad2d((1, 0, 1, 1))]))
    return draw(st.sampled_from([nn.ReLU(inplace=True), nn.ELU(), nn.Dropout(0.5), nn.PReLU(), nn.Softmax(dim=1)]))


@st.composite
def networks(draw: st.DrawFn) -> PyTorchClassifier:
    """A random net in double precision."""
    torch.manual_seed(draw(st.integers(0, 10**6)))
    x = torch.rand(2, draw(st.sampled_from([1, 3])), draw(st.integers(7, 15)), draw(st.integers(7, 15)))
    shape = x.shape[1:]
    chain: list[nn.Module] = [nn.Conv2d(shape[0], 4, 3, padding=1)]
    x = chain[0](x).detach()
    for _ in range(draw(st.integers(1, 5))):
        layer = draw(layers(x.shape[1])).eval()
        try:
            x = layer(x).detach()
        except (RuntimeError, ValueError):  # the map became too small for it
            continue
        chain.append(layer)
    head = [nn.Flatten(), nn.Linear(x[0].numel(), 6), nn.ReLU(), nn.Linear(6, len(LABELS))]
    return PyTorchClassifier(nn.Sequential(*chain, *head).double().eval(), LABELS, tuple(shape), mean=0.4, std=0.3)


def named(shape: tuple[int, ...], place: tuple[int, ...]) -> tuple[int, ...]:
    return (*place[1:], place[0]) if len(shape) == 3 else place


def as_in_the_layer(mask: np.ndarray, shape: tuple[int, ...]) -> torch.Tensor:
    """A mask of units in the order height, width, channel as one in the layer's own order."""
    if len(shape) != 3:
        return torch.from_numpy(mask.reshape(shape))
    return torch.from_numpy(mask.reshape(*shape[1:], shape[0])).permute(2, 0, 1)


def outputs(model: PyTorchClassifier, x: torch.Tensor, layer: str, below: str, changed: torch.Tensor) -> torch.Tensor:
    """The layer's outputs for `x`, with 1 added where `changed` to what comes from `below`."""
    if below == "input":
        return model.activations(x + changed, [layer])[1][layer]
    handle = model.module.get_submodule(below).register_forward_hook(lambda _, __, y: y + changed)
    try:
        return model.activations(x, [layer])[1][layer]
    finally:
        handle.remove()


@given(networks(), st.data())
@settings(max_examples=120, deadline=None)
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
def test_what_lies_outside_a_cone_never_changes_the_unit(model, data):
    cones = Cones(model)
    assert cones.notes == {"cones": "traced"}
    names = list(cones.shapes)
    later = data.draw(st.integers(1, len(names) - 1))
    layer, below = names[later], names[data.draw(st.integers(0, later - 1))]
    place = tuple(data.draw(st.integers(0, n - 1)) for n in cones.shapes[layer])
    unit = named(cones.shapes[layer], place)
    outside = ~as_in_the_layer(cones.units(layer, unit, below), cones.shapes[below])
    x = torch.rand(3, *model.input_shape, dtype=torch.float64)
    with torch.no_grad():
        before = outputs(model, x, layer, below, torch.zeros(outside.shape))[(slice(None), *place)]
        after = outputs(model, x, layer, below, outside * torch.randn(outside.shape))[(slice(None), *place)]
    torch.testing.assert_close(after, before, rtol=1e-9, atol=1e-12)


@given(st.data())
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
def test_a_cone_holds_nothing_that_a_linear_net_does_not_see(data):
    torch.manual_seed(0)
    chain: list[nn.Module] = [nn.Conv2d(2, 4, 3, padding=1)]
    for _ in range(data.draw(st.integers(1, 3))):
        kernel, dilation = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
        stride, groups = data.draw(st.integers(1, 2)), data.draw(st.sampled_from([1, 2, 4]))
        chain.append(nn.Conv2d(4, 4, kernel, stride, data.draw(st.integers(0, 2)), dilation, groups))
        chain.append(data.draw(st.sampled_from([nn.AvgPool2d(2, 1), nn.BatchNorm2d(4), Shuffled(), nn.Identity()])))
    net = nn.Sequential(*chain).double().eval()
    x = torch.rand(1, 2, 26, 26, dtype=torch.float64).requires_grad_()
    y = net(x)
    model = PyTorchClassifier(net.append(nn.Flatten()), [str(i) for i in range(y.numel())], (1, 26, 26))
    model.input_shape = (2, 26, 26)  # two channels, so that groups show
    cones, last = Cones(model), str(len(chain) - 1)
    channel, row, column = (data.draw(st.integers(0, n - 1)) for n in y.shape[1:])
    (gradient,) = torch.autograd.grad(y[0, channel, row, column], x)
    seen = (gradient[0] != 0).permute(1, 2, 0).flatten().numpy()
    if not seen.any():  # in a wide padding
        return
    found = cones.units(last, (row, column, channel), "input")
    np.testing.assert_array_equal(found, seen)


EXACT = {
    "adaptive": nn.AdaptiveAvgPool2d((3, 5)),
    "adaptive up": nn.AdaptiveAvgPool2d((9, 13)),
    "ceil": nn.AvgPool2d(3, 2, 1, ceil_mode=True),
    "transposed": nn.ConvTranspose2d(4, 6, (3, 2), (2, 1), (1, 0), groups=2, dilation=(1, 2)),
    "grouped": nn.Conv2d(4, 8, (2, 3), (2, 1), (0, 2), (2, 1), groups=4),
    "same": nn.Conv2d(4, 2, (4, 2), padding="same", dilation=(1, 3)),
    "reflected": nn.Conv2d(4, 2, 3, padding=2, padding_mode="reflect"),
    "wrapped": nn.Conv2d(4, 2, 3, stride=2, padding=1, padding_mode="circular"),
    "shuffled": nn.PixelShuffle(2),
    "enlarged": nn.Upsample(scale_factor=3, mode="nearest"),
    "padded": nn.ReflectionPad2d((2, 1, 0, 3)),
    "narrowed": nn.Linear(11, 3),
    "normed": nn.GroupNorm(2, 4),
}


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize("layer", EXACT)
def test_one_layer_sees_exactly_what_its_gradient_says(layer):
    torch.manual_seed(0)
    x = torch.rand(1, 4, 10, 11, dtype=torch.float64)
    net = EXACT[layer].double().eval()
    y = net(x)
    model = PyTorchClassifier(nn.Sequential(net, nn.Flatten()), [str(i) for i in range(y.numel())], (1, 10, 11))
    model.input_shape = (4, 10, 11)
    cones = Cones(model)
    assert cones.notes == {"cones": "traced"}
    random = np.random.default_rng(0)
    for _ in range(60):
        channel, row, column = (int(random.integers(n)) for n in y.shape[1:])
        x.requires_grad_()
        (gradient,) = torch.autograd.grad(net(x)[0, channel, row, column], x)
        seen = (gradient[0] != 0).permute(1, 2, 0).flatten().numpy()
        np.testing.assert_array_equal(cones.units("0", (row, column, channel), "input"), seen)


def six_convolutions() -> PyTorchClassifier:
    """The published network's architecture; its 15 layers up to the second pooling are 0 … 14."""
    torch.manual_seed(0)
    chain, before = [], 3
    for width in (32, 64, 128):
        for _ in range(2):
            chain += [nn.Conv2d(before, width, 3, padding="same"), nn.ELU(), nn.BatchNorm2d(width)]
            before = width
        chain += [nn.MaxPool2d(2), nn.Dropout(0.2)]
    head = nn.Linear(128 * 4 * 4, 10)
    return PyTorchClassifier(nn.Sequential(*chain, nn.Flatten(), head), [str(i) for i in range(10)], (3, 32, 32))


@pytest.mark.parametrize(
    ("unit", "box"),
    [
        ((0, 4, 25), Box(0, 10, 9, 25)),
        ((5, 0, 44), Box(14, 0, 29, 9)),
        ((6, 3, 62), Box(18, 6, 31, 21)),
        ((4, 6, 34), Box(10, 18, 25, 31)),
        ((4, 7, 8), Box(10, 22, 25, 31)),
    ],
)
def test_the_published_cones(unit, box):
    cones = Cones(six_convolutions())
    assert cones.box("14", unit) == box
    assert cones.box("14", (4, 4, 0), "6") == Box(6, 6, 11, 11)
    assert cones.units("14", (4, 4, 0), "6").sum() == 6 * 6 * 32
    assert cones.box("6", (8, 8, 0)) == Box(14, 14, 19, 19)
    assert cones.units("6", (8, 8, 0), "2").sum() == 4 * 4 * 32, "a pooled unit sees every channel two layers below"


def test_pooling_sees_its_own_channel_and_flattening_un_ravels():
    cones = Cones(six_convolutions())
    pooled = cones.units("14", (2, 3, 5), "13").reshape(16, 16, 64)
    assert pooled.sum() == 4 and pooled[4:6, 6:8, 5].all()
    flat = cones.units("24", (5 * 16 + 2 * 4 + 3,), "22").reshape(4, 4, 128)
    assert flat.sum() == 1 and flat[2, 3, 5]
    assert cones.units("25", (0,), "22").all()


def test_a_branch_does_not_see_what_only_the_way_around_sees(residual):
    cones = Cones(residual)
    assert cones.notes == {"cones": "traced"}
    assert cones.box("relu", (5, 6, 0)) == Box(6, 8, 14, 16)
    assert not cones.units("stem", (5, 6, 0), "left").any()
    with pytest.raises(ValueError, match="'stem' sees nothing of 'left'"):
        cones.box("stem", (5, 6, 0), "left")


class Overwritten(nn.Module):
    """Reads an old name after an in-place sum changed what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(1, 2, 5, padding=2)
        self.point = nn.Conv2d(1, 2, 1)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(2 * 81, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.point(x)
        y.add_(self.wide(x))
        return self.head(y)


class Picking(nn.Module):
    """Moves channels to places that a tensor names."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("order", torch.tensor([1, 0]))
        self.conv = nn.Conv2d(1, 2, 3)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(98, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.conv(x)[:, self.order])


def test_in_place_sums_are_seen_by_who_reads_the_old_name():
    torch.manual_seed(0)
    cones = Cones(PyTorchClassifier(Overwritten().eval(), LABELS, (1, 9, 9)))
    assert cones.box("head.0", (40,)) == Box(2, 2, 6, 6)
    assert cones.box("point", (4, 4, 0)) == Box(4, 4, 4, 4)


def test_an_order_that_the_module_holds_is_followed():
    cones = Cones(PyTorchClassifier(Picking().eval(), LABELS, (1, 9, 9)))
    assert cones.notes == {"cones": "traced"}
    seen = cones.units("head.0", (0,), "conv").reshape(7, 7, 2)
    assert seen.sum() == 1 and seen[0, 0, 1]


class Choosing(nn.Module):
    """Decides by what it sees, so that it cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 4, 3))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(4 * 8 * 8, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x if x.mean() > -9 else -x))


def test_what_cannot_be_traced_is_measured_and_said():
    torch.manual_seed(0)
    module = Choosing().eval()
    measured = Cones(PyTorchClassifier(module, LABELS, (3, 20, 20)))
    traced = Cones(PyTorchClassifier(nn.Sequential(*module.body, *module.head), LABELS, (3, 20, 20)))
    assert measured.notes["cones"].startswith("measured on up to 32 random images: its code cannot be traced")
    for unit in [(0, 0, 0), (3, 4, 2), (7, 7, 3), (7, 0, 1)]:
        assert measured.box("body.3", unit) == traced.box("3", unit)
        np.testing.assert_array_equal(measured.units("body.3", unit, "body.1"), traced.units("3", unit, "1"))


def test_a_measured_unit_that_never_moves_may_see_everything():
    torch.manual_seed(0)
    module = Choosing().eval()
    with torch.no_grad():
        module.body[0].bias.fill_(-100.0)
    cones = Cones(PyTorchClassifier(module, LABELS, (3, 20, 20)))
    assert cones.units("body.1", (5, 5, 0), "input").all()
    assert not cones.units("body.0", (5, 5, 0), "body.3").any()


def test_tokens_see_everything_behind_attention_and_their_patch_before_it(transformer):
    cones = Cones(transformer)
    assert cones.notes["cones"].startswith("measured")
    assert cones.box("patches", (1, 2, 3)) == Box(5, 12, 9, 17)
    assert cones.box("blocks.1", (4, 0)) == Box(0, 0, 19, 23)


def test_a_model_with_hooks_and_a_black_box_say_how_their_cones_are_known(residual):
    traced = Cones(residual)
    residual.module.stem.register_forward_hook(lambda *_: None)
    measured = Cones(residual)
    assert measured.notes["cones"] == "measured on up to 32 random images: its module has hooks"
    assert measured.box("relu", (5, 6, 0)) == traced.box("relu", (5, 6, 0))
    black = FunctionClassifier(lambda x: np.full((len(x), 2), 0.5), ["a", "b"], (1, 4, 4))
    assert Cones(black).notes["cones"].startswith("everything: ")
    assert Cones(black).box("input", (1, 1, 0)) == Box(0, 0, 3, 3)


def test_errors_name_what_there_is(residual):
    cones = Cones(residual)
    with pytest.raises(LookupError, match="has no layer 'right'; its layers are input, stem"):
        cones.box("right", (0, 0, 0))
    with pytest.raises(LookupError, match=r"no unit \(20, 0, 0\) in a layer of \(row, column, channel\) sizes"):
        cones.box("stem", (20, 0, 0))
    with pytest.raises(ValueError, match="use `units`"):
        cones.box("head", (0,), "head")
