"""What a kind of run must say: how its question is checked, and how it is answered. Knows no kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from seewhy.reports.exhibits import Exhibit
from seewhy.workbench.findings import Result
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench

Q = TypeVar("Q", bound=Question)
R = TypeVar("R", bound=Result, covariant=True)


@dataclass(frozen=True)
class Plan(ABC, Generic[R]):
    """A question whose parts were all found and fit together; `answer` does the work.

    id: the run's; task: the question with every default written out.
    """

    id: str
    task: Question

    @abstractmethod
    def answer(self, bench: Workbench) -> R:
        """The answer, computed here and now; long loops go through `progress.track`."""


class Kind(ABC, Generic[Q, R]):
    """One kind of run; a new kind is one file here and its name in the tuple `KINDS`.

    task: the question as a pydantic model, whose `kind` is the name of this one.
    apart: whether it takes minutes, so that the model's other runs shall not wait behind it.
    """

    name: ClassVar[str]
    apart: ClassVar[bool] = False
    task: type[Q]

    @abstractmethod
    def plan(self, bench: Workbench, task: Q) -> Plan[R]:
        """Find everything that `task` names and refuse what cannot work, before anything is computed.

        Raises: LookupError, ValueError, TypeError, each in one sentence.
        """

    def python(self, task: Q, result: Any) -> str:
        """The Python that repeats `result`; empty where nothing short does."""
        return ""

    def exhibit(self, task: Q, result: Any) -> Exhibit | None:
        """What a report shows of `result`; None where it is no picture."""
        return None
