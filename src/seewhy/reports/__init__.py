"""Results as one self-contained HTML file that works for ever and anywhere, or as JSON; knows no server.

The file holds its own style, the page's own heat map as one script, and every array; it asks nobody for anything.
Heat maps stay alive in it; other findings are shown as pictures with their facts.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.reports.bundling import bundle
from seewhy.reports.exhibits import Exhibit
from seewhy.reports.pages import PAGE, environment, made_with, page, table, when
from seewhy.reports.reproducing import python_for
from seewhy.results import Explanation

SHOWN = 5  # classes of a prediction


@dataclass(frozen=True)
class Item:
    """An explanation, or another finding, with what a person says about it."""

    shown: Explanation | Exhibit
    note: str = ""

    @property
    def python(self) -> str:
        """What repeats it."""
        return self.shown.python if isinstance(self.shown, Exhibit) else python_for(self.shown)


def to_html(title: str, items: Sequence[Item], made: datetime | None = None) -> str:
    """The report as one HTML file; every word in it is text, whatever a title, a note or a label contains."""
    found = [_map(item.shown) for item in items if isinstance(item.shown, Explanation)]
    maps = json.dumps(found).replace("<", "\\u003c")
    body = "\n".join(_article(item) for item in items)
    return page(
        title,
        f"{_count(len(items))}, {when(made)}",
        f"{CONTROLS}\n{body}\n{made_with()}",
        style=_style(),
        data=f'<script type="application/json" id="maps">{maps}</script>\n',
        script=_script(),
    )


def to_json(title: str, items: Sequence[Item], made: datetime | None = None) -> str:
    """The report as JSON: all facts, and the arrays as base64 of float32; of a map `values` and `image`."""
    report = {
        "title": title,
        "made": (made or datetime.now(UTC)).isoformat(timespec="seconds"),
        "environment": environment(),
        "items": [_facts(item) for item in items],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


CONTROLS = """<section class="card" id="controls" aria-label="How the maps are drawn" hidden>
<div class="segments" id="views" role="radiogroup" aria-label="View">
<label><input type="radio" name="view" value="map" checked><span>Map</span></label>
<label><input type="radio" name="view" value="overlay"><span>Overlay</span></label>
<label><input type="radio" name="view" value="mask"><span>Mask</span></label></div>
<div class="field"><label for="opacity">Opacity</label>
<input type="range" id="opacity" min="0" max="1" step="0.01" value="1"><output for="opacity"></output></div>
<div class="field"><label for="strength">Strength</label>
<input type="range" id="strength" min="-3" max="3" step="0.1" value="0"><output for="strength"></output></div>
</section>"""


def _article(item: Item) -> str:
    found = item.shown
    map_ = isinstance(found, Explanation)
    title = f"Why “{found.target['text']}”?" if isinstance(found, Explanation) else found.title
    warned = found.notes.get("warnings", ()) if isinstance(found, Explanation) else found.warnings
    rows = _rows(found) if isinstance(found, Explanation) else found.rows.items()
    warnings = "".join(f'<p class="note">{escape(str(warning))}</p>' for warning in warned)
    note = f'<p class="said">{escape(item.note)}</p>' if item.note else ""
    return f"""<article class="card{" map" if map_ else ""}">
<h2>{escape(title)}</h2>
{note}<div class="pair">
{_pair(found) if isinstance(found, Explanation) else found.figures()}
</div>
{"" if map_ else f"<p>{escape(found.sentence)}</p>"}{warnings}{table(rows)}
<details><summary>The Python that repeats it</summary><pre>{escape(item.python)}</pre></details>
</article>"""


def _pair(found: Explanation) -> str:
    """The picture and its map, to be filled by the script."""
    shown = "A drawing" if (found.address or "").startswith("ink:") else found.address or "A picture"
    return f"""<figure><canvas class="seen" role="img" aria-label="The picture"></canvas>
<figcaption>{escape(shown)}</figcaption></figure>
<figure><heat-map></heat-map><colour-legend></colour-legend><output>&nbsp;</output>
<figcaption>{escape(found.title or found.method)}. {escape(found.sentence)}</figcaption></figure>"""


def _rows(found: Explanation) -> Iterable[tuple[str, str]]:
    """What a reader must know to judge the map."""
    yield "Prediction", ", ".join(f"{guess.label} {guess.probability:.1%}" for guess in found.prediction.top(SHOWN))
    if found.truth is not None:
        yield "Labelled", found.prediction.labels[found.truth]
    yield "Target", f"{found.target['text']} ({found.target['output']} {found.score:.4g})"
    yield "Method", found.title or found.method
    settings = {name: value for name, value in found.settings.items() if value is not None}
    yield "Settings", ", ".join(f"{name} {value}" for name, value in settings.items()) or "none"
    yield "Sum of the map", f"{found.values.sum(dtype=np.float64):.4g}"
    if "trust" in found.notes:
        yield "Trust", found.notes["trust"]["sentence"]
    for name, value in found.notes.items():
        if name not in ("warnings", "trust", "sum", "score", *settings):  # said elsewhere
            yield name.replace("_", " ").capitalize(), _said(value)
    yield "Picture", found.address or "given without an address"
    yield "Model", f"{found.model}, fingerprint {found.fingerprint}"
    yield "Time", f"{found.seconds:.3g} s"


def _said(value: Any) -> str:
    """A fact of a method in a few characters."""
    if isinstance(value, list | tuple):
        return " × ".join(map(_said, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _map(found: Explanation) -> dict[str, Any]:
    """What the page's own heat map needs."""
    channels, height, width = found.image.shape
    return {
        "values": _base64(found.values),
        "image": _base64(found.image),
        "width": width,
        "height": height,
        "channels": channels,
        "scale": found.scale,
        "signed": found.signed,
        "unit": found.target["output"],
        "sentence": found.sentence,
    }


def _facts(item: Item) -> Mapping[str, Any]:
    if isinstance(item.shown, Exhibit):
        facts, arrays = item.shown.result.describe(), item.shown.result.all_arrays()
    else:
        facts, arrays = item.shown.describe(), {"values": item.shown.values, "image": item.shown.image}
    return {
        "note": item.note,
        **facts,
        "python": item.python,
        "data": {name: _base64(array) for name, array in arrays.items()},
    }


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def _count(items: int) -> str:
    return "1 finding" if items == 1 else f"{items} findings"


@cache
def _style() -> str:
    return "".join((PAGE / name).read_text(encoding="utf-8") for name in ("style.css", "report/report.css"))


@cache
def _script() -> str:
    return bundle(PAGE, "report/report.js")
