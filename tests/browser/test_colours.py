"""The page and the program know the same colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seewhy.pictures import LUT
from seewhy.pictures.colours import index

pytestmark = pytest.mark.browser


def test_both_tables_are_one(open_page: Any) -> None:
    page = open_page()
    table = page.evaluate("import('./colours.js').then((colours) => [...colours.LUT])")
    assert np.abs(np.array(table).reshape(256, 3) - LUT.astype(int)).max() <= 1
    values = [-9, -1, -0.5, -1e-9, 0, 1e-9, 0.003, 0.25, 0.5, 1, 9]
    places = page.evaluate(
        f"import('./colours.js').then((colours) => {values}.map((value) => colours.index(value, 1)))"
    )
    assert places == index(np.array([values]), 1.0)[0].tolist()


def test_a_large_map_is_drawn_within_a_frame_or_three(open_page: Any) -> None:
    page = open_page()
    times = page.evaluate(
        """async () => {
            const { paint } = await import('./colours.js');
            const side = 224, values = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i / 50));
            const image = { pixels: new Float32Array(3 * side * side).fill(0.5), channels: 3 };
            const times = [];
            for (const look of [{}, { over: 0.5, image }, { view: 'overlay', image }, { view: 'mask', image }]) {
                for (let turn = 0; turn < 3; turn++) {
                    const began = performance.now();
                    paint(values, side, side, 1, look);
                    times.push(performance.now() - began);
                }
            }
            return times;
        }"""
    )
    best = [min(times[i : i + 3]) for i in range(0, len(times), 3)]
    print("224 × 224 map drawn in ms:", [round(time, 1) for time in best])
    assert max(best) < 50


def test_half_laid_over_a_drawing_nothing_takes_no_colour(open_page: Any) -> None:
    page = open_page()
    pixels = page.evaluate(
        """async () => {
            const { paint } = await import('./colours.js');
            const image = { pixels: Float32Array.of(0, 1), channels: 1 };
            return [...paint(Float32Array.of(0, 0), 2, 1, 1, { over: 0.5, image }).data];
        }"""
    )
    for start in (0, 4):
        red, green, blue = pixels[start : start + 3]
        assert red == green == blue
