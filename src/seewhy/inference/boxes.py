"""Which part of a map a change can reach: interval arithmetic along one axis; knows no layers and no models.

The idea of following a patch's box through a network is from Nakandala et al.: Incremental and Approximate Inference
for Faster Occlusion-based Deep CNN Explanations, SIGMOD 2019 (https://doi.org/10.1145/3299869.3319874).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor


class Window(NamedTuple):
    """A layer's window along one axis, in places: `before` are the places of padding at the start."""

    kernel: int = 1
    stride: int = 1
    before: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Places from the first to the last that one window sees."""
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True)
class Span:
    """The places first … last (P,) of an axis with `length` places that each of P changes can reach.

    Computed together, all changes get boxes of one size: `starts` and `size`, shifted inside where they would stick
    out, so that a box may hold unchanged places too.
    """

    first: Tensor
    last: Tensor
    length: int

    @property
    def size(self) -> int:
        """The size of the largest change."""
        return int((self.last - self.first).max()) + 1

    @property
    def starts(self) -> Tensor:
        """Where each change's box begins."""
        return self.first.clamp(max=self.length - self.size)

    @property
    def places(self) -> Tensor:
        """(P, size): the places of each change's box."""
        return self.starts[:, None] + torch.arange(self.size)

    def through(self, window: Window, length: int) -> Span:
        """What the change reaches after a layer with this window, in a map with `length` places.

        >>> Span(torch.tensor([4]), torch.tensor([7]), 28).through(Window(kernel=5, before=2), 28)
        Span(first=tensor([2]), last=tensor([9]), length=28)
        """
        first = -((window.reach - 1 - window.before - self.first) // window.stride)  # rounded up
        last = (self.last + window.before) // window.stride
        first, last = first.clamp(0, length - 1), last.clamp(0, length - 1)
        return Span(torch.minimum(first, last), last, length)  # a change between two windows reaches nothing: one place

    def among(self, chosen: Tensor) -> Span:
        """Only the changes `chosen`."""
        return Span(self.first[chosen], self.last[chosen], self.length)

    def same_boxes(self, other: Span) -> bool:
        """Whether both give every change the same box."""
        return self.size == other.size and torch.equal(self.starts, other.starts)


def union(spans: list[Span]) -> Span:
    """What any of the changes reaches."""
    first = reduce(torch.minimum, [span.first for span in spans])
    last = reduce(torch.maximum, [span.last for span in spans])
    return Span(first, last, spans[0].length)
