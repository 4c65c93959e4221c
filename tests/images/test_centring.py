"""Drawings where MNIST would put them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seewhy.images.centring import centre


def middle(image: NDArray[np.float32]) -> tuple[float, float]:
    row, column = np.indices(image.shape[1:])
    return float((row * image[0]).sum() / image.sum()), float((column * image[0]).sum() / image.sum())


def longest(image: NDArray[np.float32]) -> int:
    rows, columns = np.nonzero(image[0] > 0.1 * image.max())
    return max(int(np.ptp(rows)), int(np.ptp(columns))) + 1


def stroke(seed: int, steps: int = 30) -> NDArray[np.float32]:
    """A random walk with a soft pen somewhere on the canvas."""
    random = np.random.default_rng(seed)
    size = random.integers(4, 26)
    path = np.cumsum(random.normal(size=(steps, 2)), 0)
    path = (path - path.min(0)) / np.ptp(path, 0).max() * size + random.uniform(1, 27 - size, 2)
    row, column = np.indices((28, 28))
    distance = np.hypot(row - path[:, :1, None], column - path[:, 1:, None]).min(0)
    return np.clip(1.6 - distance, 0, 1, dtype=np.float32)[None]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_ink_fills_20_of_28_pixels_and_its_mass_is_in_the_middle(seed: int) -> None:
    centred = centre(stroke(seed))
    assert centred.shape == (1, 28, 28)
    assert 18 <= longest(centred) <= 22
    rows, columns = np.nonzero(centred[0])
    free = min(rows.min(), columns.min(), 27 - rows.max(), 27 - columns.max()) > 1
    if free:  # not held back by the frame, which also keeps a stroke's faint rim
        assert max(abs(m - 14) for m in middle(centred)) <= 0.5 + 1e-3


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_centring_twice_changes_nothing_more(seed: int) -> None:
    once = centre(stroke(seed))
    np.testing.assert_array_equal(centre(once), once)


def test_moving_a_drawing_does_not_move_its_centred_picture() -> None:
    drawing = np.zeros((1, 28, 28), np.float32)
    drawing[0, 3:12, 4:6] = 1
    drawing[0, 3:5, 4:10] = 0.5
    for down, right in [(0, 0), (10, 3), (15, 17)]:
        moved = np.roll(drawing, (down, right), (1, 2))
        np.testing.assert_allclose(centre(moved), centre(drawing), atol=1e-6)


def test_blank_stays_blank() -> None:
    np.testing.assert_array_equal(centre(np.zeros((1, 28, 28), np.float32)), np.zeros((1, 28, 28)))


def test_a_dot_stays_small() -> None:
    dot = np.zeros((1, 28, 28), np.float32)
    dot[0, 2:4, 20:22] = 1
    assert longest(centre(dot)) <= 9


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 90), (3, 40, 30), (1, 28, 28)])
def test_a_white_picture_of_any_shape_survives(shape: tuple[int, int, int]) -> None:
    centred = centre(np.ones(shape, np.float32))
    assert centred.shape == (1, *shape[1:])
    assert 0 < centred.max() <= 1


def test_digits_of_mnist_stay_where_they_are(data_folder: Path) -> None:
    packed = (data_folder / "mnist" / "t10k-images-idx3-ubyte.gz").read_bytes()
    digits = np.frombuffer(gzip.decompress(packed), np.uint8, offset=16).reshape(-1, 1, 28, 28)[:500]
    for digit in digits / np.float32(255):
        np.testing.assert_array_equal(centre(digit), digit)
