"""An attack on one picture: how little does it take to fool the model?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__, catalog
from seewhy.attacks.base import Attack
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.labels import index_of
from seewhy.reports.exhibits import Exhibit, change_of, pixels_of
from seewhy.workbench.addresses import Picture
from seewhy.workbench.exhibiting import belief_of, place_of, rows_of
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class AttackTask(Question):
    """Change `image` so that `model` no longer sees what is on it, or sees `target`.

    label: the true class; without one, the picture's own label, or what the model sees.
    """

    kind: Literal["attack"] = "attack"
    image: str = Field(min_length=1, max_length=400_000)
    method: str = Field("fgsm", min_length=1, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)
    label: int | str | None = None
    target: int | str | None = None

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return self.method


@dataclass(frozen=True)
class AttackPlan(Plan[Finding]):
    """An attack that suits the model, and the picture it is made on."""

    task: AttackTask
    model: Classifier
    recipe: Attack
    picture: Picture

    def answer(self, bench: Workbench) -> Finding:
        """Arrays: adversarial, perturbation and image (C, H, W), and the curve's epsilons, probabilities, reached."""
        found = self.recipe(self.model, self.picture.image, self.task.label, self.task.target)
        found = found.at(self.picture.address)
        facts = found.describe() | {"model": self.task.model}
        return Finding(self.task.model_dump(mode="json"), facts, found.all_arrays())


class Attacks(Kind[AttackTask, Finding]):
    """See `AttackTask`."""

    name: ClassVar[str] = "attack"
    task = AttackTask

    def plan(self, bench: Workbench, task: AttackTask) -> AttackPlan:
        """Also refuses an attack that asks more than the model can give."""
        model = bench.model(task.model)
        recipe = catalog.attack_recipe(task.method, task.settings)
        if (refusal := recipe.refusal(model)) is not None:
            raise TypeError(refusal)
        picture = bench.image(task.image)
        label = picture.truth_for(model.labels) if task.label is None else index_of(task.label, model.labels)
        target = None if task.target is None else index_of(task.target, model.labels)
        if target is not None and target == label:
            raise ValueError(f"the picture already counts as {model.labels[target]!r}; choose another class to reach")
        settings = recipe.model_dump(mode="json")
        task = task.model_copy(update={"settings": settings, "label": label, "target": target})
        return AttackPlan(task.hash(model.fingerprint, picture.digest, __version__), task, model, recipe, picture)

    def python(self, task: AttackTask, result: Finding) -> str:
        """The call that gives the same picture."""
        wish = "".join(
            f", {name}={value!r}" for name, value in (("label", task.label), ("target", task.target), *_own(task))
            if value is not None
        )  # fmt: skip
        return (
            "import seewhy\n\n"
            f"found = seewhy.attack({task.model!r}, {task.image!r}, {task.method!r}{wish})\n"
            "print(found.sentence)\nfound.save('attack.png')\n"
        )

    def exhibit(self, task: AttackTask, result: Finding) -> Exhibit:
        """The picture, what was added, and the attacked picture."""
        facts, arrays = result.facts, result.arrays
        norms = facts["norms"]
        change = f"largest change {norms['linf']:.4f}, {norms['l0']} pixel{'' if norms['l0'] == 1 else 's'}"
        return Exhibit(
            name=task.method,
            title=f"{facts['title']} on {place_of(task.image)}",
            sentence=facts["sentence"],
            panels=(
                (belief_of(facts["before"]), pixels_of(arrays["image"])),
                (change, change_of(arrays["perturbation"])),
                (belief_of(facts["after"]), pixels_of(arrays["adversarial"])),
            ),
            rows=rows_of(facts, {"Epsilon": _epsilon(facts["eps"]), "Flips at epsilon": _epsilon(facts["flip_eps"])}),
            python=self.python(task, result),
            result=result,
            warnings=tuple(facts["notes"].get("warnings", ())),
        )


def _epsilon(value: float | None) -> str | None:
    return None if value is None else f"{value:.4g} ({value * 255:.3g}/255)"


def _own(task: AttackTask) -> list[tuple[str, Any]]:
    """The settings that are not the usual ones."""
    usual = catalog.attack(task.method)().model_dump(mode="json")
    return [(name, value) for name, value in task.settings.items() if value != usual[name]]
