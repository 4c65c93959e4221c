"""A rule: which facts about a hidden layer decide what a model says of this picture, or what one of its units does?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__, catalog
from seewhy.classifiers.base import Classifier, Prediction
from seewhy.datasets.base import ImageSet
from seewhy.inference.activations import Activations
from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.keys import Key, forwarded
from seewhy.interpolants.regions import Cones
from seewhy.interpolants.search import Search
from seewhy.predicates import Bound, Negation, Predicate, PredictsClass, from_plain, parse
from seewhy.workbench.addresses import Picture
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.recordings import check_layers, recorded, splits_of
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class InterpolantTask(Question):
    """Find a rule at `layer` that the picture `image` satisfies and that predicts `conclusion`.

    data: the data set that the rule is learned and judged on.
    conclusion: "argmax" (what the model says of the picture), or a predicate, as text or as plain data; of a predicate
    that is false for the picture, its negation is explained.
    settings: the fields of `Search`.
    layers: further layers that will be asked about next, recorded in the same pass; they do not change the answer.
    """

    kind: Literal["interpolant"] = "interpolant"
    data: str = Field("digits", min_length=1, max_length=200)
    image: str = Field(min_length=1, max_length=400_000)
    layer: str = Field(min_length=1, max_length=300)
    conclusion: str | dict[str, Any] = "argmax"
    settings: dict[str, Any] = Field(default_factory=dict)
    layers: tuple[str, ...] = Field((), max_length=200)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return f"rule at {self.layer}"


@dataclass(frozen=True)
class InterpolantPlan(Plan[Finding]):
    """A search, a picture and a conclusion that fit the model."""

    task: InterpolantTask
    model: Classifier
    data: ImageSet
    picture: Picture
    search: Search
    conclusion: Predicate
    prediction: Prediction
    layers: tuple[str, ...]

    def answer(self, bench: Workbench) -> Finding:
        """The facts of the interpolant, with what the model says of the picture under "key"."""
        found = self.interpolant(bench)
        return Finding(self.task.model_dump(mode="json"), found.describe() | {"key": self._key(), "log": log(found)})

    def interpolant(self, bench: Workbench) -> Interpolant:
        """The rule itself."""
        needed = tuple(dict.fromkeys((self.task.layer, *self.conclusion.layers, *self.layers)))
        train, test = (
            recorded(bench, self.task.model, self.task.data, split, needed, self.search.size)
            for split in splits_of(self.data)
        )
        read = tuple(dict.fromkeys((self.task.layer, *self.conclusion.layers)))
        key = forwarded(self.model, self.model.prepare(self.picture.image), train, read)
        conclusion = self.conclusion if bool(key.of(self.conclusion).all()) else self.conclusion.negated()
        return self._learned(train, test, key, conclusion)

    def _learned(self, train: Activations, test: Activations, key: Key, conclusion: Predicate) -> Interpolant:
        cones, explained = Cones(self.model), _bound(conclusion)
        cone = None if explained is None else cones.units(explained.layer, explained.unit, self.task.layer)
        found = self.search.learn(train, test, self.task.layer, conclusion, key, cone)
        return replace(
            found,
            regions=tuple(cones.box(bound.layer, bound.unit) for bound in found.conjuncts),
            notes={**found.notes, **cones.notes},
            labels=self.model.labels,
            model=self.task.model,
            data=self.task.data,
            image=self.picture.address,
            fingerprint=self.model.fingerprint,
        )

    def _key(self) -> dict[str, Any]:
        label = self.picture.truth_for(self.model.labels)
        return {
            "predicted": self.prediction.index,
            "predicted_name": self.prediction.label,
            "score": self.prediction.probability,
            "label": label,
            "label_name": None if label is None else self.model.labels[label],
        }


class InterpolantKind(Kind[InterpolantTask, Finding]):
    """See `InterpolantTask`."""

    name: ClassVar[str] = "interpolant"
    task = InterpolantTask

    def plan(self, bench: Workbench, task: InterpolantTask) -> InterpolantPlan:
        """Also asks the model once, so that "argmax" becomes the class that it stands for."""
        model, data = bench.model(task.model), bench.dataset(task.data)
        check_layers(model, task.model, (task.layer, *task.layers))
        search = catalog.checked(Search, task.settings, "a rule", "`seewhy because --help`")
        picture = bench.image(task.image)
        prediction = bench.predict(task.model, [picture.image])[0]
        conclusion = read_predicate(task.conclusion, model, prediction)
        check_layers(model, task.model, conclusion.layers)
        check_order(model, task.layer, conclusion)
        whole = task.model_copy(
            update={"conclusion": str(conclusion), "settings": search.model_dump(mode="json"), "layers": ()}
        )
        id = whole.hash(model.fingerprint, picture.digest, bench.digest_of(data.name), __version__)
        return InterpolantPlan(id, whole, model, data, picture, search, conclusion, prediction, task.layers)

    def python(self, task: InterpolantTask, result: Finding) -> str:
        """The call that gives the same rule."""
        settings = {k: v for k, v in task.settings.items() if v != Search.model_fields[k].default}
        said = "".join(f", {name}={value!r}" for name, value in settings.items())
        conclusion = f", conclusion={task.conclusion!r}" if isinstance(task.conclusion, str) else ""
        return (
            "import seewhy\n\n"
            f"rule = seewhy.because({task.model!r}, {task.image!r}, data={task.data!r}, layer={task.layer!r}"
            f"{conclusion}{said})\nprint(rule.sentence)\n"
        )


def read_predicate(wish: str | Mapping[str, Any], model: Classifier, prediction: Prediction | None) -> Predicate:
    """A predicate from text or plain data; "argmax" is the class of `prediction`.

    Raises: ValueError where it says nothing clear, LookupError for a class that does not exist.
    """
    if wish == "argmax" and prediction is not None:
        return PredictsClass(prediction.index)
    return parse(wish, model.labels) if isinstance(wish, str) else from_plain(wish)


def check_order(model: Classifier, layer: str, conclusion: Predicate) -> None:
    """Refuse a rule at a layer that is not before what it shall explain."""
    names = list(model.layers())
    late = [name for name in conclusion.layers if names.index(name) <= names.index(layer)]
    if late:
        raise ValueError(f"a rule must lie before what it explains, got layer {layer!r} for a fact about {late[0]!r}")


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
