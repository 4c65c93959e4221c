"""Waiting for a page and photographing it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

SHOTS = Path(__file__).parent / "shots"


def until(page: Any, expression: str, seconds: float = 10) -> Any:
    """Ask the page again and again until `expression` is true there (a CSP forbids Playwright's own way)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = page.evaluate(expression)
        if value:
            return value
        page.wait_for_timeout(30)
    raise AssertionError(f"never became true within {seconds} s: {expression}")


def shoot(page: Any, name: str, **settings: Any) -> Path:
    """A screenshot for a person to look at."""
    SHOTS.mkdir(exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, **settings)
    return path
