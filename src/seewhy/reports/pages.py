"""One self-contained HTML file: its head, its policy and what made it. Knows no result."""

from __future__ import annotations

import base64
import hashlib
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path

from seewhy import __version__

PAGE = Path(__file__).parent.parent / "web" / "static"


def page(title: str, about: str, body: str, *, style: str, data: str = "", script: str = "") -> str:
    """The file: `body` under the title and the line `about`; it may run `script`, use `style`, and do nothing else.

    body, data: HTML that is safe already; title, about: any text.
    """
    runs = f"script-src {_hashed(script)}; " if script else ""
    policy = (
        f"default-src 'none'; style-src {_hashed(style)}; {runs}img-src data: blob:; base-uri 'none'; "
        "form-action 'none'"
    )
    module = f'<script type="module">{script}</script>\n' if script else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<meta name="generator" content="seewhy {__version__}">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<main>
<header><h1>{escape(title)}</h1><p class="dim small">{escape(about)}</p></header>
{body}
</main>
{data}{module}</body>
</html>
"""


def made_with(more: str = "") -> str:
    """The section that says what computed the results, with `more` HTML at its end."""
    return f'<section class="card"><h2>Made with</h2>{table(environment().items())}{more}</section>'


def environment() -> dict[str, str]:
    """What computed the results."""
    packages = {name: version(name) for name in ("torch", "numpy", "pillow")}
    python = f"{platform.python_version()} on {platform.system()} ({platform.machine()})"
    return {"seewhy": __version__, "python": python, **packages}


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Names and what they are, as a table."""
    cells = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table class='facts'>{cells}</table>"


def when(made: datetime | None) -> str:
    """The time as people write it; now without one."""
    return (made or datetime.now(UTC)).strftime("%d %B %Y, %H:%M UTC").lstrip("0")


def _hashed(text: str) -> str:
    """What a content security policy calls a script or style of ours."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
