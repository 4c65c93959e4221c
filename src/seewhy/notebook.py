"""The functions a notebook calls: one line to explain, one line to open the app on a model of your own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from seewhy import catalog
from seewhy.attacks.least_evidence import Evidence, LeastEvidence
from seewhy.attacks.resemblance import KnownImages
from seewhy.attacks.results import Adversarial
from seewhy.attacks.rubbish import Nonsense, RubbishImage
from seewhy.checks import Diagnosis
from seewhy.classifiers.base import Classifier
from seewhy.comparisons import Comparison
from seewhy.explainers import sweeping
from seewhy.explainers.base import Explainer
from seewhy.hardening.results import Hardened
from seewhy.holes import Holes
from seewhy.inference.sharing import shared_passes
from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.chains import Chain
from seewhy.loading import load
from seewhy.metrics.results import Measurement
from seewhy.results import Explanation
from seewhy.sweeps import Sweep
from seewhy.verdicts import figure
from seewhy.verdicts.figure import Trust
from seewhy.workbench import Workbench, hardening, measuring
from seewhy.workbench import because as rules
from seewhy.workbench.examining import examine


def explain(
    model: Classifier | str,
    image: Any,
    method: str = "integrated-gradients",
    *,
    target: Any = "argmax",
    **settings: Any,
) -> Explanation:
    """Why does `model` see `target` in `image`?

    model: a classifier from `seewhy.load`, or its name.
    image: any picture: a path, an array in [0, 1] or of bytes, a PIL image, or an address such as "digits/test/3".
    target: "argmax", an index, a label, or {"class": …, "versus": …, "output": "logit" | "probability"}.
    settings: the fields of the method, see `seewhy methods NAME`.

    >>> explain("mnist-cnn", "digits/test/3", "occlusion", patch=7, stride=7).values.shape
    (28, 28)

    Raises: LookupError for an unknown model, method, address or label; ValueError for a bad picture, setting or
    target; TypeError where the model cannot do what the method needs.
    """
    recipe = catalog.recipe(method, settings)
    classifier = load(model)
    if isinstance(image, str | os.PathLike):
        picture = _workbench().image(os.fspath(image))
        return recipe(classifier, picture.image, target).at(picture.address, picture.label)
    return recipe(classifier, image, target)


def compare(
    model: Classifier | str,
    image: Any,
    methods: Sequence[str | Explainer] = ("integrated-gradients", "occlusion", "grad-cam"),
    *,
    targets: Sequence[Any] = ("argmax",),
) -> Comparison:
    """Ask the same question in several ways, for one or more classes.

    methods: names, or recipes such as `Occlusion(patch=8)`. targets: see `explain`.

    >>> sheet = compare("mnist-cnn", "digits/test/12", ["occlusion", "saliency"], targets=[5, 6])
    >>> len(sheet.rows), sheet.methods[1]
    (2, 'Saliency (absolute True)')

    Raises: what `explain` raises.
    """
    classifier = load(model)
    recipes = [catalog.recipe(method, {}) if isinstance(method, str) else method for method in methods]
    picture, address, label = _opened(image)
    with shared_passes():
        rows = [[recipe(classifier, picture, target).at(address, label) for recipe in recipes] for target in targets]
    return Comparison(tuple(tuple(row) for row in rows))


def explain_all(
    model: Classifier | str,
    images: Sequence[Any],
    method: str = "integrated-gradients",
    *,
    targets: Sequence[Any] = ("argmax",),
    **settings: Any,
) -> tuple[tuple[Explanation, ...], ...]:
    """Explain several pictures, each for several targets: a row for each picture, in it one explanation a target.

    Pictures go through the method together, and the passes that all targets need are made once.

    >>> rows = explain_all("mnist-cnn", ["digits/test/3", "digits/test/4"], "grad-cam", targets=[3, 5, 8])
    >>> len(rows), len(rows[0])
    (2, 3)

    Raises: what `explain` raises.
    """
    recipe, classifier = catalog.recipe(method, settings), load(model)
    found = [_opened(image) for image in images]
    rows = recipe.many(classifier, [picture for picture, _, _ in found], targets)
    return tuple(
        tuple(one.at(address, label) for one in row) for row, (_, address, label) in zip(rows, found, strict=True)
    )


def attack(
    model: Classifier | str,
    image: Any,
    method: str = "fgsm",
    *,
    label: int | str | None = None,
    target: int | str | None = None,
    **settings: Any,
) -> Adversarial:
    """Change `image` as little as `method` can, so that `model` no longer sees what is on it.

    label: the true class; without one, the picture's own label, or what the model sees. target: a class to reach.
    settings: the fields of the attack, see `seewhy attacks NAME`.

    >>> attack("mnist-cnn", "digits/test/12", epsilon=0.2).success
    True

    Raises: what `explain` raises.
    """
    recipe, classifier = catalog.attack_recipe(method, settings), load(model)
    picture, address, truth = _found(image, classifier)
    return recipe(classifier, picture, truth if label is None else label, target).at(address)


def least(model: Classifier | str, image: Any, *, target: int | str | None = None, **settings: Any) -> Evidence:
    """The least part of `image` that keeps `model` sure of `target`; by default of what it sees.

    settings: the fields of `LeastEvidence`, such as pieces="strokes".

    >>> least("mnist-cnn", "digits/test/12", pieces="strokes").minimal
    True

    Raises: what `explain` raises.
    """
    classifier = load(model)
    usual = LeastEvidence.suited_to(classifier).model_dump()
    recipe = catalog.checked(LeastEvidence, usual | settings, "least evidence", "`seewhy least --help`")
    picture, address, _ = _found(image, classifier)
    return recipe(classifier, picture, target).at(address)


def nonsense(model: Classifier | str, target: int | str, *, data: str | None = None, **settings: Any) -> Nonsense:
    """A picture that means nothing and that `model` takes for `target`.

    data: a data set whose images it is compared with. settings: the fields of `RubbishImage`, such as form="strokes".

    >>> nonsense("mnist-cnn", "2", form="strokes", amount=3).accepted
    True

    Raises: what `explain` raises.
    """
    classifier = load(model)
    recipe = catalog.checked(RubbishImage, settings, "nonsense", "`seewhy fool --help`")
    known = None if data is None else KnownImages(_workbench().dataset(data), classifier.input_shape)
    return recipe(classifier, target, known)


def harden(
    model: Classifier | str,
    holes: Holes | str | Path | None = None,
    *,
    data: str | None = None,
    out: str | Path | None = None,
    **settings: Any,
) -> Hardened:
    """Fine-tune a copy of `model` so that kept holes, and rubbish like them, no longer pass for classes.

    holes: the folder they were kept in; by default this person's. data: the data set to train and measure on; by
    default the largest at hand with the model's images and classes. out: where the weights go, as .safetensors; a card
    lies beside them, and `load("mnist-cnn@hardened.safetensors")` opens them. settings: the fields of `Hardening`.

    Raises: TypeError for a model that cannot be trained; LookupError for an unknown model or data set; ValueError for a
    setting that is not possible and for data without the model's classes.
    """
    bench, name = _bench_of(model)
    folder = holes if isinstance(holes, Holes) else Holes(holes)
    return hardening.harden(bench, name, folder, data, settings, None if out is None else Path(out))


def because(
    model: Classifier | str,
    image: Any,
    *,
    data: str | None = None,
    layer: str | None = None,
    conclusion: Any = "argmax",
    **settings: Any,
) -> Interpolant:
    """Which facts about a hidden layer decide what `model` says of `image`?

    image: any picture, as for `explain`.
    data: the data set that the rule is learned and judged on; by default the first one with the model's classes.
    layer: where the facts are looked for; by default the last pooling layer.
    conclusion: "argmax", or a fact such as "class 5" or "pool2: v(3,2,40) >= 0.7".
    settings: alpha, gamma, mu, size, ensemble, seed; see `interpolants.search.Search`.

    >>> rule = because("mnist-cnn", "digits/train/5", data="digits", layer="pool2")
    >>> str(rule.conclusion), rule.train.f
    ('class 3', 0)

    Raises: LookupError for an unknown model, layer, data set or address; ValueError for a setting that is not
    possible; TypeError where the model hides its layers.
    """
    bench, name = _bench_of(model)
    return rules.because(bench, name, _picture(image), data=data, layer=layer, conclusion=conclusion, settings=settings)


def chain(
    model: Classifier | str,
    image: Any,
    *,
    data: str | None = None,
    layers: Sequence[str] = (),
    conclusion: Any = "argmax",
    **settings: Any,
) -> Chain:
    """The rule behind what `model` says of `image`, why each of its conditions holds, and so on down the `layers`.

    layers: by default the last two pooling layers; the rest and what it raises are as in `because`.
    """
    bench, name = _bench_of(model)
    return rules.chain(bench, name, _picture(image), data=data, layers=layers, conclusion=conclusion, settings=settings)


def sweep(
    model: Classifier | str,
    image: Any,
    method: str = "integrated-gradients",
    *,
    baselines: str | Sequence[str] = "all",
    data: str | None = None,
    target: Any = "argmax",
    **settings: Any,
) -> Sweep:
    """Explain with one baseline after the other, and tell which evidence survives them all.

    baselines: "all" (black, white, grey, blur, noise) or a list; data: a split such as "digits/train", whose mean and
    whose first image are added where the method takes pictures. target, settings: see `explain`.

    >>> found = sweep("mnist-cnn", "digits/test/12", "occlusion", baselines=["black", "white"])
    >>> found.surviving.shape, 0 <= found.share <= 1
    ((28, 28), True)

    Raises: what `explain` raises, also TypeError for a method without a baseline.
    """
    classifier = load(model)
    setting, recipes = sweeping.recipes(catalog.recipe(method, settings), baselines, data)
    picture, address, label = _opened(image)
    with _workbench().reading():
        row = tuple(recipe(classifier, picture, target).at(address, label) for recipe in recipes.values())
    return Sweep(setting, tuple(recipes), row)


def measure(
    model: Classifier | str,
    why: Explanation,
    metric: str = "deletion",
    *,
    mask: Any = None,
    others: Sequence[Explanation] = (),
    **settings: Any,
) -> Measurement:
    """How good is the map `why`, and how good are random maps that are as smooth?

    metric, settings: see `seewhy metrics`. mask: where the evidence truly is: (H, W) of 0 and 1, a picture that is
    bright there, or its address. others: explanations to hold it against, for "agreement".

    >>> network = load("mnist-cnn")
    >>> score = measure(network, explain(network, "digits/test/12"), "deletion", steps=16)
    >>> score.value < score.chance, score.verdict
    (True, 'better')

    Raises: LookupError for an unknown metric; ValueError for a setting, a mask or a map that is not possible;
    TypeError where the model cannot do what the metric needs.
    """
    recipe, classifier = catalog.metric_recipe(metric, settings), load(model)
    with _workbench().reading():
        if isinstance(mask, str | os.PathLike):
            mask = measuring.mask_at(_workbench(), os.fspath(mask), why.address, classifier)
        elif mask is not None:
            mask = measuring.as_mask(mask, classifier)
        return measuring.measured(classifier, why, recipe, mask, [other.values for other in others])


def trust(model: Classifier | str, why: Explanation) -> Trust:
    """How far is the map `why` to be believed? The share of random maps as smooth that it beats, by 17 passes.

    >>> network = load("mnist-cnn")
    >>> trust(network, explain(network, "digits/test/12")).word
    'trust'

    Raises: ValueError where `why` is a map of another model.
    """
    return figure.trust(load(model), why)


def doctor(
    model: Classifier | str,
    image: Any = None,
    method: str | None = None,
    *,
    target: Any = "argmax",
    data: str = "auto",
    segments: Any = None,
    **settings: Any,
) -> Diagnosis:
    """Look for the mistakes that make heat maps of `model` mislead; with `image` and `method` also those of its map.

    data: labelled images for the normalisation, such as "digits/test"; "auto" or "none".
    segments: (H, W) ids that you give to a tool. target, settings: see `explain`.

    >>> doctor("mnist-cnn", "digits/test/3").clean
    True

    Raises: what `explain` raises.
    """
    classifier, (picture, address, _) = load(model), _opened(image)
    recipe = None if method is None else catalog.recipe(method, settings)
    if method is None and settings:
        raise ValueError(f"settings belong to a method, got {sorted(settings)} without one; name the method")
    ids = None if segments is None else np.asarray(segments)
    return examine(_workbench(), classifier, picture, recipe, target=target, data=data, segments=ids, address=address)


def serve(*models: Classifier, port: int = 8765, cache: Path | None = None, open_browser: bool = True) -> None:
    """Open the web app on models of your own, beside those that come with the package; returns when it is stopped."""
    from seewhy.web.app import serve as run

    bench = Workbench(cache=cache, models={model.name: model for model in models}, paths=False)
    run(bench, "127.0.0.1", port, open_browser=open_browser)


def _opened(image: Any) -> tuple[Any, str | None, int | None]:
    """The picture, and its address and label where it has them."""
    if not isinstance(image, str | os.PathLike):
        return image, None, None
    found = _workbench().image(os.fspath(image))
    return found.image, found.address, found.label


def _found(image: Any, model: Classifier) -> tuple[Any, str | None, int | None]:
    """The picture, its address and its class among the model's, where it has them."""
    if not isinstance(image, str | os.PathLike):
        return image, None, None
    found = _workbench().image(os.fspath(image))
    return found.image, found.address, found.truth_for(model.labels)


def _bench_of(model: Classifier | str) -> tuple[Workbench, str]:
    """A workbench that knows `model`, and the model's name there."""
    if isinstance(model, str):
        return _workbench(), model
    return Workbench(models={model.name: model}), model.name


def _picture(image: Any) -> Any:
    return os.fspath(image) if isinstance(image, os.PathLike) else image


@cache
def _workbench() -> Workbench:
    return Workbench()
