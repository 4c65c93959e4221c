"""What commands that ask the workbench share: the question with its line of progress, and facts as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seewhy.terminal import Ticker


def asked(kind: str, model: str, task: Mapping[str, Any], data: Path | None) -> Any:
    """The answer of the workbench to a question of this kind."""
    from seewhy.progress import reporting_to
    from seewhy.workbench import Workbench, kinds

    with reporting_to(Ticker()):
        return Workbench(data=data).ask(kinds.task_from({"kind": kind, "model": model, **task}))


def write_facts(out: Path, facts: Mapping[str, Any]) -> None:
    """The facts as a JSON file, whole or not at all."""
    from seewhy.images.files import write_bytes

    write_bytes(out, json.dumps(facts, indent=2, ensure_ascii=False).encode())
