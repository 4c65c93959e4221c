"""What there is: built-in methods, data sets and models, plus what other packages add by entry points."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from seewhy.attacks.base import Attack
from seewhy.attacks.carlini_wagner import CarliniWagner
from seewhy.attacks.deepfool import DeepFool
from seewhy.attacks.fewest_pixels import FewestPixels
from seewhy.attacks.fgsm import Fgsm
from seewhy.attacks.momentum import Momentum
from seewhy.attacks.pgd import Pgd
from seewhy.attacks.square import Square
from seewhy.datasets.base import ImageSet
from seewhy.datasets.named import DATASETS
from seewhy.explainers.base import Explainer
from seewhy.explainers.captum_methods import PREFIX, captum_method
from seewhy.explainers.captum_methods import names as captum_names
from seewhy.explainers.eigen_cam import EigenCam
from seewhy.explainers.expected_gradients import ExpectedGradients
from seewhy.explainers.grad_cam import GradCam
from seewhy.explainers.grad_cam_plus_plus import GradCamPlusPlus
from seewhy.explainers.gradients import Saliency
from seewhy.explainers.guided_backprop import GuidedBackprop
from seewhy.explainers.guided_grad_cam import GuidedGradCam
from seewhy.explainers.input_x_gradient import InputXGradient
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.explainers.kernel_shap import KernelShap
from seewhy.explainers.layer_cam import LayerCam
from seewhy.explainers.lime import Lime
from seewhy.explainers.occlusion import Occlusion
from seewhy.explainers.rise import Rise
from seewhy.explainers.score_cam import ScoreCam
from seewhy.explainers.smoothgrad import SmoothGrad
from seewhy.metrics.agreement import Agreement
from seewhy.metrics.base import Metric
from seewhy.metrics.completeness import CompletenessGap
from seewhy.metrics.deletion import Deletion
from seewhy.metrics.independence import InputIndependence
from seewhy.metrics.infidelity import Infidelity
from seewhy.metrics.insertion import Insertion
from seewhy.metrics.mass import MassInRegion
from seewhy.metrics.pointing import PointingGame
from seewhy.metrics.randomisation import ParameterRandomisation
from seewhy.metrics.road import Road
from seewhy.metrics.sensitivity import MaxSensitivity
from seewhy.metrics.sparseness import Sparseness
from seewhy.zoo import pretrained

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

R = TypeVar("R", bound=BaseModel)

EXPLAINERS: tuple[type[Explainer], ...] = (
    IntegratedGradients,
    Occlusion,
    GradCam,
    Lime,
    KernelShap,
    Rise,
    Saliency,
    InputXGradient,
    SmoothGrad,
    GradCamPlusPlus,
    LayerCam,
    EigenCam,
    ScoreCam,
    GuidedBackprop,
    GuidedGradCam,
    ExpectedGradients,
)

ATTACKS: tuple[type[Attack], ...] = (Fgsm, Pgd, Momentum, DeepFool, CarliniWagner, Square, FewestPixels)

METRICS: tuple[type[Metric], ...] = (
    Deletion,
    Insertion,
    Road,
    Infidelity,
    CompletenessGap,
    MaxSensitivity,
    ParameterRandomisation,
    InputIndependence,
    Agreement,
    Sparseness,
    MassInRegion,
    PointingGame,
)


@cache
def metrics() -> dict[str, type[Metric]]:
    """Every metric by name: the built-in ones, then those of the entry-point group `seewhy.metrics`."""
    added = [entry.load() for entry in entry_points(group="seewhy.metrics")]
    return {metric.name: metric for metric in (*METRICS, *added)}


def metric(name: str) -> type[Metric]:
    """The metric called `name`; LookupError with a suggestion where there is none."""
    if name not in metrics():
        raise LookupError(no_such("metric", name, metrics(), "`seewhy metrics`"))
    return metrics()[name]


def metric_recipe(name: str, settings: Mapping[str, Any]) -> Metric:
    """The metric called `name` with `settings`, checked; raises what `recipe` raises."""
    return checked(metric(name), settings, name, f"`seewhy metrics {name}`")


@cache
def attacks() -> dict[str, type[Attack]]:
    """Every attack by name: the built-in ones, then those of the entry-point group `seewhy.attacks`."""
    added = [entry.load() for entry in entry_points(group="seewhy.attacks")]
    return {attack.name: attack for attack in (*ATTACKS, *added)}


def attack(name: str) -> type[Attack]:
    """The attack called `name`; LookupError with a suggestion where there is none."""
    if name not in attacks():
        raise LookupError(no_such("attack", name, attacks(), "`seewhy attacks`"))
    return attacks()[name]


def attack_recipe(name: str, settings: Mapping[str, Any]) -> Attack:
    """The attack called `name` with `settings`, checked; raises what `recipe` raises."""
    return checked(attack(name), settings, name, f"`seewhy attacks {name}`")


@cache
def own_explainers() -> dict[str, type[Explainer]]:
    """The built-in explainers by name, then those of the entry-point group `seewhy.explainers`."""
    added = [entry.load() for entry in entry_points(group="seewhy.explainers")]
    return {method.name: method for method in (*EXPLAINERS, *added)}


def explainers() -> dict[str, type[Explainer]]:
    """Every explainer by name: our own, and where Captum is installed (it is imported here) what it adds."""
    return own_explainers() | {name: captum_method(name) for name in captum_names()}


def explainer(name: str) -> type[Explainer]:
    """The explainer called `name`; LookupError with a suggestion where there is none.

    Raises also ModuleNotFoundError, naming the extra to install, for a method of Captum where Captum is missing.
    """
    if name in own_explainers():
        return own_explainers()[name]
    if name.startswith(PREFIX) and (name in captum_names() or not captum_names()):
        return captum_method(name)
    raise LookupError(no_such("explainer", name, [*own_explainers(), *captum_names()], "`seewhy methods`"))


def recipe(name: str, settings: Mapping[str, Any]) -> Explainer:
    """The explainer called `name` with `settings`, checked.

    >>> recipe("occlusion", {"patch": 8}).patch
    8

    Raises: LookupError for an unknown method, ValueError for an unknown setting or a value out of range.
    """
    return checked(explainer(name), settings, name, f"`seewhy methods {name}`")


def checked(kind: type[R], settings: Mapping[str, Any], name: str, listing: str) -> R:
    """A recipe of `kind` with `settings`; ValueError says in one sentence which setting is wrong, and why."""
    unknown = sorted(set(settings) - set(kind.model_fields))
    if unknown:
        raise ValueError(no_such(f"setting of {name}", unknown[0], kind.model_fields, listing))
    try:
        return kind(**settings)
    except ValidationError as error:
        raise ValueError("; ".join(_sentence(name, detail, listing) for detail in error.errors())) from None


def _sentence(name: str, detail: ErrorDetails, listing: str) -> str:
    field = ".".join(str(part) for part in detail["loc"][:1])
    wanted = detail["msg"][0].lower() + detail["msg"][1:]
    return f"setting {field} of {name}: {wanted}, got {detail['input']!r}; {listing} describes it"


def datasets() -> dict[str, type[ImageSet]]:
    """Every data set that has a name."""
    return {dataset.name: dataset for dataset in DATASETS}


def dataset(name: str) -> type[ImageSet]:
    """The data set called `name`; LookupError with a suggestion where there is none."""
    if name not in datasets():
        raise LookupError(no_such("data set", name, datasets(), "`seewhy datasets`"))
    return datasets()[name]


def models() -> tuple[str, ...]:
    """The names of the models that come with the package."""
    return pretrained.names()


def no_such(kind: str, name: str, known: Iterable[str], listing: str) -> str:
    """The sentence for a name that does not exist.

    >>> no_such("explainer", "oclusion", ["occlusion"], "`seewhy methods`")
    "no explainer called 'oclusion'; did you mean 'occlusion'? `seewhy methods` lists them"
    """
    near = get_close_matches(name, list(known), n=1)
    meant = f" did you mean {near[0]!r}?" if near else ""
    return f"no {kind} called {name!r};{meant} {listing} lists them"


def describe_attack(kind: type[Attack]) -> dict[str, Any]:
    """An attack as plain data, with the same keys as a method."""
    return _words_of(kind) | {"kind": "attack", "needs": [kind.needs], "group": _group(kind.needs)}


def describe_metric(kind: type[Metric]) -> dict[str, Any]:
    """A metric as plain data: words, formula (MathML), unit, limits, source, and its settings as a JSON schema."""
    needs = [
        kind.needs,
        *(["mask"] if kind.needs_mask else []),
        *(["recipe"] if kind.needs_recipe else []),
        *(["others"] if kind.needs_others else []),
    ]
    return _words_of(kind) | {"kind": "metric", "needs": needs, "better": kind.better, "unit": kind.unit}


def describe_method(method: type[Explainer]) -> dict[str, Any]:
    """An explainer as plain data: words, formula (MathML), limits, source, and its settings as a JSON schema."""
    facts = {"kind": "attribution", "needs": [method.needs], "group": _group(method.needs)}
    return _words_of(method) | facts | {"signed": method().signed}


def _words_of(kind: type[Attack] | type[Metric] | type[Explainer]) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "about": inspect.cleandoc(kind.__doc__ or ""),
        "formula_mathml": kind.formula,
        "limits": list(kind.limits),
        "source": kind.source,
        "link": kind.link,
        "settings": kind.model_json_schema(),
    }


def _group(needs: str) -> str:
    return "model-agnostic" if needs == "scores" else "model-based"
