"""A map put to the test: the tenth it points at is deleted; or the trust figure at length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__
from seewhy.verdicts.deleting import SHARE, delete_top
from seewhy.verdicts.figure import trust
from seewhy.verdicts.full import full_trust
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.kinds.explain import Explain, ExplainPlan
from seewhy.workbench.tasks import Question, Task

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class CheckTask(Question):
    """Delete the `share` of the picture that a map points at; model to target as for an explanation.

    full: also the trust figure at length, which takes about 800 passes.
    """

    kind: Literal["check"] = "check"
    image: str = Field(min_length=1, max_length=400_000)
    method: str = Field("integrated-gradients", min_length=1, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)
    target: Any = "argmax"
    share: float = Field(SHARE, gt=0, lt=1)
    full: bool = False

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"{self.method}, checked"


@dataclass(frozen=True)
class CheckPlan(Plan[Finding]):
    """The map that is tested."""

    task: CheckTask
    explaining: ExplainPlan

    def answer(self, bench: Workbench) -> Finding:
        """{"deleted", "trust", "full"}; arrays: image, deleted and random, (C, H, W) each."""
        why, model = bench.perform(self.explaining.task), self.explaining.model
        with bench.reading():
            found = delete_top(model, why, self.task.share)
            full = full_trust(model, why, self.explaining.recipe).describe() if self.task.full else None
        facts = {"deleted": found.describe(), "trust": trust(model, why).describe(), "full": full}
        arrays = {"image": why.image, "deleted": found.picture, "random": found.random}
        return Finding(self.task.model_dump(mode="json"), facts, arrays)


class Check(Kind[CheckTask, Finding]):
    """See `CheckTask`."""

    name: ClassVar[str] = "check"
    task = CheckTask

    def plan(self, bench: Workbench, task: CheckTask) -> CheckPlan:
        """Refuses what cannot be explained."""
        asked = Task(model=task.model, image=task.image, method=task.method, settings=task.settings, target=task.target)
        explaining = Explain().plan(bench, asked)
        whole = task.model_copy(update={"settings": explaining.task.settings, "target": explaining.task.target})
        return CheckPlan(whole.hash(explaining.id, __version__), whole, explaining)
