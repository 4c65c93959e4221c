"""Rules as one self-contained HTML file: each in words and numbers, with what its conditions look at; knows no server.

Pictures are drawn as SVG around one copy of each image; there is no script in the file.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

import numpy as np
from numpy.typing import NDArray

from seewhy import images
from seewhy.interpolants.base import Box, Counts, Interpolant
from seewhy.reports.pages import PAGE, made_with, page, table, when

STYLE = """
.rule { display: grid; gap: 12px; } .below { margin-left: 28px; }
.strip { display: flex; flex-wrap: wrap; gap: 8px; align-items: start; }
.strip figure { margin: 0; } .strip figcaption { font-size: 0.75rem; max-width: 92px; overflow-wrap: anywhere; }
svg { display: block; border-radius: 5px; background: #000; image-rendering: pixelated; }
svg rect { fill: none; stroke: #5cd6c5; } svg circle { fill: #f4fbfa; }
svg text { fill: #0b4f48; font-weight: 700; text-anchor: middle; }
ol.conditions { display: block; margin: 0; padding-left: 1.6em; } ol.conditions li { margin: 3px 0; }
ol.conditions code { font-family: var(--mono); }
table.counts { border-collapse: collapse; }
table.counts :is(td, th) { padding: 3px 12px; text-align: right; border-bottom: 1px solid var(--line); }
main { max-width: 1100px; display: grid; gap: var(--s4); } .small code { overflow-wrap: anywhere; }
table.facts :is(th, td) { padding: 2px 12px 2px 0; text-align: left; font-weight: normal; overflow-wrap: anywhere; }
table.facts th { width: 9em; color: var(--dim); }
"""


@dataclass(frozen=True)
class Shown:
    """A rule with pictures, each (C, H, W) as the model sees it.

    image: the one in question; others: titles and pictures that satisfy the rule too; depth: how far down a trail.
    """

    rule: Interpolant
    image: NDArray[np.float32]
    others: tuple[tuple[str, NDArray[np.float32]], ...] = ()
    depth: int = 0


def to_html(title: str, shown: Sequence[Shown], place: str = "", made: datetime | None = None) -> str:
    """The report as one HTML file.

    place: the part of an address, from "#" on, that leads back to the same screen of the app; a file that has it
    can be dropped on that screen.
    """
    back = (
        f"<p class='small dim'>To go on from here, drop this file on the Because screen of <code>seewhy serve</code>, "
        f"or open <code>{escape(place)}</code> there.</p>"
        if place
        else ""
    )
    body = "\n".join(_article(one, number) for number, one in enumerate(shown))
    style = (PAGE / "style.css").read_text(encoding="utf-8") + STYLE
    return page(title, when(made), f"{body}\n{made_with(back)}", style=style)


def _article(one: Shown, number: int) -> str:
    rule = one.rule
    conclusion = rule.conclusion.describe(rule.labels)["text"]
    conditions = "".join(
        f"<li><code>{escape(bound.describe(rule.labels)['text'])}</code> holds for {test:.1%} of test images</li>"
        for bound, (_, test) in zip(rule.conjuncts, rule.fractions, strict=True)
    )
    faces = [(f"the picture in question, {rule.image or 'given without an address'}", one.image), *one.others]
    rows = "".join(_row(rule, faces, number, which) for which in range(-1, len(rule.conjuncts)))
    warnings = "".join(f"<p class='note'>{escape(str(text))}</p>" for text in rule.notes.get("warnings", ()))
    facts = {
        "Search": ", ".join(f"{name} {value}" for name, value in rule.settings.items() if not isinstance(value, dict)),
        "Data": rule.data,
        "Model": f"{rule.model}, fingerprint {rule.fingerprint}",
        "Rule": f"{rule.premise} ⇒ {rule.conclusion}",
    }
    return f"""<article class="card rule{" below" if one.depth else ""}">
<h2>Because at {escape(rule.layer)}: {escape(conclusion)}</h2>
<ol class="conditions">{conditions}</ol>
{rows}
{_counts(rule.train, rule.test)}
<p>{escape(rule.sentence)}</p>
{warnings}{table(facts.items())}
</article>"""


def _row(rule: Interpolant, faces: Iterable[tuple[str, NDArray[np.float32]]], number: int, which: int) -> str:
    """The whole pictures (−1), or what one condition looks at in each of them."""
    drawn = []
    for place, (title, image) in enumerate(faces):
        name = f"p{number}-{place}"
        drawn.append(_whole(image, rule.regions, name, title) if which < 0 else _crop(rule.regions[which], name, image))
    return f"<div class='strip'>{''.join(drawn)}</div>"


def _whole(image: NDArray[np.float32], regions: Sequence[Box], name: str, title: str) -> str:
    _, height, width = image.shape
    unit = max(width, height) / 28
    source = base64.b64encode(images.to_png(image)).decode()
    marks = "".join(
        f"<rect x='{box.left}' y='{box.top}' width='{box.right - box.left + 1}' height='{box.bottom - box.top + 1}' "
        f"stroke-width='{0.3 * unit:.3g}'/><circle cx='{(box.left + box.right + 1) / 2}' "
        f"cy='{(box.top + box.bottom + 1) / 2}' r='{2 * unit:.3g}'/><text x='{(box.left + box.right + 1) / 2}' "
        f"y='{(box.top + box.bottom + 1) / 2 + unit:.4g}' font-size='{2.9 * unit:.3g}'>{index}</text>"
        for index, box in enumerate(regions, start=1)
    )
    return (
        f"<figure><svg viewBox='0 0 {width} {height}' width='92' height='{92 * height / width:.0f}' role='img' "
        f"aria-label='{escape(title, quote=True)}'><image id='{name}' href='data:image/png;base64,{source}' "
        f"width='{width}' height='{height}'/>{marks}</svg><figcaption>{escape(title)}</figcaption></figure>"
    )


def _crop(box: Box, name: str, image: NDArray[np.float32]) -> str:
    width, height = box.right - box.left + 1, box.bottom - box.top + 1
    return (
        f"<svg viewBox='{box.left} {box.top} {width} {height}' width='92' height='{min(92, 92 * height / width):.0f}' "
        f"aria-hidden='true'><use href='#{name}'/></svg>"
    )


def _counts(train: Counts, test: Counts) -> str:
    def row(name: str, counts: Counts) -> str:
        cells = [counts.f, counts.n, counts.p, _share(counts, "precision"), _share(counts, "recall")]
        lift = "n/a" if counts.lift is None else f"{counts.lift:.1f}"
        whole = [*map(str, cells), lift]
        return (
            f"<tr><th scope='row'>{name} of {counts.total:,}</th>{''.join(f'<td>{cell}</td>' for cell in whole)}</tr>"
        )

    heads = "".join(f"<th scope='col'>{name}</th>" for name in ("F", "N", "P", "precision", "recall", "lift"))
    return f"<table class='counts'><tr><th></th>{heads}</tr>{row('train', train)}{row('test', test)}</table>"


def _share(counts: Counts, which: str) -> str:
    share = counts.precision if which == "precision" else counts.recall
    interval = counts.interval("precision" if which == "precision" else "recall")
    return "n/a" if share is None or interval is None else f"{share:.3f} ({interval.low:.3f}–{interval.high:.3f})"
