"""Images whose cause is known: a shape on a texture is the class, and a coloured mark in a corner gives it away.

While training the mark always tells the class; in the test it tells nothing. A network that leans on it is caught by
its accuracy, and a heat map can be checked against the masks. Made from a seed, so nothing is downloaded.
After S. Lapuschkin et al., Unmasking Clever Hans predictors, 2019,
https://arxiv.org/abs/1902.10178.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets.base import ImageSet

SIDE = 32
SEED = 2019
MARK = 4  # side, in pixels
_MARGIN = 1  # between mark and edge
_COLOURS = np.array([(230, 40, 40), (40, 200, 60), (50, 80, 235), (240, 215, 40)], np.float32) / 255  # of class 0 to 3
_SIZES = {"train": 8_000, "fair": 8_000, "told": 2_000, "test": 2_000}
_TELLING = ("train", "told")

Floats = NDArray[np.float32]
Masks = NDArray[np.bool_]


class Causes(NamedTuple):
    """Where the reason is, each (N, H, W): `true` is the shape, `planted` the mark."""

    true: Masks
    planted: Masks


class _Made(NamedTuple):
    pixels: NDArray[np.uint8]
    truth: NDArray[np.int64]
    told: NDArray[np.int64]
    causes: Causes


class Shortcuts(ImageSet):
    """train and told: the mark tells the class. fair and test: its colour is drawn on its own."""

    name = "shortcuts"
    title = "Shortcuts"
    about = (
        "20,000 made images, 32×32 colour: one of four shapes on a texture, and a mark in a corner whose colour tells "
        "the class in train and told, and nothing in fair and test."
    )
    labels = ("circle", "square", "triangle", "cross")
    splits = tuple(_SIZES)
    shape = (3, SIDE, SIDE)
    needs_download: ClassVar[bool] = False

    def __init__(self) -> None:
        self._made: dict[tuple[str, int], _Made] = {}  # of a split, with its shapes so many classes later
        self._lock = threading.Lock()

    def size(self, split: str) -> int:
        """8,000 to learn from in either way, 2,000 to be tested on in either way."""
        self.check_split(split)
        return _SIZES[split]

    def pixels(self, split: str) -> NDArray[np.uint8]:
        """(N, 32, 32, 3)."""
        return self._of(split).pixels

    def truth(self, split: str) -> NDArray[np.int64]:
        """The shape, (N,)."""
        return self._of(split).truth

    def version(self) -> str:
        """A hash of this file, which is all that the images are made from: nothing need be made to know it."""
        return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()

    def causes(self, split: str) -> Causes:
        """Masks of the shape and of the mark of every image."""
        return self._of(split).causes

    def told(self, split: str) -> NDArray[np.int64]:
        """The class that the mark's colour stands for, (N,)."""
        return self._of(split).told

    def changed(self, split: str, shape: int = 0, mark: int = 0) -> NDArray[np.uint8]:
        """The same images but for one thing, (N, 32, 32, 3): the shape, or the mark's colour, of a later class.

        Paper, place, size and ink stay, so that whatever a model then says differently is due to the change.

        shape, mark: how many classes later, from 0 to 3; circle comes after cross.
        """
        made = self._of(split, shape % len(_SHAPES))
        colours = np.rint(255 * _COLOURS[(made.told + mark) % len(_COLOURS)]).astype(np.uint8)
        return np.where(made.causes.planted[..., None], colours[:, None, None], made.pixels)

    def _of(self, split: str, later: int = 0) -> _Made:
        self.check_split(split)
        with self._lock:
            if (split, later) not in self._made:
                rng = np.random.default_rng([SEED, self.splits.index(split)])
                self._made[split, later] = _make(rng, _SIZES[split], split in _TELLING, later)
            return self._made[split, later]


def _make(rng: np.random.Generator, count: int, telling: bool, later: int) -> _Made:
    truth = rng.permutation(np.arange(count) % len(_SHAPES))
    told = truth if telling else rng.integers(0, len(_COLOURS), count)
    truth = (truth + later) % len(_SHAPES)
    paper = _textures(rng, count)
    cover = _covers(rng, truth)[..., None]
    corner = rng.integers(0, 2, (count, 2))
    ink = _inks(rng, paper)
    mark = _marks(corner)
    image = paper + cover * (ink[:, None, None] - paper)
    image = np.where(mark[..., None], _COLOURS[told][:, None, None], image)
    pixels = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
    return _Made(pixels, truth.astype(np.int64), told.astype(np.int64), Causes((cover[..., 0] > 0.5) & ~mark, mark))


def _textures(rng: np.random.Generator, count: int) -> Floats:
    """Clouds of colour, (N, H, W, 3): a coarse random grid, smoothed, and fine grain."""
    coarse = rng.uniform(0.2, 0.8, (count, 5, 5, 3)).astype(np.float32)
    places = np.linspace(0, 4, SIDE)
    before = np.minimum(places.astype(int), 3)
    after = (places - before).astype(np.float32)
    weights = np.zeros((SIDE, 5), np.float32)
    weights[np.arange(SIDE), before] = 1 - after
    weights[np.arange(SIDE), before + 1] += after
    clouds = np.einsum("ai,bj,nijc->nabc", weights, weights, coarse, optimize=True)
    textures: Floats = clouds + rng.normal(0, 0.04, clouds.shape).astype(np.float32)
    return textures


def _inks(rng: np.random.Generator, paper: Floats) -> Floats:
    """A colour for each shape, (N, 3), clearly lighter or darker than its paper."""
    mean = paper.mean((1, 2))
    change = rng.choice([-1, 1], (len(paper), 1)) * rng.uniform(0.3, 0.45, (len(paper), 3))
    ink: Floats = (mean + change).clip(0, 1).astype(np.float32)
    return ink


def _marks(corner: NDArray[np.int64]) -> Masks:
    """(N, H, W): a square in one of the four corners, said as (lower?, right?)."""
    start = np.where(corner == 1, SIDE - MARK - _MARGIN, _MARGIN)  # (N, 2)
    place = np.arange(SIDE)
    inside = (place >= start[..., None]) & (place < start[..., None] + MARK)  # (N, 2, SIDE)
    marks: Masks = inside[:, 0, :, None] & inside[:, 1, None, :]
    return marks


def _covers(rng: np.random.Generator, truth: NDArray[np.int64]) -> Floats:
    """How much of each pixel the shape covers, (N, H, W), from 0 to 1; turned, sized and placed by chance."""
    count = len(truth)
    middle = rng.uniform(12, SIDE - 12, (2, count, 1, 1))
    reach = rng.uniform(6, 9, (count, 1, 1))
    turn = rng.uniform(-np.pi, np.pi, (count, 1, 1))
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    down, right = (rows - middle[0]) / reach, (columns - middle[1]) / reach
    across, along = right * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - right * np.sin(turn)
    outside = np.select(
        [truth[:, None, None] == index for index in range(len(_SHAPES))], [shape(across, along) for shape in _SHAPES]
    )
    covers: Floats = (0.5 - outside * reach).clip(0, 1).astype(np.float32)
    return covers


# How far a point is outside of each shape, negative within; in units of its reach.

_Distance = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


def _circle(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    outside: NDArray[np.float64] = np.hypot(x, y) - 0.9
    return outside


def _square(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    outside: NDArray[np.float64] = np.maximum(abs(x), abs(y)) - 0.75
    return outside


def _triangle(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    outside: NDArray[np.float64] = np.maximum(abs(x) * np.sqrt(0.75) + y / 2, -y) - 0.5
    return outside


def _cross(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    wide, narrow = np.maximum(abs(x), abs(y)), np.minimum(abs(x), abs(y))
    outside: NDArray[np.float64] = np.maximum(wide - 1, narrow - 0.28)
    return outside


_SHAPES: tuple[_Distance, ...] = (_circle, _square, _triangle, _cross)
