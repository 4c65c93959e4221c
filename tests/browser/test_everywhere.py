"""What holds on every screen: nothing leaves home, everything has a name, reads well and can be reached by keyboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from accessible import findings, pale, tab_round
from watching import shoot, until

import seewhy.web

pytestmark = pytest.mark.browser

STATIC = Path(seewhy.web.__file__).parent / "static"
INK = re.findall(r'ink: "([\w-]+)"', (STATIC / "examples.js").read_text())[0]
SCREENS = {
    "draw": f"#/draw?model=mnist-cnn&ink={INK}",
    "explain": "#/explain?model=mnist-cnn&img=digits/test/5",
    "fool": "#/fool?model=mnist-cnn&img=digits/test/8&both=saliency",
    "learn": "#/learn?model=mnist-cnn&img=digits/test/2",
    "learn-path": "#/learn/integrated-gradients?model=mnist-cnn&img=digits/test/2",
    "learn-film": "#/learn/occlusion?model=mnist-cnn&img=digits/test/2",
    "learn-votes": "#/learn/grad-cam?model=mnist-cnn&img=digits/test/2",
    "learn-light": "#/learn/saliency?model=mnist-cnn&img=digits/test/2",
}
READY = """(() => {
  const maps = [...document.querySelectorAll('heat-map')].filter((map) => map.checkVisibility());
  return maps.length && maps.every(({ data }) => data) && !document.querySelector('.skeleton, .stale, .waiting');
})()"""
MAPS = """Array.from(document.querySelectorAll('heat-map'), (map) => map.querySelector('canvas').toDataURL())"""

every_screen = pytest.mark.parametrize("screen", SCREENS)


def show(open_page: Any, screen: str, **settings: Any) -> Any:
    """A screen with its maps in place, and still."""
    page = open_page(SCREENS[screen], **({"reduced_motion": "reduce"} | settings))
    until(page, READY, 20)
    page.wait_for_timeout(300)
    return page


def test_static_files_name_no_other_place() -> None:
    for file in STATIC.rglob("*"):
        if file.is_file():
            named = set(re.findall(r"https?://([\w.-]+)", file.read_text(encoding="utf-8")))
            assert named <= {"www.w3.org"}, f"{file.name} names {named}"


@every_screen
def test_everything_has_a_name(open_page: Any, screen: str) -> None:
    page = show(open_page, screen)
    assert findings(page) == []
    assert len(page.locator("main").aria_snapshot()) > 100


@every_screen
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(open_page: Any, screen: str, scheme: str) -> None:
    page = show(open_page, screen, color_scheme=scheme)
    assert pale(page) == []
    shoot(page, f"every-{screen}-{scheme}")


@every_screen
def test_high_contrast_colours_are_respected(open_page: Any, screen: str) -> None:
    page = show(open_page, screen, forced_colors="active")
    assert pale(page) == []
    shoot(page, f"every-{screen}-forced")


@every_screen
def test_tab_leads_round_and_shows_where_it_is(open_page: Any, screen: str) -> None:
    assert tab_round(show(open_page, screen)) == []


@every_screen
@pytest.mark.parametrize(("name", "width", "height", "ratio"), [("phone", 320, 640, 2), ("zoomed", 640, 430, 2)])
def test_nothing_scrolls_sideways(open_page: Any, screen: str, name: str, width: int, height: int, ratio: int) -> None:
    page = show(open_page, screen, width=width, height=height, device_scale_factor=ratio)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"every-{screen}-{name}")


@every_screen
def test_a_map_has_the_same_colours_in_dark_and_light(open_page: Any, screen: str) -> None:
    light, dark = (show(open_page, screen, color_scheme=scheme).evaluate(MAPS) for scheme in ("light", "dark"))
    assert light == dark and light


@every_screen
def test_nothing_moves_when_motion_is_unwelcome(open_page: Any, screen: str) -> None:
    page = show(open_page, screen)
    assert page.evaluate("document.getAnimations().filter(({ playState }) => playState === 'running').length") == 0
    before = page.screenshot()
    page.wait_for_timeout(400)
    assert page.screenshot() == before


def test_back_and_forward_restore_each_screen(open_page: Any) -> None:
    page = show(open_page, "draw")
    seen = [page.evaluate("[location.hash, document.querySelector('h1').textContent]")]
    for name in ("explain", "learn", "learn-path"):
        page.evaluate("(hash) => { location.hash = hash }", SCREENS[name])
        until(page, f"document.querySelector('{name.partition('-')[0]}-page heat-map')", 20)
        until(page, READY, 20)
        page.wait_for_timeout(400)
        seen.append(page.evaluate("[location.hash, document.querySelector('h1').textContent]"))
    assert len({title for _, title in seen}) == 4
    for step, place in [*((page.go_back, p) for p in reversed(seen[:-1])), *((page.go_forward, p) for p in seen[1:])]:
        step()
        until(page, READY, 20)
        page.wait_for_timeout(300)
        assert page.evaluate("[location.hash, document.querySelector('h1').textContent]") == place


def test_letters_lead_to_the_screens_and_focus_goes_with_them(open_page: Any) -> None:
    page = show(open_page, "draw")
    for letter, name in (("e", "explain"), ("f", "fool"), ("l", "learn"), ("d", "draw")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        until(page, f"document.querySelector('nav [aria-current=page]').dataset.page === '{name}'")
        until(page, f"document.activeElement.matches('{name}-page h1')")


@every_screen
def test_the_help_opens_and_closes(open_page: Any, screen: str) -> None:
    page = show(open_page, screen)
    page.keyboard.press("?")
    until(page, "document.querySelector('dialog[open]')")
    assert "Go to Learn" in page.locator("dialog[open]").inner_text()
    assert findings(page) == []
    assert pale(page) == []
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('dialog[open]')")


def test_the_skip_link_leads_to_the_screen(open_page: Any) -> None:
    page = show(open_page, "learn")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
