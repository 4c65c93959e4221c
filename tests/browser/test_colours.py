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
