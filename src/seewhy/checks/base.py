"""What every check is: one mistake, what it looks at, and what to do; knows no screen and no other check."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from seewhy.checks.patient import Patient

State = Literal["fine", "warning", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    state: "fine", "warning", or "skipped" where there was nothing to look at; sentence: why, in one sentence.
    advice: what to do about a warning, else empty; measured: the numbers behind it, as plain data.
    """

    check: str
    title: str
    state: State
    sentence: str
    advice: str = ""
    source: str = ""
    link: str = ""
    measured: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return dict(vars(self))


class Check(ABC):
    """One mistake that makes maps mislead and that tools keep quiet about."""

    name: ClassVar[str]
    title: ClassVar[str]
    looks: ClassVar[str]  # what is looked at, in one sentence
    source: ClassVar[str]
    link: ClassVar[str]

    @abstractmethod
    def examine(self, patient: Patient) -> Outcome:
        """Look at `patient`, changing nothing."""

    def fine(self, sentence: str, **measured: Any) -> Outcome:
        """All is well."""
        return self._outcome("fine", sentence, "", measured)

    def skipped(self, reason: str) -> Outcome:
        """There is nothing to look at."""
        return self._outcome("skipped", reason, "", {})

    def warning(self, sentence: str, advice: str, **measured: Any) -> Outcome:
        """The mistake is there."""
        return self._outcome("warning", sentence, advice, measured)

    def _outcome(self, state: State, sentence: str, advice: str, measured: dict[str, Any]) -> Outcome:
        return Outcome(self.name, self.title, state, sentence, advice, self.source, self.link, measured)
