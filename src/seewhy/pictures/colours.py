"""Numbers to colours: blue against, grey nothing, red for. Knows arrays and colours, nothing of models or methods.

The table runs on straight lines in OKLab, where equal steps look equally large (B. Ottosson, A perceptual color space
for image processing, 2020, https://bottosson.github.io/posts/oklab/). web/static/colours.js computes the same table.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.pictures.strength import finite, robust_scale

Pixels = NDArray[np.uint8]

AGAINST = (0x0F, 0x55, 0xB3)
NOTHING = (0xC4, 0xC4, 0xC4)
FOR = (0xBF, 0x1D, 0x20)

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def index(values: NDArray[Any], scale: float) -> NDArray[np.uint8]:
    """The row of the table for each value: 1 is −scale or less, 128 is zero, 255 is +scale or more."""
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"a scale must be a number above 0, got {scale}; leave it out to take it from the map")
    with np.errstate(over="ignore"):  # a quotient too large for a float is full colour all the same
        share = np.clip(np.asarray(values, np.float64) / scale, -1, 1)
    return np.floor(128.5 + 127 * share).astype(np.uint8)  # halves go up, as Math.round sends them


def colour(values: NDArray[Any], scale: float | None = None) -> Pixels:
    """The map (H, W) as colours (H, W, 3), symmetric about zero; `scale` and more is drawn in full colour."""
    checked = finite(values)
    return LUT[index(checked, robust_scale(checked) if scale is None else scale)]


def overlay(
    values: NDArray[Any], image: NDArray[np.floating[Any]], scale: float | None = None, opacity: float = 1.0
) -> Pixels:
    """The picture, drained of most colour, under a map as opaque as its values are strong (H, W, 3)."""
    checked = finite(values)
    scale = robust_scale(checked) if scale is None else scale
    strength = np.abs(index(checked, scale).astype(np.float64) - 128)[..., None] / 127  # (H, W, 1)
    ends = np.where(checked[..., None] < 0, AGAINST, FOR)
    return _blend(ends, backdrop(image), opacity * strength)


def mask(values: NDArray[Any], image: NDArray[np.floating[Any]], keep: float = 0.2) -> Pixels:
    """The picture where |values| are among the strongest share `keep`, and plain grey elsewhere (H, W, 3)."""
    kept = strongest(values, keep)[..., None]  # (H, W, 1)
    nothing = np.full((*kept.shape[:2], 3), NOTHING, np.float64)
    return _blend(picture(image), nothing, kept.astype(np.float64))


def strongest(values: NDArray[Any], keep: float = 0.2) -> NDArray[np.bool_]:
    """Where |values| are among the strongest share `keep`; equals stay together, and zeros are never kept."""
    if not 0 < keep <= 1:
        raise ValueError(f"the share to keep must be above 0 and at most 1, got {keep}; 0.2 keeps a fifth")
    sizes = np.abs(finite(values))
    count = max(1, round(keep * sizes.size))
    least = np.partition(sizes, -count, axis=None)[-count]
    kept: NDArray[np.bool_] = (sizes >= least) & (sizes > 0)
    return kept


def blended(colours: Pixels, image: NDArray[np.floating[Any]], opacity: float) -> Pixels:
    """Colours laid over the drained picture, everywhere with the same opacity (H, W, 3)."""
    return _blend(colours, backdrop(image), opacity)


def picture(image: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """An image (1 or 3, H, W) in [0, 1] as colours (H, W, 3) from 0 to 255."""
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ValueError(f"an image must be (1 or 3, H, W), got {image.shape}; read it with seewhy.images.read")
    planes = np.clip(image.astype(np.float64), 0, 1) * 255
    return np.broadcast_to(planes, (3, *image.shape[1:])).transpose(1, 2, 0)


def backdrop(image: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The picture with a trace of its colours, so that it cannot be taken for the map (H, W, 3), 0 to 255."""
    own = picture(image)
    return 0.15 * own + 0.85 * (own @ [0.299, 0.587, 0.114])[..., None]


def oklab(colours: NDArray[Any]) -> NDArray[np.float64]:
    """8-bit colours (…, 3) as lightness, green to red and blue to yellow (…, 3)."""
    share = np.asarray(colours, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T
    return lab


def from_oklab(lab: NDArray[np.float64]) -> Pixels:
    """The nearest 8-bit colours (…, 3)."""
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T, 0, 1)
    return _bytes(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def _blend(above: NDArray[Any], below: NDArray[np.float64], alpha: float | NDArray[np.float64]) -> Pixels:
    if above.shape != below.shape:
        raise ValueError(
            f"map and image must have one size, got {above.shape[:2]} and {below.shape[:2]}; fit the image"
        )
    return _bytes(alpha * above + (1 - alpha) * below)


def _bytes(colours: NDArray[np.float64]) -> Pixels:
    return np.rint(colours).clip(0, 255).astype(np.uint8)


def _table() -> Pixels:
    against, nothing, pro = oklab(np.array([AGAINST, NOTHING, FOR]))
    share = np.clip((np.arange(256) - 128) / 127, -1, 1)[:, None]  # (256, 1)
    return from_oklab(nothing + np.abs(share) * (np.where(share < 0, against, pro) - nothing))


LUT = _table()
LUT.setflags(write=False)
