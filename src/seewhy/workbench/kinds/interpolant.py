"""A rule: which facts about a hidden layer decide what a model says of this picture, or what one of its units does?"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from seewhy import __version__
from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.chains import with_regions
from seewhy.interpolants.search import Search
from seewhy.predicates import Bound, Negation, Predicate
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.asking import Asked, RuleQuestion, found
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.recordings import check_layers, splits_of

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench

SMALL = 50_000_000  # values of a layer over a data set, 200 MB on disk


class InterpolantTask(RuleQuestion):
    """Find a rule at `layer` that the picture satisfies and that predicts the conclusion.

    layers: further layers that will be asked about next; small ones are recorded in the same pass. They do not change
    the answer.
    """

    kind: Literal["interpolant"] = "interpolant"
    layer: str = Field(min_length=1, max_length=300)
    layers: tuple[str, ...] = Field((), max_length=200)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"rule at {self.layer}"


@dataclass(frozen=True)
class InterpolantPlan(Plan[Finding]):
    """A search, a picture and a conclusion that fit the model."""

    task: InterpolantTask
    asked: Asked
    also: tuple[str, ...]

    def answer(self, bench: Workbench) -> Finding:
        """The facts of the interpolant, with what the model says of the picture under "key"."""
        rule = self.interpolant(bench)
        return Finding(self.task.model_dump(mode="json"), rule.describe() | {"key": self.asked.facts, "log": log(rule)})

    def interpolant(self, bench: Workbench) -> Interpolant:
        """The rule itself."""
        layer = self.task.layer
        ground = self.asked.ground(bench, [layer], [one for one in self.also if self._is_small(one)])
        explained = _bound(ground.conclusion)
        cone = None if explained is None else ground.cones.units(explained.layer, explained.unit, layer)
        rule = self.asked.search.learn(ground.train, ground.test, layer, ground.conclusion, ground.key, cone)
        return self.asked.told(with_regions(rule, ground.cones))

    def _is_small(self, layer: str) -> bool:
        """Whether recording it beside what is asked costs little."""
        images = sum(self.asked.data.size(split) for split in splits_of(self.asked.data))
        return prod(self.asked.model.layers()[layer].shape) * min(images, 2 * self.asked.search.size) <= SMALL


class InterpolantKind(Kind[InterpolantTask, Finding]):
    """See `InterpolantTask`."""

    name: ClassVar[str] = "interpolant"
    task = InterpolantTask

    def plan(self, bench: Workbench, task: InterpolantTask) -> InterpolantPlan:
        """The key names the class that "argmax" stands for."""
        asked = found(bench, task, [task.layer])
        check_layers(asked.model, task.model, task.layers)
        whole = task.model_copy(
            update={
                "conclusion": str(asked.conclusion), "settings": asked.search.model_dump(mode="json"), "layers": (),
            }
        )  # fmt: skip
        id = whole.hash(asked.model.fingerprint, asked.picture.digest, bench.digest_of(task.data), __version__)
        return InterpolantPlan(id, whole, asked, task.layers)

    def python(self, task: InterpolantTask, result: Finding) -> str:
        """The call that gives the same rule."""
        return python_of(task, f"layer={task.layer!r}") + "print(rule.sentence)\n"


def python_of(task: RuleQuestion, where: str) -> str:
    """The call of `seewhy.because` for `task`."""
    settings = {k: v for k, v in task.settings.items() if v != Search.model_fields[k].default}
    said = "".join(f", {name}={value!r}" for name, value in settings.items())
    return (
        "import seewhy\n\n"
        f"rule = seewhy.because({task.model!r}, {task.image!r}, data={task.data!r}, {where}, "
        f"conclusion={task.conclusion!r}{said})\n"
    )


def log(found: Interpolant) -> str:
    """The lines that the published tool prints for a rule."""
    units = " & ".join(
        f"v({','.join(map(str, bound.unit))}){bound.op}{bound.threshold:.8g}" for bound in found.conjuncts
    )
    lines = [f"Conclusion: {found.conclusion}", f"Interpolant: layer {found.layer}: ({units or 'true'})"]
    for name, counts in (("training", found.train), ("test", found.test)):
        precision, recall = ("n/a" if x is None else f"{x:.3f}" for x in (counts.precision, counts.recall))
        lines.append(
            f"On {name} set: F = {counts.f}, N = {counts.n}, P = {counts.p}, precision = {precision}, recall = {recall}"
        )
    return "\n".join([*lines, f"{found.seconds:.2f} s"])


def _bound(conclusion: Predicate) -> Bound | None:
    """The one bound that a conclusion is about, if it is about one."""
    inner = conclusion.part if isinstance(conclusion, Negation) else conclusion
    return inner if isinstance(inner, Bound) else None
