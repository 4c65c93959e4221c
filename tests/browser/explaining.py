"""What several tests of the Explain screen need."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
from watching import until

SETTLED = """(() => { const cells = [...document.querySelectorAll('explain-cell')];
    return cells.length > 0 && cells.every(cell => cell.state !== 'running' && cell.state !== 'idle'); })()"""

Open = Callable[..., Any]


def ready(open_page: Open, hash_: str, **settings: Any) -> Any:
    """The screen with all its maps."""
    page = open_page(hash_, **settings)
    until(page, SETTLED, 30)
    return page


def values_hash(page: Any) -> list[str]:
    """What the maps hold, as hashes."""
    held = page.evaluate("[...document.querySelectorAll('explain-cell')].map(c => [...c.map.values])")
    return [hashlib.sha256(np.array(one, np.float32).tobytes()).hexdigest() for one in held]
