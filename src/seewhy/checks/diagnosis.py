"""What the whole examination found: an outcome a check, as text, HTML and plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from seewhy.checks.base import Outcome

MARKS = {"fine": "✓", "warning": "⚠", "skipped": "–"}


@dataclass(frozen=True)
class Diagnosis:
    """Every check's outcome for a model, and a picture and a method where there were some.

    warnings: what the method itself says of its map, beyond the checks.
    """

    model: str
    outcomes: tuple[Outcome, ...]
    image: str | None = None
    method: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def findings(self) -> tuple[Outcome, ...]:
        """The checks that found their mistake."""
        return tuple(one for one in self.outcomes if one.state == "warning")

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings and not self.warnings

    @property
    def sentence(self) -> str:
        """How it went, in one sentence."""
        done = sum(one.state != "skipped" for one in self.outcomes)
        count = len(self.findings) + len(self.warnings)
        found = "nothing found" if self.clean else f"{count} finding{'s' * (count != 1)}"
        return f"{self.model}{self._what()}: {done} of {len(self.outcomes)} checks made, {found}."

    def describe(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "model": self.model,
            "image": self.image,
            "method": self.method,
            "settings": dict(self.settings),
            "clean": self.clean,
            "sentence": self.sentence,
            "outcomes": [one.describe() for one in self.outcomes],
            "warnings": list(self.warnings),
            "fingerprint": self.fingerprint,
        }

    def __str__(self) -> str:
        lines = [self.sentence]
        width = max((len(one.title) for one in self.outcomes), default=0)
        for one in self.outcomes:
            lines.append(f"{MARKS[one.state]} {one.title.ljust(width)}  {one.sentence}")
            if one.advice:
                lines.append(f"  {' ' * width}  → {one.advice}")
        lines += [f"{MARKS['warning']} {'The map'.ljust(width)}  {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [(MARKS[one.state], one.title, " ".join((one.sentence, one.advice))) for one in self.outcomes]
        rows += [(MARKS["warning"], "The map", warning) for warning in self.warnings]
        cells = "".join(
            f"<tr><td>{mark}</td><th scope='row'>{escape(title)}</th><td>{escape(words)}</td></tr>"
            for mark, title, words in rows
        )
        return f"<table><caption>{escape(self.sentence)}</caption>{cells}</table>"

    def _what(self) -> str:
        picture = f" on {self.image}" if self.image else ""
        return picture + (f" with {self.method}" if self.method else "")
