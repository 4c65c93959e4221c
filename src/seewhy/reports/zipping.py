"""Results as one archive: of each the picture and all its arrays, with the report that shows them; knows no server."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from seewhy import images
from seewhy.reports import Item, to_html, to_json
from seewhy.reports.exhibits import Exhibit

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the same results give the same bytes; a zip knows no earlier day


def to_zip(title: str, items: Sequence[Item], made: datetime | None = None) -> bytes:
    """The archive: report.html, report.json, and for each item `01-method-target.png`, `.npz` and `.json`.

    >>> file_name(3, "grad-cam", "5 rather than 6")
    '03-grad-cam-5-rather-than-6'
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "report.html", to_html(title, items, made).encode())
        _add(archive, "report.json", to_json(title, items, made).encode())
        for number, item in enumerate(items, start=1):
            found = item.shown
            if isinstance(found, Exhibit):
                name, words, kept = file_name(number, found.name, found.title), found.sentence, found.result
            else:
                name, words, kept = file_name(number, found.method, str(found.target["text"])), found.caption, found
            _add(archive, f"{name}.png", images.to_png(found.picture(), {"Description": words}))
            _add(archive, f"{name}.npz", kept.to_npz())
            facts = {"note": item.note} | kept.describe()
            _add(archive, f"{name}.json", json.dumps(facts, indent=2, ensure_ascii=False).encode())
    return buffer.getvalue()


def write(out: Path, title: str, items: Sequence[Item]) -> None:
    """Write the report as the ending of `out` says: .html, .json or .zip; ValueError for another."""
    ending = out.suffix.lower()
    if ending == ".zip":
        content = to_zip(title, items)
    elif ending in (".html", ".json"):
        content = (to_html if ending == ".html" else to_json)(title, items).encode()
    else:
        raise ValueError(f"a report is saved as .html, .json or .zip, got {out.name!r}; choose one of these")
    images.write_bytes(out, content)


def file_name(number: int, method: str, target: str) -> str:
    """A name that every file system takes, without ending."""
    words = re.sub(r"[^\w]+", "-", f"{method}-{target}", flags=re.ASCII).strip("-").lower()
    return f"{number:02d}-{words[:80]}"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    place = zipfile.ZipInfo(name, EARLIEST)
    place.compress_type = zipfile.ZIP_STORED if name.endswith((".png", ".npz")) else zipfile.ZIP_DEFLATED
    place.external_attr = 0o644 << 16
    archive.writestr(place, content)
