"""One map over several baselines, and what of the evidence survives them all."""

from __future__ import annotations

import re
from typing import Any

import httpx
import numpy as np
import pytest
from accessible import findings, pale
from explaining import SETTLED, Open, ready
from watching import shoot, until

pytestmark = pytest.mark.browser

HERE = (
    "#/explain?model=mnist-cnn&img=digits/test/2&x=occlusion.patch7.stride3~integrated-gradients.steps20~saliency&t=5"
)


def opened(open_page: Open, **settings: Any) -> Any:
    """The screen with its baselines unfolded, each map there."""
    page = ready(open_page, HERE, **settings)
    page.locator(".sweep-of summary").click()
    until(page, "document.querySelector('.survives')", 30)
    return page


def test_what_survives_is_what_all_maps_say_with_one_sign(open_page: Open, server: Any) -> None:
    page = opened(open_page)
    method = next(
        m for m in httpx.get(server.url + "api/v1/methods?model=mnist-cnn").json() if m["name"] == "occlusion"
    )
    choices = [one for one in method["settings"]["properties"]["fill"]["enum"] if one != "mean"]
    assert page.locator(".sweep figcaption b").all_inner_texts() == [*choices, "Survives all"]
    maps = np.array(
        page.evaluate("Array.from(document.querySelectorAll('.sweep heat-map'), (map) => [...map.data.values])")
    )
    *each, found = maps
    for choice, values in zip(choices, each, strict=True):
        settings = {"patch": 7, "stride": 3, "fill": choice}
        task = {
            "model": "mnist-cnn",
            "image": "digits/test/2",
            "method": "occlusion",
            "settings": settings,
            "target": 5,
        }
        run = httpx.post(server.url + "api/v1/runs", json=task, headers={"Prefer": "wait=10"}).json()
        assert run["result"]["sum"] == pytest.approx(values.sum(), abs=1e-3)
    low, high = np.min(each, 0), np.max(each, 0)
    np.testing.assert_array_equal(found, np.where(low > 0, low, np.where(high < 0, high, 0)))
    share = 100 * np.abs(found).sum() / np.mean([np.abs(one).sum() for one in each])
    said = page.locator(".sweep-of .said").inner_text()
    assert float(re.match(r"[\d.]+", said)[0]) == pytest.approx(share, abs=0.51 if share >= 9.5 else 0.051)
    assert f"survives all of {', '.join(choices)}" in said


def test_the_sweep_follows_the_map_and_becomes_columns(open_page: Open) -> None:
    page = opened(open_page)
    page.locator("explain-cell heat-map").nth(1).focus()
    until(page, "document.querySelector('.sweep-of h2')?.textContent.startsWith('Integrated Gradients')")
    until(page, "document.querySelector('.survives')", 30)
    assert "digits/train/0" in page.locator(".sweep figcaption b").all_inner_texts()
    page.locator(".sweep heat-map").nth(1).hover()
    assert (
        page.evaluate(
            "new Set(Array.from(document.querySelectorAll('.sweep heat-map'), (map) => JSON.stringify(map.crosshair))).size"
        )
        == 1
    )
    page.locator("explain-cell heat-map").nth(2).focus()
    until(page, "document.querySelector('.sweep-of').innerText.includes('no baseline to change')")
    page.locator("explain-cell heat-map").nth(0).focus()
    until(page, "document.querySelector('.survives')", 30)
    page.get_by_role("button", name="Show them as columns").click()
    until(page, "location.hash.includes('x=occlusion.patch7.stride3~occlusion.patch7.stride3.fillwhite~')")
    until(page, SETTLED)
    assert page.locator("explain-grid .head small").first.inner_text() == "patch 7, stride 3, fill black"


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("wide", 1280, "light"), ("dark", 1000, "dark"), ("phone", 390, "light")]
)
def test_the_sweep_reads_well(open_page: Open, name: str, width: int, scheme: str) -> None:
    page = opened(open_page, width=width, color_scheme=scheme)
    page.locator("explain-cell heat-map").nth(1).focus()
    until(
        page,
        "document.querySelector('.sweep-of h2')?.textContent.startsWith('Integrated Gradients') && document.querySelector('.survives')",
        30,
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert findings(page) == []
    assert pale(page) == []
    shoot(page, f"explain-sweep-{name}", full_page=True)
