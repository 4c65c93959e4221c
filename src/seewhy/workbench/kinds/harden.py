"""Hardening as a run: fine-tune against the kept holes, and measure before and after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.hardening.recipe import Hardening
from seewhy.hardening.training import harden
from seewhy.workbench.findings import Finding
from seewhy.workbench.hardening import KIND, recipe_of, suited, trainable, weights_of
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class HardenTask(Question):
    """Fine-tune a copy of `model` so that it takes the kept holes, and rubbish like them, for nothing.

    data: the data set to train and measure on; by default the largest at hand with the model's images and classes.
    """

    kind: Literal["harden"] = "harden"
    data: str | None = Field(None, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"hardening {self.model}"


@dataclass(frozen=True)
class HardenPlan(Plan[Finding]):
    """A model that can be trained, how, and on what."""

    task: HardenTask
    model: Classifier
    data: ImageSet
    recipe: Hardening

    def answer(self, bench: Workbench) -> Finding:
        """No arrays: the weights lie in a file, and the facts name the model's address."""
        out = weights_of(bench.cache, self.id)
        out.parent.mkdir(parents=True, exist_ok=True)
        found = harden(self.model, bench.holes, self.data, self.recipe, out, self.task.model)
        facts = found.describe() | {
            "model": self.task.model,
            "hardened": f"{KIND}{self.id}",
            "sentence": found.sentence,
        }
        return Finding(self.task.model_dump(mode="json"), facts)


class Harden(Kind[HardenTask, Finding]):
    """See `HardenTask`."""

    name: ClassVar[str] = "harden"
    apart: ClassVar[bool] = True
    task = HardenTask

    def plan(self, bench: Workbench, task: HardenTask) -> HardenPlan:
        """Refuses models that cannot be trained; the key stands for the holes too, for they are what is taught."""
        model, recipe = trainable(bench, task.model), recipe_of(task.settings)
        data = bench.dataset(task.data or suited(bench, task.model))
        task = task.model_copy(update={"settings": recipe.model_dump(mode="json"), "data": data.name})
        holes = hashlib.sha256(" ".join(sorted(hole.id for hole in bench.holes.items())).encode()).hexdigest()
        id = task.hash(model.fingerprint, bench.digest_of(data.name), holes, __version__)
        return HardenPlan(id, task, model, data, recipe)

    def python(self, task: HardenTask, result: Finding) -> str:
        """The call that gives the same weights."""
        usual = Hardening().model_dump(mode="json")
        own = "".join(f", {name}={value!r}" for name, value in task.settings.items() if value != usual[name])
        return (
            "import seewhy\n\n"
            f"found = seewhy.harden({task.model!r}, data={task.data!r}, out='hardened.safetensors'{own})\n"
            "print(found.sentence)\n"
        )
