"""Nonsense: a picture without meaning that the model is sure about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__, catalog
from seewhy.attacks.resemblance import KnownImages
from seewhy.attacks.rubbish import RubbishImage
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.labels import index_of
from seewhy.datasets.base import ImageSet
from seewhy.reports.exhibits import Exhibit, pixels_of
from seewhy.workbench.exhibiting import belief_of, rows_of
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class NonsenseTask(Question):
    """Make a picture that means nothing and that `model` takes for `target`.

    data: the data set whose training images it is compared with; none makes no comparison.
    """

    kind: Literal["nonsense"] = "nonsense"
    target: int | str
    settings: dict[str, Any] = Field(default_factory=dict)
    data: str | None = Field(None, max_length=200)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"nonsense for {self.target}"


@dataclass(frozen=True)
class NonsensePlan(Plan[Finding]):
    """How to make it, for which class, and what it is compared with."""

    task: NonsenseTask
    model: Classifier
    recipe: RubbishImage
    data: ImageSet | None

    def answer(self, bench: Workbench) -> Finding:
        """Arrays: image (C, H, W), and frames (T, C, H, W) as bytes, the climb."""
        known = None if self.data is None else _known(self.data, self.model.input_shape)
        found = self.recipe(self.model, self.task.target, known)
        facts = found.describe() | {"model": self.task.model, "data": self.task.data}
        return Finding(self.task.model_dump(mode="json"), facts, found.all_arrays())


class Nonsense(Kind[NonsenseTask, Finding]):
    """See `NonsenseTask`."""

    name: ClassVar[str] = "nonsense"
    task = NonsenseTask

    def plan(self, bench: Workbench, task: NonsenseTask) -> NonsensePlan:
        """Refuses a form that the model cannot be asked for."""
        model = bench.model(task.model)
        recipe = catalog.checked(RubbishImage, task.settings, "nonsense", "`seewhy fool --help`")
        recipe.check(model, compared=task.data is not None)
        data = None if task.data is None else bench.dataset(task.data)
        target = index_of(task.target, model.labels)
        task = task.model_copy(update={"settings": recipe.model_dump(mode="json"), "target": target})
        digest = "" if task.data is None else bench.digest_of(task.data)
        return NonsensePlan(task.hash(model.fingerprint, digest, __version__), task, model, recipe, data)

    def python(self, task: NonsenseTask, result: Finding) -> str:
        """The call that gives the same picture."""
        settings = "".join(f", {name}={value!r}" for name, value in task.settings.items())
        data = "" if task.data is None else f", data={task.data!r}"
        return (
            "import seewhy\n\n"
            f"found = seewhy.nonsense({task.model!r}, {task.target!r}{data}{settings})\nprint(found.sentence)\n"
        )

    def exhibit(self, task: NonsenseTask, result: Finding) -> Exhibit:
        """The picture that means nothing."""
        facts = result.facts
        meaning = {True: "the nearest training pictures are of another class", False: "the class itself", None: None}
        near = facts["nearest"]
        known = {} if near is None else {"Nearest training picture": f"{near['distance']:.3g} away"}
        return Exhibit(
            name="nonsense",
            title=f"Nonsense that is “{facts['target']['label']}” to the model",
            sentence=facts["sentence"],
            panels=((belief_of(facts["prediction"]), pixels_of(result.arrays["image"])),),
            rows=rows_of(facts, known | {"It looks like": meaning[facts["meaningless"]]}),
            python=self.python(task, result),
            result=result,
        )


@lru_cache(maxsize=2)
def _known(data: ImageSet, shape: tuple[int, int, int]) -> KnownImages:
    """The training images, read once for all the nonsense of a sheet."""
    return KnownImages(data, shape)
