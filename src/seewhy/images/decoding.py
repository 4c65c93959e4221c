"""Picture files and Pillow images to numbers. Knows formats and their traps, nothing of models or their sizes."""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 50_000_000

# Formats that are only read, never run: not EPS, which starts a PostScript interpreter.
_FORMATS = ("PNG", "JPEG", "MPO", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "PPM", "JPEG2000")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")
_LOCK = threading.Lock()


def load(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a picture file; every way in which this can fail has its own sentence."""
    name = os.fspath(path)
    if name.startswith(("http://", "https://", "data:")):
        raise ValueError(f"the path of a picture was wanted, got the web address {name[:60]!r}; download it first")
    try:
        file = Path(os.path.expanduser(name))
        if file.is_dir():
            raise IsADirectoryError(f"a picture was wanted, but {name!r} is a folder; name a file in it")
        if not file.exists():
            raise FileNotFoundError(f"a picture was wanted, but there is no file {name!r}; check the path")
        if not file.is_file():
            raise ValueError(f"a picture was wanted, but {name!r} is a device or a pipe; pass its bytes instead")
        if file.stat().st_size > MAX_BYTES:
            raise ValueError(_too_heavy(repr(name), file.stat().st_size))
        return file.read_bytes()
    except PermissionError:
        raise PermissionError(f"a picture was wanted, but you may not read {name!r}; change its permissions") from None
    except OSError as error:
        if error.strerror is None:  # ours, already a sentence
            raise
        raise ValueError(
            f"a picture was wanted, but {name[:60]!r} cannot be opened: {error.strerror.lower()}"
        ) from None


def decode(data: bytes, name: str = "this") -> NDArray[np.float32]:
    """The first frame of a picture file's bytes as (C, H, W) in [0, 1], upright, C = 1 or 3."""
    if not data:
        raise ValueError(f"a picture was wanted, but {name} is empty (0 bytes); check how it was made")
    if len(data) > MAX_BYTES:
        raise ValueError(_too_heavy(name, len(data)))
    try:
        with _quiet():
            Image.init()  # registers AVIF, where this Pillow has it
            picture = Image.open(BytesIO(data), formats=[name for name in _FORMATS if name in Image.OPEN])
    except Image.DecompressionBombError:
        raise ValueError(_too_large(name)) from None
    except Exception:  # a broken header can raise anything
        raise ValueError(f"a picture was wanted, but {name} {_guess(data)}") from None
    return from_pillow(picture, name)


def from_pillow(picture: Image.Image, name: str = "this") -> NDArray[np.float32]:
    """A Pillow image of any mode as (C, H, W) in [0, 1], turned as its EXIF note says, C = 1 or 3.

    Transparent parts become white; only a light grey drawing, which would vanish there, is laid on black.
    """
    if picture.width * picture.height > MAX_PIXELS:  # known from the header, before anything is decoded
        raise ValueError(_too_large(name, picture.size))
    if 0 in picture.size:
        raise ValueError(f"a picture was wanted, but {name} is {picture.width} × {picture.height} pixels; give it some")
    try:
        picture.load()
        with _quiet():
            picture = ImageOps.exif_transpose(picture)
        grey = picture.mode in ("1", "L", "LA")
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            if picture.getchannel("A").getextrema() != (255, 255):
                return flatten(channels_first(np.asarray(picture)))[: 1 if grey else 3]
        if picture.mode.startswith(("I", "F")):
            return _deep(picture, name)
        return channels_first(np.asarray(picture.convert("L" if grey else "RGB")))
    except (_OutOfRangeError, MemoryError):
        raise
    except Exception:  # what codecs raise has no common class
        raise ValueError(
            f"a picture was wanted, but {name} is damaged or cut short; get it again from its source"
        ) from None


def channels_first(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """8-bit (H, W) or (H, W, C) to (C, H, W) in [0, 1]."""
    planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return np.divide(planes, np.float32(255), out=np.empty(planes.shape, np.float32))


def flatten(rgba: NDArray[np.float32]) -> NDArray[np.float32]:
    """Red, green, blue and alpha (4, H, W) laid on white, or on black where light grey would vanish on white."""
    colour, alpha = rgba[:3], rgba[3:]
    visible = alpha.sum(dtype=np.float64)
    grey = not np.any((alpha > 0) & (colour != colour[:1]))
    light = grey and (colour[:1] * alpha).sum(dtype=np.float64) > visible / 2
    paper = np.float32(0 if light else 1)
    return paper + (colour - paper) * alpha


def _deep(picture: Image.Image, name: str) -> NDArray[np.float32]:
    """Modes I;16, I (32 bits, holding 16) and F (already fractions)."""
    values = np.asarray(picture).astype(np.float32)[None]
    if picture.mode.startswith("I"):
        values /= np.float32(65535)
    if not (values.min() >= 0 and values.max() <= 1):  # NaN fails too
        raise _OutOfRangeError(f"{name} holds 32-bit values outside the range of a picture; save it with 8 or 16 bits")
    return values


class _OutOfRangeError(ValueError):
    pass


@contextmanager
def _quiet() -> Iterator[None]:
    """Pillow warns of odd EXIF and of sizes that are checked here anyway; locked because filters are global."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _guess(data: bytes) -> str:
    head = data[:512].lstrip()
    if data.startswith(_MAGIC):
        return "is damaged or cut short; get it again from its source"
    if b"<svg" in head:
        return "is an SVG drawing; export it as PNG"
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "is an HEIC photo; export it as JPEG"
    if data.startswith(b"%PDF"):
        return "is a PDF; export the page as PNG"
    start = head[:12].decode("ascii", "replace")
    what = f"is text that begins with {start!r}" if start.isprintable() and start.isascii() else "is no picture"
    return f"{what}; PNG, JPEG, GIF, WebP, BMP, TIFF and AVIF can be read"


def _too_heavy(name: str, size: int) -> str:
    return f"a picture file may have {MAX_BYTES >> 20} MiB, but {name} has {size / 2**20:.0f}; save it smaller"


def _too_large(name: str, size: tuple[int, int] | None = None) -> str:
    has = f"{size[0]} × {size[1]}" if size else "far more"
    return f"a picture may have {MAX_PIXELS // 10**6} million pixels, but {name} has {has}; shrink it first"
