"""One attack on every picture of a folder, or on the first ones of a split."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__, catalog
from seewhy.attacks.base import Attack
from seewhy.attacks.survey import Labelled, survey
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet
from seewhy.datasets.folder import Folder
from seewhy.workbench.addresses import Picture
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class SurveyTask(Question):
    """Attack every picture of `images` that `model` gets right, and count the sure answers that turn wrong.

    images: a split such as digits/test, or a folder of pictures. A picture's true class is that of the split, its
    folder's name, or its own name where that is a class (208_Labrador_retriever.jpg); where none is known, what the
    model sees counts as true.
    """

    kind: Literal["survey"] = "survey"
    images: str = Field("digits/test", min_length=1, max_length=4_000)
    method: str = Field("fgsm", min_length=1, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)
    count: int = Field(1000, ge=1, description="how many pictures, from the first")
    sure: float = Field(0.5, ge=0, le=1, description="from which probability on an answer counts as confident")

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"{self.method} on {self.images}"


@dataclass(frozen=True)
class SurveyPlan(Plan[Finding]):
    """An attack that suits the model, and the pictures it is made on."""

    task: SurveyTask
    model: Classifier
    recipe: Attack
    data: ImageSet
    splits: tuple[str, ...]

    def answer(self, bench: Workbench) -> Finding:
        """Arrays, each (N,): truth, before, after (class indices), before_sure, after_sure (probabilities)."""
        total = min(self.task.count, sum(self.data.size(split) for split in self.splits))
        found = survey(self.model, self.recipe, islice(self._shown(), total), total=total, sure=self.task.sure)
        names = ("truth", "before", "after", "before_sure", "after_sure")
        facts = found.describe() | {"model": self.task.model, "name": self.model.name, "images_from": self.task.images}
        return Finding(self.task.model_dump(mode="json"), facts, {name: getattr(found, name) for name in names})

    def _shown(self) -> Iterator[Labelled]:
        for split in self.splits:
            for index in range(self.data.size(split)):
                sample = self.data.sample(split, index)
                name = None if sample.label is None else self.data.labels[sample.label]
                picture = Picture(sample.image, sample.address, sample.label, name)
                label = picture.truth_for(self.model.labels)
                if label is None and name is None and isinstance(self.data, Folder):
                    label = class_in_name(Path(sample.address).stem, self.model.labels)
                yield Labelled(self.model.prepare(picture.image)[0], -1 if label is None else label, sample.address)


class SurveyKind(Kind[SurveyTask, Finding]):
    """See `SurveyTask`."""

    name: ClassVar[str] = "survey"
    task = SurveyTask

    def plan(self, bench: Workbench, task: SurveyTask) -> SurveyPlan:
        """Also refuses an attack that asks more than the model can give; folders only where paths are allowed."""
        model = bench.model(task.model)
        recipe = catalog.attack_recipe(task.method, task.settings)
        if (refusal := recipe.refusal(model)) is not None:
            raise TypeError(refusal)
        data, splits, digest = _opened(bench, task.images)
        task = task.model_copy(update={"settings": recipe.model_dump(mode="json")})
        return SurveyPlan(task.hash(model.fingerprint, digest, __version__), task, model, recipe, data, splits)


def class_in_name(stem: str, labels: Sequence[str]) -> int | None:
    """The class that a file is named after, numbers around it left out; None where it is none.

    >>> class_in_name("208_Labrador_retriever", ["tench", "Labrador retriever"])
    1
    """
    bare = re.sub(r"^[\d\W_]+|[\d\W_]+$", "", stem)
    names = (stem, bare, bare.replace("_", " "))
    return next((list(labels).index(name) for name in names if name in labels), None)


def _opened(bench: Workbench, images: str) -> tuple[ImageSet, tuple[str, ...], str]:
    """The pictures, which splits of them, and a hash of their content."""
    name, _, split = images.partition("/")
    if name in catalog.datasets():
        data = bench.dataset(name)
        data.check_split(split)
        return data, (split,), bench.digest_of(name)
    if not bench.paths:
        raise LookupError(f"no pictures at {images[:80]!r}; name a split such as digits/test")
    folder = Folder(images)
    digest = hashlib.sha256()
    for part in folder.splits:
        for file in folder.files(part):
            digest.update(f"{file}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return folder, folder.splits, digest.hexdigest()
