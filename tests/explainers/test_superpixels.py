"""Segments are numbered from 0, all used, and never too few without a word."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from seewhy.datasets.digits import Digits
from seewhy.explainers.superpixels import FEWEST, Segments, segment

METHODS = ["grid", "slic", "quickshift", "felzenszwalb"]
RNG = np.random.default_rng(2)
Y, X = np.mgrid[0:64, 0:80] / 80
IMAGES = {
    "digit": Digits().sample("test", 12).image,
    "noise": RNG.random((3, 20, 24), dtype=np.float32),
    "black": np.zeros((1, 8, 8), np.float32),
    "photograph": np.stack([np.sin(9 * X) ** 2, Y, (X - Y) ** 2]).astype(np.float32).clip(0, 1),
    "one pixel high": RNG.random((1, 1, 30), dtype=np.float32),
}


def whole(found: Segments, image: np.ndarray) -> None:
    assert found.ids.shape == image.shape[1:]
    assert found.ids.dtype == np.int64
    assert sorted(set(found.ids.flat)) == list(range(found.count))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", IMAGES)
def test_ids_start_at_zero_and_all_are_used(method, name):
    found = segment(IMAGES[name], method, 50)
    whole(found, IMAGES[name])
    assert found.count >= FEWEST
    again = segment(IMAGES[name], method, 50)
    assert np.array_equal(found.ids, again.ids)


@pytest.mark.parametrize("method", ["quickshift", "felzenszwalb"])
def test_a_plain_image_falls_to_a_grid_and_says_so(method):
    found = segment(IMAGES["black"], method, 16)
    assert found.method == "grid"
    assert found.count == 16
    assert f"{method} found only 1 segments, so a grid of 16 was used." in found.warnings


def test_a_digit_falls_to_finer_settings_and_says_so():
    found = segment(IMAGES["digit"], "quickshift", 50)
    assert found.method == "quickshift"
    assert "finer settings" in found.warnings[0]


def test_a_grid_has_the_wanted_cells():
    ids = segment(np.zeros((1, 6, 6), np.float32), "grid", 9).ids
    assert np.array_equal(ids, np.kron(np.arange(9).reshape(3, 3), np.ones((2, 2), int)))
    assert segment(np.zeros((1, 4, 5), np.float32), "grid", 500).count == 20
    assert segment(np.zeros((1, 28, 28), np.float32), "grid", 1).count == 1


def test_slic_follows_an_edge():
    image = np.zeros((3, 40, 40), np.float32)
    image[:, :, 23:] = 1
    ids = segment(image, "slic", 16).ids
    assert not set(ids[:, :23].flat) & set(ids[:, 23:].flat)


def test_the_segmentation_library_is_imported_only_when_needed():
    code = "import sys, seewhy.catalog; assert not any(name.split('.')[0] == 'skimage' for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
