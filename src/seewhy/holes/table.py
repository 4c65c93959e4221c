"""The table of kept holes: one line of CSV each, and lines that nobody can read stay as they are."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple

ID = re.compile(r"[0-9a-f]{16}")
COLUMNS = (
    "id", "kind", "label", "probability", "truth", "epsilon", "model", "fingerprint", "file", "date", "note", "recipe",
)  # fmt: skip
FIRST = "=+-@\t"  # a cell that begins so is a formula to spreadsheets
LONGEST = 2**31 - 1  # characters of a cell; a recipe may hold a whole drawing


@dataclass(frozen=True)
class Hole:
    """A picture that `model` takes for `label` though it is none.

    id: 16 hex digits. kind: what made it, as the kinds of runs are called: nonsense, attack or erase. truth: what is
    really on it, where it shows something. epsilon: the largest change of a value, where it was a real picture before.
    recipe: what makes it again.
    """

    id: str
    kind: str
    label: str
    probability: float
    model: str
    date: str
    recipe: Mapping[str, Any] = field(repr=False)
    fingerprint: str = ""
    truth: str | None = None
    epsilon: float | None = None
    note: str = ""

    @property
    def address(self) -> str:
        """The words that find its picture."""
        return f"hole:{self.id}"

    @property
    def meaningless(self) -> bool:
        """Whether it shows nothing at all, so that no answer would be right."""
        return self.truth is None

    def describe(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**asdict(self), "recipe": dict(self.recipe), "address": self.address}


class Table(NamedTuple):
    """What a file held: the rows that can be read, each with its line, and a sentence for each that cannot."""

    rows: tuple[tuple[Hole, str], ...]
    troubles: tuple[str, ...]


def read(text: str) -> Table:
    """Every row of a file; a damaged one costs itself only, for a row never has more than one line."""
    lines = text.splitlines()
    if not lines:
        return Table((), ())
    columns = _cells(lines[0]) or []
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        return Table((), (f"line 1 must name the columns {', '.join(COLUMNS)}, but lacks {', '.join(missing)}",))
    rows, troubles = [], []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            rows.append((_hole(columns, line), line))
        except (ValueError, TypeError) as error:
            troubles.append(f"line {number} cannot be read and is left as it is: {error}")
    return Table(tuple(rows), tuple(troubles))


def line_of(hole: Hole, columns: Sequence[str] = COLUMNS) -> str:
    """The line of `hole`, without its end; columns that somebody added stay empty."""
    return changed(None, hole, columns)


def changed(line: str | None, hole: Hole, columns: Sequence[str]) -> str:
    """The line of `hole` in the place of `line`, whose cells of columns that somebody added stay."""
    before = (None if line is None else _cells(line)) or [""] * len(columns)
    facts = {name: getattr(hole, name, None) for name in COLUMNS}
    facts |= {"file": f"{hole.id}.png", "recipe": json.dumps(hole.recipe, ensure_ascii=True, sort_keys=True)}
    cells = [_told(facts[name]) if name in facts else cell for name, cell in zip(columns, before, strict=True)]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


def columns_of(text: str) -> Sequence[str]:
    """The columns as the file has them; the usual ones where it has none."""
    first = text.splitlines()[:1]
    return (_cells(first[0]) if first else None) or COLUMNS


def _hole(columns: Sequence[str], line: str) -> Hole:
    cells = _cells(line)
    if cells is None or len(cells) != len(columns):
        raise ValueError(f"{len(columns)} cells were wanted, got {0 if cells is None else len(cells)}")
    row = {name: _heard(cell) for name, cell in zip(columns, cells, strict=True)}
    if not ID.fullmatch(row["id"]):
        raise ValueError(f"an id has 16 hex digits, got {row['id'][:40]!r}")
    recipe, probability = json.loads(row["recipe"]), float(row["probability"])
    if not isinstance(recipe, dict):
        raise ValueError(f"a recipe is a JSON object, got {row['recipe'][:40]!r}")
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability lies in [0, 1], got {row['probability'][:40]}")
    date.fromisoformat(row["date"][:10])
    return Hole(
        **{name: row[name] for name in ("id", "kind", "label", "model", "fingerprint", "date", "note")},
        probability=probability,
        truth=row["truth"] or None,
        epsilon=float(row["epsilon"]) if row["epsilon"] else None,
        recipe=recipe,
    )


def _cells(line: str) -> list[str] | None:
    """The cells of one line; None where it is none."""
    before = csv.field_size_limit(LONGEST)
    try:
        return next(csv.reader([line], strict=True), None)
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(before)


def _told(value: Any) -> str:
    """A cell on one line, which no spreadsheet takes for a formula."""
    text = "" if value is None else repr(value) if isinstance(value, float) else " ".join(str(value).split())
    return f"'{text}" if text.startswith(("'", *FIRST)) else text


def _heard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:2] in ("'", *FIRST) else cell
