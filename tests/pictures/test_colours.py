"""Colours that do not lie: about sign, about strength, and to people who see fewer of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.pictures import LUT, colour, mask, overlay
from seewhy.pictures.colours import AGAINST, FOR, NOTHING, from_oklab, index, oklab

# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009,
# severity 1.0, for linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
NUMBERS = st.floats(-1e300, 1e300, allow_nan=False)


def seen(rgb: np.ndarray, vision: str) -> np.ndarray:
    """A colour as somebody with that vision sees it, in OKLab."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = (VISIONS[vision] @ linear).clip(0, 1)
    back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return oklab(255 * back)


def test_the_ends_and_the_middle_are_exact():
    assert tuple(LUT[1]) == AGAINST
    assert tuple(LUT[128]) == NOTHING == (0xC4, 0xC4, 0xC4)
    assert tuple(LUT[255]) == FOR
    assert LUT.shape == (256, 3)


def test_oklab_of_known_colours():
    np.testing.assert_allclose(oklab(np.array([255, 255, 255])), [1, 0, 0], atol=1e-4)
    np.testing.assert_allclose(oklab(np.array([255, 0, 0])), [0.62796, 0.22486, 0.12585], atol=1e-4)
    every = np.random.default_rng(0).integers(0, 256, (200, 3))
    assert np.abs(from_oklab(oklab(every)).astype(int) - every).max() <= 1


@pytest.mark.parametrize("vision", VISIONS)
def test_for_and_against_are_told_apart_by_everybody(vision):
    half = [seen(LUT[index(np.array([[value]]), 1.0)[0, 0]], vision) for value in (-0.5, 0.5)]
    assert np.linalg.norm(half[0] - half[1]) >= 0.10


def test_both_arms_are_about_equally_dark_so_that_grey_print_shows_strength():
    lightness = oklab(LUT)[:, 0]
    assert abs(lightness[1] - lightness[255]) <= 0.06
    assert (np.diff(lightness[1:129]) > 0).all()
    assert (np.diff(lightness[128:]) < 0).all()


@given(st.lists(NUMBERS, min_size=2, max_size=30), st.floats(1e-300, 1e300))
def test_bigger_values_are_never_drawn_paler(values, scale):
    order = sorted(values, key=abs)
    strength = np.abs(index(np.array([order]), scale)[0].astype(int) - 128)
    assert (np.diff(strength) >= 0).all()


@given(NUMBERS, st.floats(1e-300, 1e300))
def test_the_sign_never_lies(value, scale):
    place = int(index(np.array([[value]]), scale)[0, 0])
    assert (place - 128) * np.sign(value) >= 0
    assert 1 <= place <= 255
    mirrored = int(index(np.array([[-value]]), scale)[0, 0])
    assert abs((place - 128) + (mirrored - 128)) <= 1


def test_zero_is_exactly_grey_and_the_largest_is_red_not_blue():
    drawn = colour(np.array([[0.0, 7.0], [-7.0, 1e9]]), scale=7.0)
    assert drawn[0, 0].tolist() == list(NOTHING)
    assert drawn[0, 1].tolist() == list(FOR)
    assert drawn[1, 0].tolist() == list(AGAINST)
    assert drawn[1, 1].tolist() == list(FOR)


def test_an_overlay_shows_the_picture_where_the_map_says_nothing():
    image = np.zeros((1, 2, 2), np.float32)
    image[0, 0] = 1
    drawn = overlay(np.array([[0.0, 1.0], [0.0, -1.0]]), image, scale=1.0)
    assert drawn[0, 0].tolist() == [255, 255, 255]
    assert drawn[1, 0].tolist() == [0, 0, 0]
    assert drawn[0, 1].tolist() == list(FOR)
    assert drawn[1, 1].tolist() == list(AGAINST)


def test_a_mask_keeps_the_strongest_of_either_sign():
    image = np.ones((3, 2, 5), np.float32)
    drawn = mask(np.array([[0, 0.1, 5, 0.2, 0.1], [0, -9, 0.1, 0.1, 0.1]]), image, keep=0.2)
    kept = (drawn == 255).all(2)
    assert kept.tolist() == [[False, False, True, False, False], [False, True, False, False, False]]
    assert drawn[0, 0].tolist() == list(NOTHING)
    assert not (mask(np.zeros((2, 5)), image) == 255).all(2).any()


@pytest.mark.parametrize("bad", [np.array([[np.nan, 1.0]]), np.array([[np.inf, 1.0]]), np.zeros((0, 3)), np.zeros(4)])
def test_what_no_colour_can_show_is_said(bad):
    with pytest.raises(ValueError, match="map"):
        colour(bad)


def test_a_scale_must_be_above_zero():
    with pytest.raises(ValueError, match="above 0, got 0"):
        colour(np.ones((2, 2)), scale=0.0)
