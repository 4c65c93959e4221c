"""Writes docs/methods.md from the recipes themselves; a test holds the page against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seewhy import catalog
from seewhy.terminal import values_of

PAGE = Path(__file__).with_name("methods.md")
HEAD = """# Methods

This page is written by `make docs` from the recipes in `src/seewhy/explainers`; change it there. The formulas are on
the Learn pages of the app, with your own picture beside them.
"""
TABLE = ("| setting | values | default | what it is |", "|---|---|---|---|")


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_section(catalog.describe_method(method)) for method in catalog.explainers().values())])


def _section(method: dict[str, Any]) -> str:
    rows = [
        f"| `{name}` | {values_of(field)} | `{json.dumps(field.get('default'))}` | {field['description']} |"
        for name, field in method["settings"].get("properties", {}).items()
    ]
    return "\n".join(
        [
            f"## {method['title']}",
            "",
            f"`{method['name']}`, {method['group']}, needs {method['needs'][0]}.",
            "",
            method["about"],
            "",
            *(
                ["| setting | values | default | what it is |", "|---|---|---|---|", *rows]
                if rows
                else ["No settings."]
            ),
            "",
            "Limits:",
            "",
            *(f"- {limit}" for limit in method["limits"]),
            "",
            f"Source: [{method['source']}]({method['link']})",
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
