"""Drawings as text."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.images.ink import MAX_SIDE, ink_decode, ink_encode


def packed(data: bytes) -> str:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return "ink:" + base64.urlsafe_b64encode(squeezer.compress(data) + squeezer.flush()).decode().rstrip("=")


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32))
def test_a_drawing_comes_back_pixel_by_pixel(side: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (1, side, side), np.uint8)
    drawing = pixels / np.float32(255)
    text = ink_encode(drawing)
    assert text.isascii()
    assert set("+/= \n").isdisjoint(text)
    np.testing.assert_array_equal(ink_decode(text), drawing)
    assert ink_encode(ink_decode(text)) == text


def test_a_blank_drawing_is_a_short_text() -> None:
    assert len(ink_encode(np.zeros((1, 28, 28), np.float32))) < 24


def test_a_text_made_elsewhere_is_read() -> None:
    assert ink_decode("ink:Y2AYBaNgFMAAAA").shape == (1, 28, 28)
    np.testing.assert_array_equal(ink_decode(packed(bytes([0, 255, 255, 0])))[0], [[0, 1], [1, 0]])


def test_the_largest_drawing_is_read_and_one_larger_is_not() -> None:
    assert ink_decode(packed(bytes(MAX_SIDE**2))).shape == (1, MAX_SIDE, MAX_SIDE)
    with pytest.raises(ValueError, match="this one has more"):
        ink_decode(packed(bytes((MAX_SIDE + 1) ** 2)))


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(ValueError, match="this one has more"):
        ink_decode(packed(bytes(200_000_000)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "starts with 'ink:'"),
        ("up:1234", "starts with 'ink:'"),
        ("ink:", "damaged|cut short"),
        ("ink:????", "damaged"),
        ("ink:YmFk", "damaged|cut short"),
        ("ink:Y2AYBaNgFMA", "cut short"),
        ("ink:кисть", "damaged"),
        (packed(bytes(784)) + "AAAA", "cut short or too long"),
        (packed(bytes(785)), "must be square, got 785"),
        (packed(b""), "must be square, got 0"),
    ],
)
def test_any_other_text_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ink_decode(text)


@pytest.mark.parametrize("shape", [(28, 28), (3, 28, 28), (1, 28, 27), (1, 0, 0), (1, 513, 513)])
def test_only_square_grey_drawings_become_ink(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be \(1, S, S\)"):
        ink_encode(np.zeros(shape, np.float32))
