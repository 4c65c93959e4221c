"""A heat map: why does a model see this class in this picture?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from seewhy import __version__
from seewhy.classifiers.base import Classifier
from seewhy.explainers.base import Explainer
from seewhy.reports.reproducing import python_for
from seewhy.results import Explanation
from seewhy.verdicts.figure import trusted
from seewhy.workbench.addresses import Picture
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Task

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


@dataclass(frozen=True)
class ExplainPlan(Plan[Explanation]):
    """A method that suits the model, and the picture it is asked about."""

    task: Task
    model: Classifier
    recipe: Explainer
    picture: Picture

    def answer(self, bench: Workbench) -> Explanation:
        """The map."""
        with bench.reading():
            found = self.recipe(self.model, self.picture.image, self.task.target)
        found = found.at(self.picture.address, self.picture.truth_for(self.model.labels))
        bench.note_seconds(self.task.model, self.task.method, found.seconds)
        return replace(trusted(self.model, found) if self.task.trust else found, model=self.task.model)


class Explain(Kind[Task, Explanation]):
    """See `Task`."""

    name: ClassVar[str] = "explain"
    task = Task

    def plan(self, bench: Workbench, task: Task) -> ExplainPlan:
        """Also refuses a method that asks more than the model can give."""
        model = bench.model(task.model)
        task = task.complete(model.labels)
        recipe = bench.recipe(task.model, task.method, task.settings)
        picture = bench.image(task.image)
        others = [bench.image(address).digest for address in recipe.addresses()]
        id = task.hash(model.fingerprint, picture.digest, *others, __version__)
        return ExplainPlan(id, task, model, recipe, picture)

    def python(self, task: Task, result: Explanation) -> str:
        """The call that gives the same map."""
        return python_for(result)


def task_of(found: Explanation) -> Task:
    """The question that `found` answers."""
    target = {name: found.target[name] for name in ("class", "versus", "output")}
    return Task(
        model=found.model,
        image=found.address or "",
        method=found.method,
        settings=dict(found.settings),
        target=target,
        trust="trust" in found.notes,
    )
