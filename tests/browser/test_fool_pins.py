"""What the Fool screen found goes into a report: pinned, shown among maps, and saved in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from watching import shoot, until

pytestmark = pytest.mark.browser

TOLD = "document.querySelector('.nudge-tab .verdict-line, .fool .verdict-line')?.textContent && document.querySelector('.over-it').hidden"
READY = "[...document.querySelectorAll('report-item')].every((item) => item.ready)"


def shared(page: Any, item: str) -> None:
    page.get_by_role("button", name="Share").click()
    page.get_by_role("menuitem", name=item, exact=False).click()


def test_attacks_and_erased_pictures_are_pinned_and_reported(open_page: Any, tmp_path: Path) -> None:
    page = open_page("#/fool?model=mnist-cnn&img=digits/test/8")
    until(page, TOLD, 30)
    page.locator("h1").focus()
    page.keyboard.press("p")
    until(page, "document.querySelector('header .pins b').textContent === '1'")
    page.get_by_role("tab", name="Smallest change").click()
    until(page, "document.querySelector('.smallest-tab .verdict-line')?.textContent", 30)
    shared(page, "Pin")
    until(page, "document.querySelector('header .pins b').textContent === '2'")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("r")
    until(page, f"document.querySelectorAll('report-item').length === 2 && {READY}", 30)
    until(page, "[...document.querySelectorAll('report-item .whole')].every((image) => image.naturalWidth > 500)", 30)
    titles = page.locator("report-item h2").all_inner_texts()
    assert titles == ["1. FGSM on digits/test/8", "2. Fewest pixels on digits/test/8"]
    assert all("becomes" in words for words in page.locator("report-item .sentence").all_inner_texts())
    assert page.locator("report-item .map:visible, report-item .own:visible").count() == 0
    shoot(page, "report-fooled")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save HTML").click()
    saved.value.save_as(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 6
    assert "seewhy.attack('mnist-cnn', 'digits/test/8', 'fgsm'" in text.replace("&#x27;", "'")
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator("article h2").all_inner_texts() == ["FGSM on digits/test/8", "Fewest pixels on digits/test/8"]
    assert page.locator("#controls").is_hidden()
    assert page.evaluate("[...document.querySelectorAll('article img')].every((image) => image.naturalWidth > 0)")
