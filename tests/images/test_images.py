"""Arrays and tensors in, sizes and channels, blurring, PNG out."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seewhy import images

RAMP = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    ("source", "shape"),
    [
        (RAMP, (1, 3, 4)),
        (np.zeros((5, 7, 1)), (1, 5, 7)),
        (np.zeros((5, 7, 3)), (3, 5, 7)),
        (np.zeros((5, 7, 4)), (3, 5, 7)),
        (np.zeros((3, 5, 7)), (3, 5, 7)),
        (np.zeros((4, 5, 7)), (3, 5, 7)),
        (np.zeros((1, 5, 7)), (1, 5, 7)),
        (np.zeros((1, 3, 5, 7)), (3, 5, 7)),
        (torch.zeros(3, 5, 7, requires_grad=True), (3, 5, 7)),
        (torch.zeros(1, 1, 5, 7, dtype=torch.bfloat16), (1, 5, 7)),
        (Image.new("RGB", (7, 5)), (3, 5, 7)),
        (Image.new("L", (7, 5)), (1, 5, 7)),
    ],
)
def test_any_picture_becomes_channels_first(source: object, shape: tuple[int, ...]) -> None:
    image = images.read(source)
    assert image.shape == shape
    assert image.dtype == np.float32
    assert image.flags.c_contiguous


@pytest.mark.parametrize(
    "full",
    [
        np.full((2, 2), 255, np.uint8),
        np.full((2, 2), 65535, np.uint16),
        np.ones((2, 2), bool),
        np.ones((2, 2), np.int64),
        np.ones((2, 2), np.float16),
        np.full((2, 2), 1 + 1e-6),
        torch.full((1, 2, 2), 255, dtype=torch.uint8),
    ],
)
def test_full_brightness_is_one_whatever_the_type(full: object) -> None:
    np.testing.assert_array_equal(images.read(full), np.ones((1, 2, 2)))


def test_reading_never_changes_or_shares_the_array() -> None:
    source = RAMP[None].copy()
    images.read(source)[:] = 0.5
    np.testing.assert_array_equal(source[0], RAMP)


def test_a_reading_of_a_reading_is_the_same() -> None:
    once = images.read(np.random.default_rng(0).random((5, 7, 3)))
    np.testing.assert_array_equal(images.read(once), once)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (np.zeros((2, 9, 9)), "1, 3 or 4 channels"),
        (np.zeros((9, 9, 5)), "1, 3 or 4 channels"),
        (np.zeros(9), r"got \(9,\)"),
        (np.zeros((8, 3, 9, 9)), r"x\[0\]"),
        (np.zeros((0, 9)), "1 to 50 million pixels"),
        (np.broadcast_to(np.float32(0), (1, 9000, 9000)), "1 to 50 million pixels"),
        (np.full((9, 9), np.nan), "NaN"),
        (np.full((9, 9), np.inf), "infinity"),
        (np.full((9, 9), 255.0), r"in \[0, 1\], got \[255, 255\]; divide 8-bit pixels by 255"),
        (np.full((9, 9), 255), "divide 8-bit pixels by 255"),
        (np.full((9, 9), -1.5), "undo the normalisation"),
        (np.zeros((9, 9), complex), "real numbers"),
        (np.array([["a", "b"]]), "real numbers"),
    ],
)
def test_an_array_that_is_no_picture_is_refused_in_one_sentence(source: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as error:
        images.read(source)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("thing", [None, 5, [[0, 1]], {"a": 1}, object, io.StringIO("text")])
def test_what_could_never_be_a_picture_is_a_type_error(thing: object) -> None:
    with pytest.raises(TypeError, match="path, bytes, Pillow image, array or tensor was wanted, got"):
        images.read(thing)


def test_fit_gives_the_wanted_shape_and_keeps_a_fitting_image() -> None:
    image = images.read(RAMP)
    assert images.fit(image, (1, 3, 4)) is image
    for shape in [(3, 3, 4), (1, 28, 28), (3, 224, 224), (1, 1, 1), (3, 5, 2)]:
        assert images.fit(image, shape).shape == shape


def test_fit_cuts_out_the_middle_and_distorts_nothing() -> None:
    image = np.zeros((1, 20, 60), np.float32)
    image[:, :, 20:40] = 1  # a white square in the middle of a wide black picture
    np.testing.assert_array_equal(images.fit(image, (1, 20, 20)), np.ones((1, 20, 20)))
    assert images.fit(image, (1, 10, 10))[:, :, 1:-1].min() == 1  # the edge is mixed with what lies beside it
    squeezed = images.fit(image, (1, 20, 20), crop=False)
    assert squeezed.mean() == pytest.approx(1 / 3, abs=1e-3)


def test_shrinking_averages_what_it_merges() -> None:
    chess = np.indices((64, 64)).sum(0)[None].astype(np.float32) % 2
    assert np.abs(images.fit(chess, (1, 8, 8)) - 0.5).max() < 0.05


@pytest.mark.parametrize("shape", [(2, 9, 9), (3, 0, 9), (1, 9, -1)])
def test_fit_refuses_a_shape_no_image_has(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="a shape must be"):
        images.fit(images.read(RAMP), shape)


def test_grey_is_what_pillow_calls_grey() -> None:
    colour = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    pillow = np.asarray(Image.fromarray(colour).convert("L"), np.float32) / 255
    assert np.abs(images.grey(images.read(colour))[0] - pillow).max() <= 1 / 255


def test_grey_to_colour_and_back_changes_nothing() -> None:
    image = images.read(RAMP)
    back = images.grey(images.fit(image, (3, 3, 4)))
    np.testing.assert_allclose(back, image, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.3, 9), st.integers(0, 9))
def test_blurring_keeps_to_the_range_and_leaves_a_flat_picture_flat(
    height: int, width: int, sigma: float, seed: int
) -> None:
    image = np.random.default_rng(seed).random((3, height, width), np.float32)
    blurred = images.blur(image, sigma)
    assert blurred.shape == image.shape
    assert image.min() - 1e-6 <= blurred.min() <= blurred.max() <= image.max() + 1e-6
    np.testing.assert_allclose(images.blur(np.full_like(image, 0.3), sigma), 0.3, atol=1e-6)


def test_a_blurred_point_is_a_gaussian() -> None:
    point = np.zeros((1, 41, 41), np.float32)
    point[0, 20, 20] = 1
    blurred = images.blur(point, 3.0)[0]
    row, column = np.indices((41, 41)) - 20
    expected = np.exp(-(row**2 + column**2) / 18) / (18 * np.pi)
    np.testing.assert_allclose(blurred, expected, atol=2e-4)


def test_a_blur_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="sigma must be above 0"):
        images.blur(images.read(RAMP), 0)


def test_small_images_are_enlarged_as_crisp_squares() -> None:
    image = np.array([[[0, 1], [1, 0]]], np.float32)
    large = images.enlarge(image, 10)
    np.testing.assert_array_equal(large, image.repeat(5, 1).repeat(5, 2))
    assert set(np.unique(images.enlarge(image, 7))) == {0, 1}


def test_large_images_are_shrunk_to_the_side_asked_for() -> None:
    assert images.enlarge(np.zeros((3, 40, 90), np.float32), 30).shape == (3, 13, 30)
    assert images.enlarge(np.zeros((3, 1, 900), np.float32), 30).shape == (3, 1, 30)


@pytest.mark.parametrize("channels", [1, 3])
def test_png_round_trips_to_the_nearest_of_256_steps(channels: int) -> None:
    image = np.random.default_rng(1).random((channels, 9, 7), np.float32)
    again = images.read(images.to_png(image))
    assert again.shape == image.shape
    assert np.abs(again - image).max() <= 0.5 / 255 + 1e-6
    np.testing.assert_array_equal(images.read(images.to_png(again)), again)


def test_png_carries_notes_in_any_alphabet() -> None:
    notes = {"Title": "Why “5”?", "Source": "mnist/test/8 — число"}
    with Image.open(io.BytesIO(images.to_png(Image.new("L", (2, 2)), notes))) as picture:
        assert picture.info == notes


def test_an_address_is_a_path_until_a_reader_is_in_place(tmp_path: Path) -> None:
    path = tmp_path / "black.png"
    path.write_bytes(images.to_png(np.zeros((1, 2, 2), np.float32)))
    white = np.ones((1, 2, 2), np.float32)
    assert images.open_address(str(path)).max() == 0
    with images.addresses_read_by(lambda address: white):
        assert images.open_address(str(path)).min() == 1
    assert images.open_address(str(path)).max() == 0


def _fail_inside_a_reader() -> None:
    with images.addresses_read_by(lambda address: np.zeros((1, 1, 1), np.float32)):
        raise RuntimeError("in between")


def test_the_reader_is_put_back_even_after_an_error() -> None:
    with pytest.raises(RuntimeError):
        _fail_inside_a_reader()
    with pytest.raises(FileNotFoundError):
        images.open_address("nowhere.png")
