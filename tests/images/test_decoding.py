"""Picture files as people have them: every mode and trap, and everything that is no picture."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seewhy import images
from seewhy.images import decoding

STEPS = np.array([[0, 51, 102], [153, 204, 255]], np.uint8)


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def close(image: NDArray[np.float32], pixels: Any, within: float = 1e-6) -> None:
    np.testing.assert_allclose(image, np.asarray(pixels, np.float32) / 255, atol=within)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def declared(width: int, height: int) -> bytes:
    """A tiny PNG that claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "PPM"])
def test_grey_is_read_exactly(kind: str) -> None:
    image = images.read(saved(Image.fromarray(STEPS), kind))
    close(image if kind != "GIF" else images.grey(image), STEPS[None])


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "JPEG2000"])
def test_photo_formats_are_read_nearly(kind: str) -> None:
    ramp = np.linspace(30, 220, 32, dtype=np.uint8)[None].repeat(32, 0)
    picture = Image.fromarray(np.stack([ramp, ramp.T, ramp], -1))
    if kind not in {format.upper() for format in Image.registered_extensions().values()}:
        pytest.skip(f"this Pillow has no {kind}")
    close(images.read(saved(picture, kind)), np.asarray(picture).transpose(2, 0, 1), 0.06)


def test_one_bit_is_black_and_white() -> None:
    bits = np.array([[True, False], [False, True]])
    close(images.read(saved(Image.fromarray(bits))), bits[None] * 255)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_finer_steps(kind: str) -> None:
    deep = np.array([[0, 1, 257], [32768, 65534, 65535]], np.uint16)
    np.testing.assert_allclose(images.read(saved(Image.fromarray(deep), kind))[0], deep / 65535, atol=1e-7)


def test_fractions_in_a_tiff_are_taken_as_they_are() -> None:
    values = np.array([[0.0, 0.25], [0.5, 1.0]], np.float32)
    np.testing.assert_array_equal(images.read(saved(Image.fromarray(values), "TIFF"))[0], values)


@pytest.mark.parametrize("bad", [np.full((2, 2), 3.5, np.float32), np.full((2, 2), np.nan, np.float32)])
def test_a_tiff_of_measurements_is_not_taken_for_a_picture(bad: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="outside the range of a picture; save it with 8 or 16 bits"):
        images.read(saved(Image.fromarray(bad), "TIFF"))


def test_cmyk_becomes_the_colours_it_prints() -> None:
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    close(images.read(red)[:, 0, 0], [255, 0, 0])
    close(images.read(saved(red, "TIFF"))[:, 0, 0], [255, 0, 0])
    close(images.read(saved(red, "JPEG", quality=100))[:, 4, 4], [255, 0, 0], 0.03)


def test_a_palette_gives_its_colours() -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    close(images.read(saved(picture)), [[[10, 40]], [[20, 50]], [[30, 60]]])


@pytest.mark.parametrize("transparency", [0, bytes([0, 255])])
def test_a_palette_with_a_transparent_colour_lies_on_white(transparency: int | bytes) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    close(images.read(saved(picture, transparency=transparency)), [[[255, 40]], [[255, 50]], [[255, 60]]])


def test_transparent_photos_lie_on_white() -> None:
    rgba = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [200, 0, 0, 51]]], np.uint8)
    rgba = rgba.repeat(2, 0)
    expected = np.array([[[200, 255, 244]], [[0, 255, 204]], [[0, 255, 204]]]).repeat(2, 1)
    close(images.read(saved(Image.fromarray(rgba))), expected, 1e-5)
    close(images.read(rgba), expected, 1e-5)


@pytest.mark.parametrize(("pen", "paper"), [(0, 255), (255, 0)])
def test_a_transparent_drawing_never_vanishes(pen: int, paper: int) -> None:
    drawing = np.full((4, 4, 2), pen, np.uint8)
    drawing[:, :, 1] = [[0], [0], [255], [255]]  # the transparent half has the pen's colour too
    expected = np.full((1, 4, 4), pen)
    expected[:, :2] = paper
    close(images.read(saved(Image.fromarray(drawing))), expected)
    close(images.read(drawing[:, :, [0, 0, 0, 1]]), expected.repeat(3, 0))


def test_an_opaque_alpha_channel_changes_nothing() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
    rgba = Image.fromarray(np.dstack([rgb, np.full((5, 5), 255, np.uint8)]))
    np.testing.assert_array_equal(images.read(rgba), images.read(rgb))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_read(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    animation = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    close(images.read(animation)[:, 4, 4], [255, 0, 0], 0.02)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(orientation: int) -> None:
    upright = Image.fromarray(np.arange(0, 240, 40, dtype=np.uint8).reshape(2, 3))
    back = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    stored = upright if back is None else upright.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    close(images.read(saved(stored, "PNG", exif=exif)), np.asarray(upright)[None])


def test_odd_exif_does_not_warn(recwarn: pytest.WarningsRecorder) -> None:
    images.read(saved(Image.new("RGB", (8, 8)), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff broken"))
    assert not recwarn.list


def test_a_path_and_an_open_file_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "Schöne Ziffer 5.png"
    path.write_bytes(saved(Image.fromarray(STEPS)))
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), io.BytesIO(path.read_bytes())):
        close(images.read(source), STEPS[None])
    with path.open("rb") as file:
        close(images.read(file), STEPS[None])


@pytest.mark.parametrize("size", [(30_000, 30_000), (8000, 8000), (10_000, 9000)])
def test_a_bomb_is_refused_by_its_header_without_a_warning(
    size: tuple[int, int], recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(_: Image.Image) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    with pytest.raises(ValueError, match=r"may have 50 million pixels, but this has .*; shrink it first"):
        images.read(declared(*size))
    assert not recwarn.list


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"hello, this is no picture", "text that begins with 'hello, this '"),
        (b"\x00\x01\x02\x03" * 20, "is no picture"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing; export it as PNG"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC photo; export it as JPEG"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is text that begins with '%!PS"),
        (saved(Image.new("RGB", (90, 90), "red"))[:60], "damaged or cut short"),
        (saved(Image.new("RGB", (90, 90), "red"))[:20], "damaged or cut short"),
        (saved(Image.new("RGB", (90, 90), "red"), "JPEG")[:400], "damaged or cut short"),
        (declared(0, 9), "damaged or cut short"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "five.png"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=sentence) as error:
        images.read(path)
    assert "five.png" in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=sentence):
        images.read(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_no_damage_gets_out_as_another_error_or_a_warning(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    whole = saved(Image.fromarray(noise), kind)
    random = np.random.default_rng(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(150):
            damaged = bytearray(whole)
            for place in random.integers(0, min(len(whole), 400), random.integers(1, 4)):
                damaged[place] = random.integers(0, 256)
            with contextlib.suppress(ValueError):
                image = images.read(bytes(damaged[: random.integers(1, len(whole) + 1)]))
                assert image.shape[0] in (1, 3)
                assert 0 <= image.min() <= image.max() <= 1


def test_a_file_too_heavy_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(decoding.MAX_BYTES + 1)  # sparse: takes no room on disk
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("opened"))
    with pytest.raises(ValueError, match="may have 64 MiB"):
        images.read(path)


def test_bytes_too_heavy_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_BYTES", 1 << 20)
    with pytest.raises(ValueError, match="may have 1 MiB, but this has 2"):
        images.read(bytes(2 << 20))


def test_a_path_to_nothing_is_said() -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file 'nowhere.png'; check the path"):
        images.read("nowhere.png")


def test_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        images.read(tmp_path)


def test_a_file_one_may_not_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(saved(Image.fromarray(STEPS)))

    def refuse(_: Path) -> bytes:  # as for anybody but root
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PermissionError, match=r"you may not read .*secret\.png'; change its permissions"):
        images.read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="device or a pipe"):
        images.read(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("https://example.com/cat.jpg", "download it first"), ("x" * 5000, "file name too long"), ("a\0b", "no file")],
)
def test_a_text_that_is_no_path_is_said(path: str, sentence: str) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=sentence):
        images.read(path)


def test_pillow_images_of_every_mode_are_read() -> None:
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "LA", "PA", "RGBX", "I;16", "I"):
        image = images.read(Image.new(mode, (4, 3)))
        assert image.shape == (1 if mode in ("1", "L", "LA", "I;16", "I") else 3, 3, 4), mode
