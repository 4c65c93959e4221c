"""The functions a notebook calls: one line to explain, one line to open the app on a model of your own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from seewhy import catalog
from seewhy.classifiers.base import Classifier
from seewhy.comparisons import Comparison
from seewhy.explainers.base import Explainer
from seewhy.inference.sharing import shared_passes
from seewhy.loading import load
from seewhy.results import Explanation
from seewhy.workbench import Workbench


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


@cache
def _workbench() -> Workbench:
    return Workbench()
