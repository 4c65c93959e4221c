"""Any picture in, (C, H, W) float32 in [0, 1] out, and back to PNG. Knows arrays and files, nothing of models.

C is 1 (grey) or 3 (red, green, blue); row 0 is the top.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from seewhy.images import decoding
from seewhy.images.centring import centre
from seewhy.images.files import write_bytes
from seewhy.images.framing import WHOLE, Framing
from seewhy.images.ink import ink_decode, ink_encode

__all__ = [
    "WHOLE", "Framing", "addresses_read_by", "blur", "centre", "enlarge", "fit", "grey", "ink_decode", "ink_encode",
    "open_address", "read", "to_png", "write_bytes",
]  # fmt: skip

Floats = NDArray[np.float32]


def read(source: Any) -> Floats:
    """Any picture as (C, H, W) float32 in [0, 1], C = 1 or 3.

    source: a path, a file's bytes, an open file, a Pillow image, or an array or tensor shaped (H, W), (H, W, 1|3|4),
    (C, H, W) or (1, C, H, W). 8- and 16-bit integers are divided by their largest value; all other numbers must
    already lie in [0, 1]. Of animations, the first frame. Photos are turned as their EXIF note says. Transparent
    parts become white; only a light grey drawing, which would vanish there, is laid on black.

    Raises: FileNotFoundError, IsADirectoryError, PermissionError for paths; ValueError for what is not a picture;
    TypeError for what could not be one.
    """
    if isinstance(source, str | os.PathLike):
        return decoding.decode(decoding.load(source), repr(os.fspath(source)))
    if isinstance(source, bytes | bytearray | memoryview):
        return decoding.decode(bytes(source))
    if isinstance(source, Image.Image):
        return decoding.from_pillow(source)
    if hasattr(source, "cpu"):  # a torch tensor, told by its manners, so that torch need not be imported
        source = source.detach().cpu()
        return _from_array((source.float() if source.is_floating_point() else source).numpy())
    if hasattr(source, "__array__"):
        return _from_array(np.asarray(source))
    if hasattr(source, "read") and isinstance(data := source.read(decoding.MAX_BYTES + 1), bytes):
        return decoding.decode(data)
    raise TypeError(
        f"a path, bytes, Pillow image, array or tensor was wanted, got {type(source).__name__}; convert it first"
    )


def fit(image: Floats, shape: tuple[int, int, int], crop: bool = True, framing: Framing = WHOLE) -> Floats:
    """The image in another shape (C, H, W): resized with antialiasing, grey and colour converted.

    With `crop` the middle is cut out so that nothing is distorted, as much of it as `framing` says; without, the whole
    picture is squeezed in. An image that has the shape's height and width keeps its pixels.
    """
    channels, height, width = shape
    if channels not in (1, 3) or height < 1 or width < 1:
        raise ValueError(f"a shape must be (1 or 3, height, width), got {shape}; ask the model for its input_shape")
    image = grey(image) if channels == 1 else image
    if image.shape[1:] != (height, width):
        image = _resized(image, height, width, crop, framing)
    return np.repeat(image, 3, axis=0) if channels > image.shape[0] else image


def grey(image: Floats) -> Floats:
    """(C, H, W) to (1, H, W) by the brightness people see (ITU-R BT.601, as Pillow does)."""
    if image.shape[0] == 1:
        return image
    return np.tensordot(np.array([0.299, 0.587, 0.114], np.float32), image, 1)[None].clip(0, 1)


def blur(image: Floats, sigma: float | None = None) -> Floats:
    """The image through a Gaussian of `sigma` pixels; by default a tenth of its longer side, which leaves no detail."""
    sigma = max(image.shape[1:]) / 10 if sigma is None else sigma
    if sigma <= 0:
        raise ValueError(f"sigma must be above 0 pixels, got {sigma}; leave it out for a tenth of the side")
    reach = int(np.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in (1, 2):
        padded = np.pad(image, [(reach, reach) if a == axis else (0, 0) for a in range(3)], mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(weights), axis)
        image = (windows @ weights.astype(np.float32)).clip(0, 1)
    return image


def enlarge(image: Floats, side: int) -> Floats:
    """The image with its longer side at `side` pixels: small ones as crisp squares, large ones shrunk smoothly."""
    factor = side / max(image.shape[1:])
    height, width = (max(1, round(n * factor)) for n in image.shape[1:])
    if factor < 1:
        return _resized(image, height, width, crop=False)
    rows, columns = (np.arange(n) * old // n for n, old in zip((height, width), image.shape[1:], strict=True))
    return image[:, rows][:, :, columns]


def to_png(image: Floats | Image.Image, about: Mapping[str, str] | None = None) -> bytes:
    """PNG bytes of an image in [0, 1] (rounded to 8 bits) or of a Pillow image; `about` becomes its text notes."""
    picture = image if isinstance(image, Image.Image) else _to_pillow(read(image))
    notes = PngImagePlugin.PngInfo()
    for key, text in (about or {}).items():
        notes.add_itxt(key, text)
    file = BytesIO()
    picture.save(file, "PNG", pnginfo=notes, optimize=True)
    return file.getvalue()


_reader: ContextVar[Callable[[str], Floats]] = ContextVar("reader", default=read)


def open_address(address: str) -> Floats:
    """The picture that a recipe names, through whatever reader is in place; without one, an address is a path."""
    return _reader.get()(address)


@contextmanager
def addresses_read_by(reader: Callable[[str], Floats]) -> Iterator[None]:
    """Inside, `open_address` asks `reader`."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def _from_array(array: NDArray[Any]) -> Floats:
    planes = _planes(array)
    if planes.size == 0 or planes[0].size > decoding.MAX_PIXELS:
        raise ValueError(
            f"an image must have 1 to {decoding.MAX_PIXELS // 10**6} million pixels, got {array.shape}; resize it"
        )
    values = _fractions(planes)
    return decoding.flatten(values) if len(values) == 4 else values


def _planes(array: NDArray[Any]) -> NDArray[Any]:
    shape = array.shape
    if array.ndim == 4 and shape[0] == 1:
        return _planes(array[0])
    if array.ndim == 2:
        return array[None]
    if array.ndim == 3 and (shape[0] in (1, 3) or (shape[0] == 4 and shape[2] not in (1, 3, 4))):
        return array
    if array.ndim == 3 and shape[2] in (1, 3, 4):
        return array.transpose(2, 0, 1)
    hint = "pass one image of the batch, as in x[0]" if array.ndim == 4 else "an image has 1, 3 or 4 channels"
    raise ValueError(f"an image must be (H, W), (H, W, C) or (C, H, W), got {shape}; {hint}")


def _fractions(planes: NDArray[Any]) -> Floats:
    if planes.dtype in (np.uint8, np.uint16):
        return np.ascontiguousarray(planes, np.float32) / np.float32(np.iinfo(planes.dtype).max)
    if planes.dtype.kind not in "biuf":
        raise ValueError(f"image values must be real numbers, got {planes.dtype}; convert them with .astype('float32')")
    low, high = float(planes.min()), float(planes.max())
    if not np.isfinite([low, high]).all():  # the least and the greatest are NaN if any value is
        raise ValueError("image values must be numbers in [0, 1], got NaN or infinity; look where they come from")
    if low < -1e-4 or high > 1 + 1e-4:
        cure = "divide 8-bit pixels by 255" if low >= 0 else "undo the normalisation; the model does its own"
        raise ValueError(f"image values must be in [0, 1], got [{low:.4g}, {high:.4g}]; {cure}")
    return np.ascontiguousarray(planes, np.float32).clip(0, 1)


def _resized(image: Floats, height: int, width: int, crop: bool, framing: Framing = WHOLE) -> Floats:
    rows, columns = image.shape[1:]
    scale = min(rows / height, columns / width) * framing.keep
    tall, wide = (height * scale, width * scale) if crop else (rows, columns)
    left, top = (columns - wide) / 2, (rows - tall) / 2
    box = (left, top, left + wide, top + tall)
    how = Image.Resampling[framing.resampling.upper()]
    planes = [Image.fromarray(p).resize((width, height), how, box) for p in image]
    return np.stack([np.asarray(p) for p in planes]).clip(0, 1)


def _to_pillow(image: Floats) -> Image.Image:
    pixels = np.rint(image * 255).astype(np.uint8)
    return Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))
