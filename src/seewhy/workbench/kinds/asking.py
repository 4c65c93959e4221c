"""What all runs about rules have in common: a picture, a conclusion about it, and a data set to learn and judge on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from seewhy import catalog
from seewhy.classifiers.base import Classifier, Prediction
from seewhy.datasets.base import ImageSet
from seewhy.inference.activations import Activations
from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.keys import Key, forwarded
from seewhy.interpolants.regions import Cones
from seewhy.interpolants.search import Search
from seewhy.predicates import Predicate, PredictsClass, from_plain, parse
from seewhy.workbench.addresses import Picture
from seewhy.workbench.recordings import check_layers, recorded, splits_of
from seewhy.workbench.tasks import Question

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class RuleQuestion(Question):
    """A question about the picture `image`.

    data: the data set that rules are learned and judged on.
    conclusion: "argmax" (what the model says of the picture), or a predicate, as text or as plain data; of a predicate
    that is false for the picture, its negation is explained.
    settings: the fields of `Search`.
    """

    data: str = Field("digits", min_length=1, max_length=200)
    image: str = Field(min_length=1, max_length=400_000)
    conclusion: str | dict[str, Any] = "argmax"
    settings: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """What a rule is made from: the layers on both splits and for the picture, a truth about it, and what units see."""

    train: Activations
    test: Activations
    key: Key
    conclusion: Predicate
    cones: Cones


@dataclass(frozen=True)
class Asked:
    """A question about rules whose parts were found and fit together."""

    address: str
    model: Classifier
    data: ImageSet
    picture: Picture
    search: Search
    conclusion: Predicate
    prediction: Prediction

    def ground(self, bench: Workbench, layers: Sequence[str], also: Sequence[str] = ()) -> Ground:
        """Record `layers`, and `also` further ones in the same pass."""
        read = tuple(dict.fromkeys((*layers, *self.conclusion.layers)))
        needed = tuple(dict.fromkeys((*read, *also)))
        train, test = (
            recorded(bench, self.address, self.data.name, split, needed, self.search.size)
            for split in splits_of(self.data)
        )
        key = forwarded(self.model, self.model.prepare(self.picture.image), train, read)
        conclusion = self.conclusion if bool(key.of(self.conclusion).all()) else self.conclusion.negated()
        return Ground(train, test, key, conclusion, Cones(self.model))

    def told(self, rule: Interpolant) -> Interpolant:
        """The rule, knowing where it comes from."""
        return replace(
            rule,
            labels=self.model.labels,
            model=self.address,
            data=self.data.name,
            image=self.picture.address,
            fingerprint=self.model.fingerprint,
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What the model says of the picture, and what is on it."""
        label = self.picture.truth_for(self.model.labels)
        return {
            "predicted": self.prediction.index,
            "predicted_name": self.prediction.label,
            "score": self.prediction.probability,
            "label": label,
            "label_name": None if label is None else self.model.labels[label],
        }


def found(bench: Workbench, task: RuleQuestion, layers: Sequence[str], picture: Picture | None = None) -> Asked:
    """Find everything that `task` names, and refuse what cannot work; the model is asked once, for "argmax".

    layers: where rules are looked for, before what they explain; picture: one that has no address.

    Raises: LookupError, ValueError, TypeError, each in one sentence.
    """
    model, data = bench.model(task.model), bench.dataset(task.data)
    check_layers(model, task.model, layers)
    search = catalog.checked(Search, task.settings, "a rule", "`seewhy because --help`")
    picture = bench.image(task.image) if picture is None else picture
    prediction = bench.predict(task.model, [picture.image])[0]
    conclusion = read_predicate(task.conclusion, model, prediction)
    check_layers(model, task.model, conclusion.layers)
    check_order(model, layers, conclusion)
    return Asked(task.model, model, data, picture, search, conclusion, prediction)


def read_predicate(wish: str | Mapping[str, Any], model: Classifier, prediction: Prediction | None) -> Predicate:
    """A predicate from text or plain data; "argmax" is the class of `prediction`.

    Raises: ValueError where it says nothing clear, LookupError for a class that does not exist.
    """
    if wish == "argmax" and prediction is not None:
        return PredictsClass(prediction.index)
    return parse(wish, model.labels) if isinstance(wish, str) else from_plain(wish)


def check_order(model: Classifier, layers: Sequence[str], conclusion: Predicate) -> None:
    """Refuse a rule at a layer that is not before what it shall explain."""
    names = list(model.layers())
    for layer in layers:
        late = [name for name in conclusion.layers if names.index(name) <= names.index(layer)]
        if late:
            raise ValueError(
                f"a rule must lie before what it explains, got layer {layer!r} for a fact about {late[0]!r}"
            )
