"""Rules for a whole class: a few that together hold for most images that a model calls by this name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__, catalog
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.interpolants.chains import with_regions
from seewhy.interpolants.classes import Cover
from seewhy.interpolants.regions import Cones
from seewhy.predicates import Predicate
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.asking import check_order, read_predicate
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.recordings import check_layers, recorded, splits_of
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class ClassRulesTask(Question):
    """Cover the images with `conclusion`, such as "class 3", by rules at `layer`.

    settings: the fields of `Cover`: search, refine, rules, coverage, tries, seed.
    """

    kind: Literal["class-rules"] = "class-rules"
    data: str = Field("digits", min_length=1, max_length=200)
    layer: str = Field(min_length=1, max_length=300)
    conclusion: str | dict[str, Any]
    settings: dict[str, Any] = Field(default_factory=dict)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return "rules of a class"


@dataclass(frozen=True)
class ClassRulesPlan(Plan[Finding]):
    """A conclusion about a layer that comes before it."""

    task: ClassRulesTask
    model: Classifier
    data: ImageSet
    cover: Cover
    conclusion: Predicate

    def answer(self, bench: Workbench) -> Finding:
        """The rules with their regions, what they are worth together, and the image each was found for."""
        task = self.task
        layers = tuple(dict.fromkeys((task.layer, *self.conclusion.layers)))
        splits = splits_of(self.data)
        train, test = (
            recorded(bench, task.model, task.data, split, layers, self.cover.search.size) for split in splits
        )
        found = self.cover(train, test, task.layer, self.conclusion, self.model.labels)
        cones = Cones(self.model)
        rules = tuple(
            replace(
                with_regions(rule, cones),
                model=task.model,
                data=task.data,
                image=self.data.address(splits.train, key),
                fingerprint=self.model.fingerprint,
            )
            for rule, key in zip(found.rules, found.keys, strict=True)
        )
        return Finding(task.model_dump(mode="json"), replace(found, rules=rules).describe())


class ClassRulesKind(Kind[ClassRulesTask, Finding]):
    """See `ClassRulesTask`."""

    name: ClassVar[str] = "class-rules"
    task = ClassRulesTask

    def plan(self, bench: Workbench, task: ClassRulesTask) -> ClassRulesPlan:
        """Refuses a layer that is not before the conclusion."""
        model, data = bench.model(task.model), bench.dataset(task.data)
        conclusion = read_predicate(task.conclusion, model, None)
        check_layers(model, task.model, (task.layer, *conclusion.layers))
        check_order(model, [task.layer], conclusion)
        cover = catalog.checked(Cover, task.settings, "rules of a class", "the description of `Cover`")
        whole = task.model_copy(update={"conclusion": str(conclusion), "settings": cover.model_dump(mode="json")})
        id = whole.hash(model.fingerprint, bench.digest_of(data.name), __version__)
        return ClassRulesPlan(id, whole, model, data, cover, conclusion)
