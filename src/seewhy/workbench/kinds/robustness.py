"""Robustness: how accurate a model stays while attacks grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from seewhy import __version__, catalog
from seewhy.attacks.base import Attack
from seewhy.attacks.robustness import RobustnessTest
from seewhy.attacks.robustness_results import plot
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.reports.exhibits import Exhibit
from seewhy.workbench.exhibiting import rows_of
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.kinds.predictions import inputs, known_labels
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class RobustnessTask(Question):
    """Attack the first images of a split with every attack and every epsilon.

    attacks: names, or names with settings, {"method": "pgd", "settings": {"steps": 20}}.
    """

    kind: Literal["robustness"] = "robustness"
    data: str = Field("digits", min_length=1, max_length=200)
    split: str = Field("test", min_length=1, max_length=50)
    attacks: tuple[str | dict[str, Any], ...] = Field(("fgsm", "pgd"), min_length=1, max_length=8)
    settings: dict[str, Any] = Field(default_factory=dict)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"robustness on {self.data}/{self.split}"


@dataclass(frozen=True)
class RobustnessPlan(Plan[Finding]):
    """Attacks that suit the model, and the images they are made on."""

    task: RobustnessTask
    model: Classifier
    data: ImageSet
    attacks: tuple[Attack, ...]
    recipe: RobustnessTest

    def answer(self, bench: Workbench) -> Finding:
        """Array: right (A, E, N), whether each image is still right. What is done is kept, and found again."""
        labels = known_labels(self.data, self.task.split, self.model)
        count = min(self.recipe.images, len(labels))
        read: list[torch.Tensor] = []
        for batch in inputs(self.model, self.data, self.task.split, "reading images"):
            read.append(batch)
            if sum(map(len, read)) >= count:
                break
        x = torch.cat(read)[:count]
        known = np.flatnonzero(labels[:count] >= 0)
        if not len(known):
            raise ValueError(f"{self.data.name}/{self.task.split} has no labels that {self.model.name} knows")
        checkpoint = bench.cache / "unfinished" / f"{self.id}.npz"
        found = self.recipe(self.model, x[known], labels[known], self.attacks, checkpoint)
        facts = found.describe() | {"model": self.task.model, "data": self.task.data, "split": self.task.split}
        return Finding(self.task.model_dump(mode="json"), facts, {"right": found.right.astype(np.uint8)})


class Robustness(Kind[RobustnessTask, Finding]):
    """See `RobustnessTask`."""

    name: ClassVar[str] = "robustness"
    task = RobustnessTask

    def plan(self, bench: Workbench, task: RobustnessTask) -> RobustnessPlan:
        """Refuses attacks that the model cannot be asked for, or that have no epsilon."""
        model, data = bench.model(task.model), bench.dataset(task.data)
        data.check_split(task.split)
        recipe = catalog.checked(RobustnessTest, task.settings, "robustness", "`seewhy robustness --help`")
        attacks = tuple(_attack(wish) for wish in task.attacks)
        for attack in attacks:
            if (refusal := attack.refusal(model)) is not None:
                raise TypeError(refusal)
            if attack.radius is None:
                raise ValueError(f"{attack.name} has no epsilon; choose an attack that has, such as pgd")
        written = tuple({"method": one.name, "settings": one.model_dump(mode="json")} for one in attacks)
        task = task.model_copy(update={"settings": recipe.model_dump(mode="json"), "attacks": written})
        id = task.hash(model.fingerprint, bench.digest_of(data.name), __version__)
        return RobustnessPlan(id, task, model, data, attacks, recipe)

    def exhibit(self, task: RobustnessTask, result: Finding) -> Exhibit:
        """The plot."""
        facts = result.facts
        rows = {"Images": f"{facts['images']:,} of {task.data}/{task.split}", "Attacks": ", ".join(facts["curves"])}
        return Exhibit(
            name="robustness",
            title=f"Robustness on {task.data}/{task.split}",
            sentence=facts["sentence"],
            panels=(("accuracy under attack", np.asarray(plot(facts))),),
            rows=rows_of(facts, rows),
            python=self.python(task, result),
            result=result,
            warnings=tuple(facts["warnings"]),
            drawn=True,
        )

    def python(self, task: RobustnessTask, result: Finding) -> str:
        """The question again, and the plot as a file."""
        return (
            "from seewhy.attacks.robustness_results import plot\n"
            "from seewhy.workbench import Workbench\n"
            "from seewhy.workbench.kinds.robustness import RobustnessTask\n\n"
            f"task = RobustnessTask(\n    model={task.model!r},\n    data={task.data!r},\n    split={task.split!r},\n"
            f"    attacks={task.attacks!r},\n    settings={task.settings!r},\n)\n"
            "found = Workbench().ask(task)\nprint(found.facts['sentence'])\n"
            "plot(found.facts).save('robustness.png')\n"
        )


def _attack(wish: str | dict[str, Any]) -> Attack:
    if isinstance(wish, str):
        return catalog.attack_recipe(wish, {})
    return catalog.attack_recipe(str(wish.get("method", "")), wish.get("settings", {}))
