"""The explanation doctor: is a model, and a map of a picture, free of the mistakes that make maps mislead?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__
from seewhy.classifiers.base import Classifier
from seewhy.explainers.base import Explainer
from seewhy.workbench.addresses import Picture
from seewhy.workbench.examining import examine
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question, complete_target

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class DoctorTask(Question):
    """Examine `model`, with the picture `image` where one is named, and the map of `method` where one is named.

    target: see `targets.resolve`; data: a split of labelled images for the normalisation, "auto" or "none".
    """

    kind: Literal["doctor"] = "doctor"
    image: str | None = Field(None, min_length=1, max_length=400_000)
    method: str | None = Field(None, min_length=1, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)
    target: Any = "argmax"
    data: str = Field("auto", min_length=1, max_length=200)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"examining {self.model}"


@dataclass(frozen=True)
class DoctorPlan(Plan[Finding]):
    """A model, and the picture and the method it is examined with."""

    task: DoctorTask
    model: Classifier
    recipe: Explainer | None
    picture: Picture | None

    def answer(self, bench: Workbench) -> Finding:
        """The outcomes of all checks, without arrays."""
        image = None if self.picture is None else self.picture.image
        wish = {"target": self.task.target, "data": self.task.data, "address": self.task.image}
        found = examine(bench, self.model, image, self.recipe, **wish)
        return Finding(self.task.model_dump(mode="json"), found.describe() | {"model": self.task.model})


class DoctorKind(Kind[DoctorTask, Finding]):
    """See `DoctorTask`."""

    name: ClassVar[str] = "doctor"
    task = DoctorTask

    def plan(self, bench: Workbench, task: DoctorTask) -> DoctorPlan:
        """Also refuses a method that asks more than the model can give, and settings without a method."""
        model = bench.model(task.model)
        if task.method is None and task.settings:
            raise ValueError(f"settings belong to a method, got {sorted(task.settings)} without one; name the method")
        recipe = None if task.method is None else bench.recipe(task.model, task.method, task.settings)
        picture = None if task.image is None else bench.image(task.image)
        settings = {} if recipe is None else recipe.model_dump(mode="json")
        task = task.model_copy(update={"settings": settings, "target": complete_target(task.target, model.labels)})
        digests = [] if picture is None else [picture.digest]
        return DoctorPlan(task.hash(model.fingerprint, *digests, __version__), task, model, recipe, picture)

    def python(self, task: DoctorTask, result: Finding) -> str:
        """The call that examines the same."""
        image = "" if task.image is None else f", {task.image!r}"
        method = "" if task.method is None else f", method={task.method!r}"
        return f"import seewhy\n\nprint(seewhy.doctor({task.model!r}{image}{method}))\n"
