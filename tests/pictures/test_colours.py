"""Colours that do not lie: about sign, about strength, and to people who see fewer of them."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import seewhy
from seewhy import pictures
from seewhy.pictures import colours

REAL = st.floats(allow_nan=False, allow_infinity=False)
MAPS = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=REAL)
SCALES = st.floats(min_value=1e-300, max_value=1e300)
SCRIPT = Path(seewhy.__file__).parent / "web" / "static" / "colours.js"

# Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision deficiency, 2009;
# severity 1.0, for linear RGB: https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/CVD_Simulation.html
EYES = {
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


def from_grey(values: np.ndarray, scale: float) -> np.ndarray:
    """How far each colour is from grey, in OKLab."""
    lab = colours.oklab(colours.LUT[colours.index(values, scale)])
    return np.linalg.norm(lab - colours.oklab(np.array(colours.NOTHING)), axis=-1)


def seen_by(eye: str, colour: np.ndarray) -> np.ndarray:
    """What a colour looks like to an eye, in OKLab."""
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = np.clip(EYES[eye] @ linear, 0, 1)
    return colours.oklab(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def test_oklab_of_known_colours() -> None:
    np.testing.assert_allclose(colours.oklab(np.array([255, 255, 255])), [1, 0, 0], atol=1e-4)
    np.testing.assert_allclose(colours.oklab(np.array([255, 0, 0])), [0.62796, 0.22486, 0.12585], atol=1e-4)
    every = np.random.default_rng(0).integers(0, 256, (200, 3))
    assert np.abs(colours.from_oklab(colours.oklab(every)).astype(int) - every).max() <= 1


def test_the_three_colours_are_exact() -> None:
    assert pictures.LUT.shape == (256, 3)
    assert pictures.LUT.dtype == np.uint8
    assert [tuple(pictures.LUT[row]) for row in (1, 128, 255)] == [colours.AGAINST, colours.NOTHING, colours.FOR]


def test_the_table_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        pictures.LUT[0] = 0


def test_the_page_computes_the_same_table() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    program = f"import({json.dumps(SCRIPT.as_uri())}).then(m => console.log(JSON.stringify([...m.LUT])))"
    out = subprocess.run([node, "--input-type=module", "-e", program], capture_output=True, text=True, check=True)
    table = np.array(json.loads(out.stdout)).reshape(256, 3)
    assert np.abs(table - pictures.LUT.astype(int)).max() <= 1
    assert tuple(table[128]) == colours.NOTHING


def test_the_page_finds_the_same_rows() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    values = [*np.linspace(-1.3, 1.3, 401).tolist(), 0.5 / 127, -0.5 / 127, 63.5 / 127, -1e300]
    program = (
        f"import({json.dumps(SCRIPT.as_uri())}).then("
        f"m => console.log(JSON.stringify({json.dumps(values)}.map(v => m.index(v, 1)))))"
    )
    out = subprocess.run([node, "--input-type=module", "-e", program], capture_output=True, text=True, check=True)
    assert json.loads(out.stdout) == colours.index(np.array(values), 1.0).tolist()


@given(a=REAL, b=REAL, scale=SCALES)
def test_bigger_values_are_never_drawn_paler(a: float, b: float, scale: float) -> None:
    small, big = sorted((abs(a), abs(b)))
    for sign in (-1, 1):
        paler, stronger = from_grey(sign * np.array([small, big]), scale)
        assert stronger >= paler


def test_every_step_away_from_zero_is_stronger() -> None:
    steps = from_grey((np.arange(1, 256) - 128) / 127, 1.0)
    assert (np.diff(steps[127:]) > 0).all()
    assert (np.diff(steps[127::-1]) > 0).all()


@given(values=MAPS, scale=SCALES)
def test_zero_is_exactly_grey_and_the_sign_never_lies(values: np.ndarray, scale: float) -> None:
    drawn = pictures.colour(values, scale).astype(int)
    assert (drawn[values == 0] == 0xC4).all()
    red, blue = drawn[..., 0], drawn[..., 2]
    assert (red[values > 0] >= blue[values > 0]).all()
    assert (red[values < 0] <= blue[values < 0]).all()
    seen = np.abs(values) > scale / 127
    assert (red != blue)[seen].all()


@pytest.mark.parametrize("most", [np.finfo(np.float64).max, 1e300, 3.4e38, 1.0, 1e-38, 5e-324])
def test_the_hottest_pixels_have_the_full_colours_at_any_magnitude(most: float) -> None:
    drawn = pictures.colour(np.array([[-most, 0.0, most]]), most)
    assert [tuple(c) for c in drawn[0]] == [colours.AGAINST, colours.NOTHING, colours.FOR]


def test_values_far_beyond_the_scale_stay_in_full_colour() -> None:
    drawn = pictures.colour(np.array([[-1e308, 1e308]]), 1e-300)
    assert [tuple(c) for c in drawn[0]] == [colours.AGAINST, colours.FOR]


@given(values=MAPS)
def test_a_map_and_its_negative_mirror_each_other(values: np.ndarray) -> None:
    scale = pictures.robust_scale(values)
    up, down = (colours.index(v, scale).astype(int) - 128 for v in (values, -values))
    assert np.abs(up + down).max() <= 1  # halves go up on both sides


@pytest.mark.parametrize("eye", EYES)
def test_for_and_against_differ_for_every_eye(eye: str) -> None:
    half = pictures.LUT[colours.index(np.array([-0.5, 0.5]), 1.0)].astype(float)
    against, pro = (seen_by(eye, one) for one in half)
    assert np.linalg.norm(pro - against) >= 0.10


def test_grey_print_shows_both_arms_equally_dark() -> None:
    against, pro = colours.oklab(pictures.LUT[[1, 255]])
    assert abs(against[0] - pro[0]) <= 0.06


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="must be a number above 0"):
        pictures.colour(np.ones((2, 2)), scale)


def test_a_batch_of_maps_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \(H, W\), got \(1, 2, 2\)"):
        pictures.colour(np.ones((1, 2, 2)))


def test_an_overlay_shows_the_picture_where_nothing_speaks() -> None:
    image = np.random.default_rng(0).random((1, 2, 3))
    drawn = pictures.overlay(np.zeros((2, 3)), image)
    assert np.array_equal(drawn[..., 0], np.rint(image[0] * 255))
    assert np.ptp(drawn, axis=-1).max() == 0


def test_an_overlay_is_opaque_where_it_is_strongest() -> None:
    drawn = pictures.overlay(np.array([[-1.0, 1.0]]), np.ones((3, 1, 2)), scale=1.0)
    assert [tuple(c) for c in drawn[0]] == [colours.AGAINST, colours.FOR]


def test_an_overlay_drains_the_picture_of_colour() -> None:
    image = np.zeros((3, 1, 1))
    image[0] = 1
    assert np.ptp(pictures.overlay(np.zeros((1, 1)), image)) < 0.2 * 255


def test_a_mask_keeps_the_strongest_of_either_sign() -> None:
    values = np.array([[-9.0, 1.0, 2.0, 8.0, 0.0]])
    image = np.linspace(0, 1, 5).reshape(1, 1, 5)
    drawn = pictures.mask(values, image, keep=0.4)
    assert drawn[0, :, 0].tolist() == [0, 0xC4, 0xC4, 191, 0xC4]


def test_a_mask_never_keeps_what_is_zero() -> None:
    assert (pictures.mask(np.zeros((3, 3)), np.zeros((1, 3, 3)), keep=1.0) == 0xC4).all()


@pytest.mark.parametrize("keep", [0, -0.1, 1.01, np.nan])
def test_a_share_that_is_none_is_refused(keep: float) -> None:
    with pytest.raises(ValueError, match="share to keep"):
        pictures.mask(np.ones((3, 3)), np.zeros((1, 3, 3)), keep)
