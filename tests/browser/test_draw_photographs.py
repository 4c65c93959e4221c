"""The Draw screen with a model of photographs: no digits are offered, and a random picture fits."""

from __future__ import annotations

import pytest
from watching import until

pytestmark = pytest.mark.browser


def test_a_model_of_photographs_gets_pictures_and_no_centring(open_page):
    page = open_page("#/draw?model=cifar-cnn")
    until(page, "document.querySelector('h1').textContent === 'Draw a picture'")
    assert not page.locator("[name=centre]").is_visible()
    assert not page.locator(".examples").is_visible()
    page.get_by_role("button", name="Random").click()
    until(page, "document.querySelector('.verdict .sure')?.textContent.includes('sure')")
    pad = page.evaluate(
        "(({ width, height, blank }) => ({ width, height, blank }))(document.querySelector('sketch-pad'))"
    )
    assert pad == {"width": 32, "height": 32, "blank": False}
    page.locator("select").first.select_option("mnist-cnn")
    until(page, "document.querySelector('h1').textContent === 'Draw a digit'")
    assert page.locator("[name=centre]").is_visible()
