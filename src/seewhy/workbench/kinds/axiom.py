"""An axiom tried on one method: the same map by twins, nothing for what cannot be seen, something for what counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seewhy import __version__, axioms
from seewhy.axioms import Dummy, Invariance, Sensitivity, Side
from seewhy.classifiers.base import Classifier
from seewhy.explainers.base import Explainer
from seewhy.twins import Twin
from seewhy.workbench.addresses import Picture
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.tasks import Question, complete_target

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class AxiomTask(Question):
    """Try an axiom on the map that `method` gives of `image`.

    axiom: "invariance" (by the network and its `twin`), "sensitivity" (with the score capped at the share `cap` of its
    rise from black), or "dummy" (with the network blinded on the half `side`). sketch: with less effort, for many
    methods at once.
    """

    kind: Literal["axiom"] = "axiom"
    image: str = Field(min_length=1, max_length=400_000)
    method: str = Field(min_length=1, max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict)
    target: Any = "argmax"
    axiom: Literal["invariance", "sensitivity", "dummy"] = "invariance"
    twin: Twin = "wide"
    cap: float = Field(0.5, gt=0, lt=1)
    side: Side = "left"
    sketch: bool = False

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"{self.axiom} of {self.method}"


@dataclass(frozen=True)
class AxiomPlan(Plan[Finding]):
    """A method that suits the model, and the picture it is tried on."""

    task: AxiomTask
    model: Classifier
    recipe: Explainer
    picture: Picture

    def answer(self, bench: Workbench) -> Finding:
        """{"holds", "sentence", …}; arrays: values (1 or 2, H, W)."""
        task = self.task
        given = (self.model, self.picture.image, self.recipe, task.target)
        with bench.reading():
            if task.axiom == "invariance":
                facts, values = _invariance(axioms.invariance(*given, twin=task.twin))
            elif task.axiom == "sensitivity":
                facts, values = _sensitivity(axioms.sensitivity(*given, cap=task.cap))
            else:
                facts, values = _dummy(axioms.dummy(*given, side=task.side))
        facts |= {
            "source": axioms.SOURCE,
            "link": axioms.LINK,
            "axiom": task.axiom,
            "method": task.method,
            "model": task.model,
        }
        return Finding(task.model_dump(mode="json"), facts, {"values": values})


class AxiomKind(Kind[AxiomTask, Finding]):
    """See `AxiomTask`."""

    name: ClassVar[str] = "axiom"
    task = AxiomTask

    def plan(self, bench: Workbench, task: AxiomTask) -> AxiomPlan:
        """Also refuses a method that asks more than the model can give."""
        model = bench.model(task.model)
        recipe = bench.recipe(task.model, task.method, task.settings)
        picture = bench.image(task.image)
        recipe = recipe.sketch() if task.sketch else recipe
        settings = recipe.model_dump(mode="json")
        task = task.model_copy(update={"settings": settings, "target": complete_target(task.target, model.labels)})
        return AxiomPlan(task.hash(model.fingerprint, picture.digest, __version__), task, model, recipe, picture)

    def python(self, task: AxiomTask, result: Finding) -> str:
        """The call that gives the same."""
        wish = {"invariance": ("twin", task.twin), "sensitivity": ("cap", task.cap), "dummy": ("side", task.side)}
        name, value = wish[task.axiom]
        return (
            "import seewhy\nfrom seewhy import axioms, catalog\n\n"
            f"recipe = catalog.recipe({task.method!r}, {task.settings!r})\n"
            f"model, target = seewhy.load({task.model!r}), {task.target!r}\n"
            f"found = axioms.{task.axiom}(model, image, recipe, target, {name}={value!r})\n"
            "print(found.sentence)\n"
        )


def _plain(found: Invariance | Sensitivity | Dummy) -> dict[str, Any]:
    return {"title": found.title, "holds": found.holds, "sentence": found.sentence, "signed": found.signed}


def _invariance(found: Invariance) -> tuple[dict[str, Any], NDArray[np.float32]]:
    known = None if np.isnan(found.correlation) else found.correlation
    facts = {
        "twin": found.twin,
        "sentence_of_twin": found.sentence_of_twin,
        "difference": found.difference,
        "relative": found.relative,
        "correlation": known,
        "scores_difference": found.scores_difference,
        "score": found.score,
        "target": found.target,
    }
    return _plain(found) | facts, found.maps


def _sensitivity(found: Sensitivity) -> tuple[dict[str, Any], NDArray[np.float32]]:
    facts = {"rise": found.rise, "cap": found.cap, "sum": found.sum, "largest": found.largest}
    return _plain(found) | facts, found.values[None]


def _dummy(found: Dummy) -> tuple[dict[str, Any], NDArray[np.float32]]:
    return _plain(found) | {"share": found.share, "side": found.side}, found.values[None]
