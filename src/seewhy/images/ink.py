"""A drawing as text, short enough for a link. Knows squares of 8-bit pixels, nothing of what is drawn on them.

`ink:` + base64url without padding of the raw deflate (RFC 1951) of the pixels, row by row: what a browser's
CompressionStream("deflate-raw") makes, so that both sides read and write the same text.
"""

import base64
import binascii
import math
import zlib

import numpy as np
from numpy.typing import NDArray

PREFIX = "ink:"
MAX_SIDE = 512


def ink_encode(image: NDArray[np.float32]) -> str:
    """The drawing (1, S, S) in [0, 1], rounded to 8 bits, as text.

    >>> ink_decode(ink_encode(np.full((1, 28, 28), 0.2))).shape
    (1, 28, 28)
    """
    if image.ndim != 3 or image.shape[0] != 1 or image.shape[1] != image.shape[2] or not 0 < image.shape[1] <= MAX_SIDE:
        raise ValueError(f"a drawing must be (1, S, S) with S from 1 to {MAX_SIDE}, got {image.shape}; fit it first")
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = squeezer.compress(pixels.tobytes()) + squeezer.flush()
    return PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def ink_decode(text: str) -> NDArray[np.float32]:
    """The drawing (1, S, S) that `ink_encode` wrote; ValueError says what is wrong with any other text."""
    if not text.startswith(PREFIX):
        raise ValueError(f"a drawing's address starts with {PREFIX!r}, got {text[:20]!r}; copy the whole link")
    body = text.removeprefix(PREFIX)
    limit = MAX_SIDE * MAX_SIDE
    try:
        packed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        inflater = zlib.decompressobj(-15)
        data = inflater.decompress(packed, limit + 1)  # a bomb is never unpacked further than this
    except (binascii.Error, zlib.error, ValueError):
        raise ValueError(f"the drawing in {text[:20]!r}… is damaged; copy the whole link") from None
    if len(data) > limit:
        raise ValueError(f"a drawing may have {MAX_SIDE} × {MAX_SIDE} pixels, this one has more; make it smaller")
    if not inflater.eof or inflater.unused_data:
        raise ValueError(f"the drawing in {text[:20]!r}… is cut short or too long; copy the whole link")
    side = math.isqrt(len(data))
    if side == 0 or side * side != len(data):
        raise ValueError(f"a drawing must be square, got {len(data)} pixels; copy the whole link")
    return np.frombuffer(data, np.uint8).reshape(1, side, side).astype(np.float32) / np.float32(255)
