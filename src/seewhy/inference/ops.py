"""The layers that can be computed on a part of their map, one class for each kind; knows no graph and no windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from math import lcm
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seewhy.inference.boxes import Window

Pair = tuple[int, int]
HALVING = Window(2, 2)


class Op(ABC):
    """One step of a network; `whole` computes it on whole maps (N, C, H, W).

    fresh: whether the output is always memory of its own.
    """

    fresh: ClassVar[bool] = False

    @property
    def stride(self) -> int:
        """How many places of the input one place of the output stands for, the same for rows and columns in doubt."""
        return 1

    @abstractmethod
    def whole(self, *values: Any) -> Any:
        """The output for whole inputs."""

    def work(self, places: int, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> float:
        """About how many operations `places` places of the output cost, all channels; shapes without the batch."""
        return float(places * output[0] if output else 0)


@dataclass(frozen=True)
class Input(Op):
    """The image itself."""

    def whole(self, *values: Any) -> Any:
        return values[0]


@dataclass(frozen=True)
class Other(Op):
    """Anything else: known on whole maps only."""

    function: Callable[..., Any]

    def whole(self, *values: Any) -> Any:
        return self.function(*values)


@dataclass(frozen=True)
class Pointwise(Op):
    """The same function at every place: an activation, a product of maps; inputs have the same shape."""

    fresh: ClassVar[bool] = True
    function: Callable[..., Any]

    def whole(self, *values: Any) -> Any:
        return self.function(*values)


@dataclass(frozen=True)
class Relu(Op):
    """What is above zero, and at most `top`."""

    fresh: ClassVar[bool] = True
    top: float | None = None

    def whole(self, *values: Tensor) -> Tensor:
        return F.relu(values[0]) if self.top is None else values[0].clamp(0, self.top)

    def overwriting(self, x: Tensor) -> Tensor:
        """The same, into its input."""
        return x.relu_() if self.top is None else x.clamp_(0, self.top)


@dataclass(frozen=True)
class Affine(Op):
    """A factor and a summand for each channel, (1, C, 1, 1): a normalisation."""

    fresh: ClassVar[bool] = True
    scale: Tensor
    shift: Tensor

    def whole(self, *values: Tensor) -> Tensor:
        return torch.addcmul(self.shift, values[0], self.scale)

    def after(self, first: Affine) -> Affine:
        """`first` and then this one, as one."""
        return Affine(self.scale * first.scale, torch.addcmul(self.shift, first.shift, self.scale))


@dataclass(frozen=True)
class Add(Op):
    """The sum of two maps."""

    fresh: ClassVar[bool] = True

    def whole(self, *values: Tensor) -> Tensor:
        return values[0] + values[1]


@dataclass(frozen=True)
class Concat(Op):
    """Maps laid upon each other along the channels."""

    fresh: ClassVar[bool] = True

    def whole(self, *values: Tensor) -> Tensor:
        return torch.cat(values, 1)


@dataclass(frozen=True)
class Windowed(Op):
    """A layer that sees a window around each place.

    windows: along the rows and along the columns; after: padding at the end of each; fill: what the padding holds.
    """

    fresh: ClassVar[bool] = True
    windows: tuple[Window, Window]
    after: Pair
    fill: float

    @property
    def stride(self) -> int:
        return lcm(self.windows[0].stride, self.windows[1].stride)

    @abstractmethod
    def valid(self, region: Tensor) -> Tensor:
        """The layer without padding, and without what it adds to every place."""

    def padded(self, x: Tensor) -> Tensor:
        """`x` with the layer's padding around it."""
        rows, columns = self.windows
        edges = (columns.before, self.after[1], rows.before, self.after[0])
        return F.pad(x, edges, value=self.fill) if any(edges) else x


@dataclass(frozen=True)
class Conv(Windowed):
    """A convolution of any stride, dilation and grouping."""

    weight: Tensor
    bias: Tensor | None
    groups: int

    def valid(self, region: Tensor) -> Tensor:
        return self.spread(region, (0, 0))

    def whole(self, *values: Tensor) -> Tensor:
        before = (self.windows[0].before, self.windows[1].before)
        even = before == self.after
        return self._run(values[0] if even else self.padded(values[0]), before if even else (0, 0), self.bias)

    def spread(self, x: Tensor, padding: Pair) -> Tensor:
        """The layer without its bias, with so much padding on both sides."""
        return self._run(x, padding, None)

    def _run(self, x: Tensor, padding: Pair, bias: Tensor | None) -> Tensor:
        rows, columns = self.windows
        stride, dilation = (rows.stride, columns.stride), (rows.dilation, columns.dilation)
        return F.conv2d(self.laid_out(x, padding), self.weight, bias, stride, padding, dilation, self.groups)

    def laid_out(self, x: Tensor, padding: Pair) -> Tensor:
        """`x` as the library convolves it rightly.

        PyTorch 2.13 gives wrong numbers where the stride of the one channel is 1 and the result is one place wide.
        """
        columns = self.windows[1]
        narrow = x.shape[3] + 2 * padding[1] < columns.reach + columns.stride
        return x[:, 0][:, None] if narrow and x.shape[1] == 1 else x

    def work(self, places: int, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> float:
        return 2.0 * places * self.weight.numel()


@dataclass(frozen=True)
class Activated(Op):
    """A convolution and what follows it, in one call of the library; whole maps only."""

    fresh: ClassVar[bool] = True
    conv: Conv
    relu: Relu

    @classmethod
    def of(cls, conv: Conv, relu: Relu) -> Activated | None:
        """The two as one, where this machine can do that."""
        plain = conv.weight.device.type == "cpu" and conv.weight.dtype == torch.float32
        even = (conv.windows[0].before, conv.windows[1].before) == conv.after
        known = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        return cls(conv, relu) if plain and even and known else None

    def whole(self, *values: Tensor) -> Tensor:
        rows, columns = self.conv.windows
        strides, dilations = (rows.stride, columns.stride), (rows.dilation, columns.dilation)
        name, limits = ("relu", []) if self.relu.top is None else ("hardtanh", [0.0, self.relu.top])
        x = self.conv.laid_out(values[0], self.conv.after)
        found: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self.conv.weight, self.conv.bias, self.conv.after, strides, dilations, self.conv.groups,
            name, limits, "",
        )  # fmt: skip
        return found


@dataclass(frozen=True)
class MaxPool(Windowed):
    """The largest value in each window: along the rows, then along the columns, which is quick for parts of maps."""

    def valid(self, region: Tensor) -> Tensor:
        for axis, window in zip((2, 3), self.windows, strict=True):
            count = (region.shape[axis] - window.reach) // window.stride + 1
            reach = (count - 1) * window.stride + 1
            parts = [
                region.narrow(axis, start, reach)[(slice(None),) * axis + (slice(None, None, window.stride),)]
                for start in range(0, window.reach, window.dilation)
            ]
            region = reduce(torch.maximum, parts)
        return region

    def whole(self, *values: Tensor) -> Tensor:
        rows, columns = self.windows
        if (rows, columns, self.after) == (HALVING, HALVING, (0, 0)):
            return self.valid(values[0])
        strides, dilations = (rows.stride, columns.stride), (rows.dilation, columns.dilation)
        return F.max_pool2d(values[0], (rows.kernel, columns.kernel), strides, self.after, dilations)


@dataclass(frozen=True)
class AveragePool(Windowed):
    """The mean of each window; every window divides by the same number."""

    divisor: int

    def whole(self, *values: Tensor) -> Tensor:
        return self.valid(self.padded(values[0]))

    def valid(self, region: Tensor) -> Tensor:
        rows, columns = self.windows
        return F.avg_pool2d(
            region, (rows.kernel, columns.kernel), (rows.stride, columns.stride), divisor_override=self.divisor
        )


@dataclass(frozen=True)
class GlobalMean(Op):
    """The mean over all places, (N, C, 1, 1) or (N, C)."""

    keepdim: bool

    def whole(self, *values: Tensor) -> Tensor:
        return values[0].mean((2, 3), keepdim=self.keepdim)


@dataclass(frozen=True)
class Flatten(Op):
    """Maps (N, C, H, W) as one vector (N, C · H · W), or (N, H · W · C) where that is how they lie in memory."""

    channels_last: bool = False

    def whole(self, *values: Tensor) -> Tensor:
        return self.flat(values[0]) if values[0].dim() == 4 else values[0].flatten(1)

    def flat(self, maps: Tensor) -> Tensor:
        """Maps (N, C, H, W) as vectors."""
        return (maps.permute(0, 2, 3, 1) if self.channels_last else maps).flatten(1)


@dataclass(frozen=True)
class Linear(Op):
    """A matrix product; weight (K, C · H · W)."""

    weight: Tensor
    bias: Tensor | None

    def whole(self, *values: Tensor) -> Tensor:
        return F.linear(values[0], self.weight, self.bias)

    def work(self, places: int, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> float:
        return 2.0 * self.weight.numel()

    def channels_last(self, maps: tuple[int, ...]) -> Linear:
        """The same for vectors whose maps (C, H, W) come with the channels last."""
        weight = self.weight.view(-1, *maps).permute(0, 2, 3, 1).flatten(1).contiguous()
        return Linear(weight, self.bias)


def normalisation(layer: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """A batch norm in eval mode as (scale, shift) per channel, in double precision."""
    assert layer.running_mean is not None and layer.running_var is not None  # noqa: PT018
    scale = (layer.running_var.double() + layer.eps).rsqrt()
    if layer.weight is not None:
        scale = scale * layer.weight.double()
    shift = -layer.running_mean.double() * scale
    if layer.bias is not None:
        shift = shift + layer.bias.double()
    return scale, shift
