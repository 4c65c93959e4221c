"""Which part of a map a change can reach: interval arithmetic along one axis; knows no layers and no models.

The idea of following a patch's box through a network is from Nakandala et al.: Incremental and Approximate Inference
for Faster Occlusion-based Deep CNN Explanations, SIGMOD 2019 (https://doi.org/10.1145/3299869.3319874).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple


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
class Run:
    """Boxes of one `size`, `step` apart, `count` of them from `first` on, along an axis with `length` places.

    A box may stick out of the map: there it holds nothing.
    """

    first: int
    size: int
    step: int
    count: int
    length: int

    @property
    def last(self) -> int:
        """Where the last box begins."""
        return self.first + (self.count - 1) * self.step

    @property
    def sticks_out(self) -> bool:
        """Whether any box has places outside the map."""
        return self.first < 0 or self.last + self.size > self.length

    @property
    def margins(self) -> tuple[int, int]:
        """How far the boxes stick out before the map and behind it."""
        return max(0, -self.first), max(0, self.last + self.size - self.length)

    def through(self, window: Window, length: int) -> Run:
        """What the changes reach after a layer with this window, in a map with `length` places.

        Raises: ValueError where the boxes would not be evenly spaced any longer.

        >>> Run(4, 4, 2, 3, 28).through(Window(kernel=5, before=2), 28)
        Run(first=2, size=8, step=2, count=3, length=28)
        """
        if self.count > 1 and self.step % window.stride:
            raise ValueError(f"boxes {self.step} apart are not even behind a stride of {window.stride}")
        first = -((window.reach - 1 - window.before - self.first) // window.stride)  # rounded up
        last = (self.first + self.size - 1 + window.before) // window.stride
        last = max(first, last)  # a change between two windows reaches nothing: one place that does not change
        return Run(first, last - first + 1, self.step // window.stride, self.count, length).cropped()

    def seen(self, window: Window) -> Run:
        """The places, in the map before a layer with this window, that these boxes are computed from."""
        first = self.first * window.stride - window.before
        return replace(
            self, first=first, size=(self.size - 1) * window.stride + window.reach, step=self.step * window.stride
        )

    def cropped(self) -> Run:
        """Without the places that lie outside the map in every box; at least one place."""
        before, behind = max(0, -self.last), max(0, self.first + self.size - self.length)
        before = min(before, self.size - 1)
        return replace(self, first=self.first + before, size=max(1, self.size - before - behind))

    def among(self, chosen: range) -> Run:
        """Only the boxes `chosen`, a range with step 1."""
        return replace(self, first=self.first + chosen.start * self.step, count=len(chosen))

    def inside(self, number: int) -> tuple[int, int]:
        """The part of a box, from … to, that lies inside the map."""
        start = self.first + number * self.step
        low = min(max(0, -start), self.size)
        return low, max(low, min(self.size, self.length - start))


def union(runs: list[Run]) -> Run:
    """What any of the changes reaches.

    Raises: ValueError where the boxes are not equally spaced.
    """
    one = runs[0]
    if any(run.length != one.length or (run.step != one.step and one.count > 1) for run in runs):
        raise ValueError("boxes of different spacing cannot be joined")
    first = min(run.first for run in runs)
    return replace(one, first=first, size=max(run.first + run.size for run in runs) - first)


def even(starts: Iterable[int], period: int) -> list[list[int]]:
    """The numbers of `starts` in groups of one spacing, all of a group the same distance from multiples of `period`.

    >>> even([0, 2, 4, 6, 8, 9], 4)
    [[0, 2, 4], [1, 3], [5]]
    """
    phases: dict[int, list[list[int]]] = {}
    known = list(starts)
    for number, start in enumerate(known):
        groups = phases.setdefault(start % period, [[]])
        group = groups[-1]
        if len(group) > 1 and start - known[group[-1]] != known[group[1]] - known[group[0]]:
            groups.append(group := [])
        group.append(number)
    return [group for groups in phases.values() for group in groups]
