"""Asking for rules in one call, about any picture, and putting them into a file; knows the runs about rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seewhy import images
from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.chains import Chain
from seewhy.reports import rules
from seewhy.workbench.addresses import Picture
from seewhy.workbench.kinds.asking import Asked, found
from seewhy.workbench.kinds.chain import ChainPlan, ChainTask, rules_in
from seewhy.workbench.kinds.interpolant import InterpolantPlan, InterpolantTask
from seewhy.workbench.recordings import describe, recorded, splits_of, usual_layers

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench

OTHERS = 9  # pictures beside the one in question in a report


def because(
    bench: Workbench,
    model: str,
    image: Any,
    *,
    data: str | None = None,
    layer: str | None = None,
    conclusion: Any = "argmax",
    settings: Mapping[str, Any] | None = None,
) -> Interpolant:
    """A rule at `layer` that decides what `model` says of `image`.

    image: an address, or any picture.
    data: by default the first data set here that has the model's classes; layer: by default the last pooling layer.

    Raises: LookupError, ValueError, TypeError, each in one sentence.
    """
    wish = {"model": model, "data": data or usual_data(bench, model), "conclusion": conclusion}
    wish |= {"layer": layer or usual_layers(bench.model(model))[-1], "settings": dict(settings or {})}
    if isinstance(image, str):
        return Interpolant.from_plain(bench.ask(InterpolantTask(image=image, **wish)).describe())
    task = InterpolantTask(image="pixels", **wish)
    return InterpolantPlan("", task, _asked(bench, task, [task.layer], image), ()).interpolant(bench)


def chain(
    bench: Workbench,
    model: str,
    image: Any,
    *,
    data: str | None = None,
    layers: Sequence[str] = (),
    conclusion: Any = "argmax",
    settings: Mapping[str, Any] | None = None,
) -> Chain:
    """Rules from what `model` says of `image` down to the lowest of `layers`; raises what `because` raises."""
    wish = {"model": model, "data": data or usual_data(bench, model), "conclusion": conclusion}
    wish |= {"layers": tuple(layers) or usual_layers(bench.model(model)), "settings": dict(settings or {})}
    if isinstance(image, str):
        return Chain.from_plain(bench.ask(ChainTask(image=image, **wish)).describe())
    task = ChainTask(image="pixels", **wish)
    names = list(bench.model(model).layers())
    asked = _asked(bench, task, task.layers, image)
    ordered = task.model_copy(update={"layers": tuple(sorted(task.layers, key=names.index, reverse=True))})
    return ChainPlan("", ordered, asked).chain(bench)


def usual_data(bench: Workbench, model: str) -> str:
    """The first data set on this computer with the classes and the size of `model`; LookupError where there is none."""
    fitting = describe(bench, model)["datasets"]
    if not fitting:
        raise LookupError(f"no data set here has the classes and the size of {model}; name one, see `seewhy datasets`")
    return str(fitting[0]["name"])


def report(bench: Workbench, found: Iterable[Mapping[str, Any] | Interpolant], place: str = "") -> str:
    """Rules, given as they are or as the facts of runs of kind "interpolant" or "chain", as one HTML file.

    place: the part of an address that leads back to the screen.
    """
    shown: list[rules.Shown] = []
    for one in found:
        if isinstance(one, Interpolant):
            shown.append(_shown(bench, one, 0))
        elif "root" in one:
            shown += [_shown(bench, Interpolant.from_plain(rule), depth) for depth, _, rule in rules_in(one)]
        else:
            shown.append(_shown(bench, Interpolant.from_plain(one), len(shown)))
    if not shown:
        raise ValueError("a report needs at least one rule, got none; find one first")
    first = shown[0].rule
    said = first.conclusion.describe(first.labels)["text"]
    return rules.to_html(f"Because: {first.model} {said}", shown, place)


def _asked(bench: Workbench, task: InterpolantTask | ChainTask, layers: Sequence[str], image: Any) -> Asked:
    picture = Picture(images.fit(images.read(image), bench.model(task.model).input_shape), "")
    return found(bench, task, layers, picture)


def _shown(bench: Workbench, rule: Interpolant, depth: int) -> rules.Shown:
    """A rule beside pictures of the test split that satisfy it too; of a picture without an address, only these."""
    data = bench.dataset(rule.data)
    split = splits_of(data).test
    layers = tuple(dict.fromkeys((rule.layer, *rule.conclusion.layers)))
    activations = recorded(bench, rule.model, rule.data, split, layers, int(rule.settings.get("size", 20_000)))
    places = np.flatnonzero(activations.of(rule.premise))[: OTHERS + 1].tolist()
    addresses = [address for address in (data.address(split, at) for at in places) if address != rule.image][:OTHERS]
    others = [(address, _pixels(bench, address, rule.model)) for address in addresses]
    if rule.image:
        return rules.Shown(rule, _pixels(bench, rule.image, rule.model), tuple(others), depth)
    return rules.Shown(rule, np.zeros(bench.model(rule.model).input_shape, np.float32), tuple(others), depth)


def _pixels(bench: Workbench, address: str, model: str) -> NDArray[np.float32]:
    return bench.image(address, model).image
