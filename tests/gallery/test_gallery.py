"""Draws one of every kind of picture into tests/gallery/out for a person to look at, and measures what it can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seewhy import catalog, explain, measure, pictures
from seewhy.pictures.colours import AGAINST, FOR, NOTHING

OUT = Path(__file__).parent / "out"
METHODS = tuple(catalog.explainers())


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The pictures stay; the cache does not."""
    OUT.mkdir(exist_ok=True)
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))


def share(picture: Image.Image, colour: tuple[int, int, int]) -> float:
    """How much of a picture has exactly this colour."""
    return float((np.asarray(picture) == colour).all(2).mean())


def holds(picture: Image.Image, part: np.ndarray) -> bool:
    """Whether a picture shows this part somewhere, pixel by pixel."""
    pixels = np.asarray(picture)
    height, width = part.shape[:2]
    corners = np.argwhere((pixels[: -height + 1, : -width + 1] == part[0, 0]).all(2))
    inner = tuple(part[height // 2, width // 2])
    likely = [(y, x) for y, x in corners if tuple(pixels[y + height // 2, x + width // 2]) == inner]
    return any(np.array_equal(pixels[y : y + height, x : x + width], part) for y, x in likely)


@pytest.mark.parametrize("view", ["map", "overlay", "mask"])
@pytest.mark.parametrize("method", METHODS)
def test_a_digit(method, view):
    why = explain("mnist-cnn", "digits/test/12", method)
    picture = why.picture(view)
    picture.save(OUT / f"digit-{method}-{view}.png")
    drawn = {
        "map": pictures.colour(why.values, why.scale),
        "overlay": pictures.overlay(why.values, why.image, why.scale),
        "mask": pictures.mask(why.values, why.image, 0.2),
    }[view]
    assert holds(picture, drawn.repeat(20, 0).repeat(20, 1))  # every pixel a crisp square
    if view != "mask":
        bar = pictures.colour(np.linspace(-1 if why.signed else 0, 1, 560)[None], 1.0)
        assert holds(picture, bar.repeat(24, 0))  # the legend, with as many arms as the method has signs
    if view == "map":
        assert (share(picture, AGAINST) > 0) == why.signed
        assert (drawn[why.values == 0] == NOTHING).all()


def colourful() -> tuple[np.ndarray, np.ndarray]:
    """A sunset of 224 × 224 and a map that likes the sun and dislikes the sea."""
    y, x = np.mgrid[0:224, 0:224] / 223
    sun = np.exp(-((x - 0.6) ** 2 + (y - 0.45) ** 2) / 0.01)
    image = np.stack([0.5 + 0.5 * sun, 0.3 * (1 - y) + 0.6 * sun, 0.5 * y + 0.1 * (1 - sun)]).clip(0, 1)
    return image.astype(np.float32), sun - 0.6 * (y > 0.7) * (0.5 + 0.5 * np.sin(20 * x))


@pytest.mark.parametrize("view", ["map", "overlay", "mask"])
def test_a_photograph(view):
    image, values = colourful()
    caption = (
        "Why “sun”? A method with a long name (patch 16, stride 8, fill grey), a-model-with-a-name on " + "sky/" * 30
    )
    picture = pictures.card(
        values, image, title="Why “sun”?  87.3% sure", caption=caption, footer="Sums to +3.21.", view=view, opacity=0.8
    )
    picture.save(OUT / f"photograph-{view}.png")
    brief = pictures.card(values, image, title="Why “sun”?", caption="a line", footer="a line", view=view)
    assert picture.width == brief.width
    assert picture.height > brief.height  # the caption needed more lines
    left_out = share(picture, NOTHING) * picture.width * picture.height / 560**2
    assert (0.75 < left_out < 0.85) == (view == "mask")
    assert (share(picture, FOR) > 0) == (view != "mask")  # in the legend


@pytest.mark.parametrize(
    ("name", "values"), [("zero", np.zeros((28, 28))), ("against", -np.eye(28)), ("wide", np.eye(12, 40))]
)
def test_odd_maps(name, values):
    image = np.zeros((1, *values.shape), np.float32)
    picture = pictures.card(values, image, title="Why “7”?", caption="an odd one")
    picture.save(OUT / f"odd-{name}.png")
    assert share(picture, NOTHING) > 0.05
    assert (share(picture, FOR) > 0.002) == (name == "wide")  # more than the end of the legend
    assert (share(picture, AGAINST) > 0.002) == (name == "against")


@pytest.mark.parametrize("metric", [name for name, kind in catalog.metrics().items() if not kind.needs_mask])
def test_a_measurement(metric):
    why = explain("mnist-cnn", "digits/test/12", "occlusion")
    found = measure("mnist-cnn", why, metric)
    picture = found.picture()
    picture.save(OUT / f"measure-{metric}.png")
    assert share(picture, pictures.chances.MAP) > 0.0004  # the disc at least
    assert (picture.height > 800) == (found.curve is not None)


def test_map_and_image_must_fit():
    with pytest.raises(ValueError, match=r"one size, got \(4, 4\) and \(5, 5\)"):
        pictures.card(np.ones((4, 4)), np.ones((1, 5, 5), np.float32))
