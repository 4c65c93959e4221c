"""Erasing: the least part of a picture that keeps the model sure of a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from seewhy import __version__, catalog
from seewhy.attacks.least_evidence import LeastEvidence
from seewhy.attacks.pieces import Labels
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.labels import index_of
from seewhy.reports.exhibits import Exhibit, pixels_of
from seewhy.workbench.addresses import Picture
from seewhy.workbench.exhibiting import belief_of, place_of, rows_of
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class EraseTask(Question):
    """Find what of `image` is enough for `model` to see `target`; by default the class that it sees.

    parts: a grey picture of the same size whose brightness, in 255ths, numbers the strokes of a drawing.
    """

    kind: Literal["erase"] = "erase"
    image: str = Field(min_length=1, max_length=400_000)
    settings: dict[str, Any] = Field(default_factory=dict)
    target: int | str | None = None
    parts: str | None = Field(None, max_length=400_000)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return "least evidence"


@dataclass(frozen=True)
class ErasePlan(Plan[Finding]):
    """How to look for the least, and in which picture."""

    task: EraseTask
    model: Classifier
    recipe: LeastEvidence
    picture: Picture
    parts: Labels | None

    def answer(self, bench: Workbench) -> Finding:
        """Arrays: least and image (C, H, W), mask (H, W) of what stays, order (H, W) in which the rest went."""
        found = self.recipe(self.model, self.picture.image, self.task.target, self.parts).at(self.picture.address)
        facts = found.describe() | {"model": self.task.model}
        return Finding(self.task.model_dump(mode="json"), facts, found.all_arrays())


class Erase(Kind[EraseTask, Finding]):
    """See `EraseTask`."""

    name: ClassVar[str] = "erase"
    task = EraseTask

    def plan(self, bench: Workbench, task: EraseTask) -> ErasePlan:
        """Pieces suit the size of the model's pictures where they are not given."""
        model = bench.model(task.model)
        usual = LeastEvidence.suited_to(model).model_dump(mode="json")
        recipe = catalog.checked(LeastEvidence, usual | task.settings, "least evidence", "`seewhy least --help`")
        picture = bench.image(task.image)
        parts = None if task.parts is None else np.rint(255 * bench.image(task.parts).image[0]).astype(np.int64)
        if parts is not None and recipe.pieces != "strokes":
            raise ValueError(f"parts number the strokes of a drawing, got pieces={recipe.pieces!r}; ask for strokes")
        if parts is not None and parts.shape != model.input_shape[1:]:
            raise ValueError(f"parts must be of the model's size {model.input_shape[1:]}, got {parts.shape}")
        target = None if task.target is None else index_of(task.target, model.labels)
        task = task.model_copy(update={"settings": recipe.model_dump(mode="json"), "target": target})
        return ErasePlan(task.hash(model.fingerprint, picture.digest, __version__), task, model, recipe, picture, parts)

    def python(self, task: EraseTask, result: Finding) -> str:
        """The call that gives the same picture."""
        if task.parts is not None:
            return _by_hand(task)
        settings = "".join(f", {name}={value!r}" for name, value in task.settings.items())
        target = "" if task.target is None else f", target={task.target!r}"
        return (
            "import seewhy\n\n"
            f"found = seewhy.least({task.model!r}, {task.image!r}{target}{settings})\nprint(found.sentence)\n"
        )

    def exhibit(self, task: EraseTask, result: Finding) -> Exhibit:
        """The picture, and what of it is enough."""
        facts, arrays = result.facts, result.arrays
        return Exhibit(
            name="least-evidence",
            title=f"What is enough for “{facts['target']['label']}” on {place_of(task.image)}",
            sentence=facts["sentence"],
            panels=(
                (belief_of(facts["before"]), pixels_of(arrays["image"])),
                (belief_of(facts["after"]), pixels_of(arrays["least"])),
            ),
            rows=rows_of(facts, {"Kept": f"{facts['pieces_kept']} of {facts['pieces']} pieces"}),
            python=self.python(task, result),
            result=result,
        )


def _by_hand(task: EraseTask) -> str:
    return (
        "from seewhy.workbench import Workbench, kinds\n\n"
        f"task = kinds.task_from({task.model_dump(mode='json')!r})\n"
        "print(Workbench().ask(task).facts['sentence'])\n"
    )
