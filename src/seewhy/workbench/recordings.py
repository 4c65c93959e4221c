"""What rules are made from: a model's layers over a data set's two splits, recorded once. Knows no rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from seewhy.classifiers.base import Classifier, LayerInfo
from seewhy.datasets.base import ImageSet
from seewhy.inference.activations import Activations, record

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench

USUAL = 2  # layers that rules are looked for in where nobody chose


class Splits(NamedTuple):
    """Two splits of a data set: rules are learned on one and judged on the other."""

    train: str
    test: str


def splits_of(data: ImageSet) -> Splits:
    """The split to learn on and the one to judge by; a data set with one split has only that one for both."""
    train = "train" if "train" in data.splits else data.splits[0]
    others = [split for split in data.splits if split != train]
    return Splits(train, "test" if "test" in others else next(iter(others), train))


def recorded(
    bench: Workbench, address: str, data: str, split: str, layers: Sequence[str], size: int | None
) -> Activations:
    """The outputs of `layers` over a split, from disk or computed here and now, with progress."""
    return record(bench.model(address), bench.dataset(data), split, layers, size, bench.cache / "activations")


def check_layers(model: Classifier, address: str, layers: Sequence[str]) -> None:
    """Refuse a model that hides its layers, and layers it does not have."""
    from seewhy import catalog

    known = model.layers()
    if not known:
        raise TypeError(f"{address} shows no layers; rules need a model whose hidden layers can be read")
    for layer in layers:
        if layer not in known:
            raise LookupError(catalog.no_such(f"layer of {address}", layer, known, f"`seewhy models {address}`"))


def usual_layers(model: Classifier) -> tuple[str, ...]:
    """The layers where rules are looked for unless somebody chooses.

    Poolings, else the last layers before the maps get smaller, else the last layers before the scores.
    """
    layers = list(model.layers().values())
    spatial = [layer for layer in layers if layer.spatial]
    pools = [layer for layer in spatial if "Pool" in layer.kind]
    chosen = pools if len(pools) >= USUAL else _ends(spatial) or layers[:-1] or layers
    return tuple(layer.name for layer in chosen[-USUAL:])


def describe(bench: Workbench, address: str) -> dict[str, Any]:
    """What rules of a model can be made of: its layers and the data sets with its classes, as plain data."""
    model = bench.model(address)
    check_layers(model, address, ())
    usual = usual_layers(model)
    facts = bench.describe_datasets()
    fitting = bench.describe_model(address)["datasets"]
    return {
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "shape": list(layer.shape),
                "units": _units(layer),
                "default": layer.name in usual,
            }
            for layer in model.layers().values()
        ],
        "datasets": [
            {"name": one["name"], "title": one["title"], "splits": list(one["splits"]), "available": one["available"]}
            for one in facts
            if one["name"] in fitting and one["available"]
        ],
    }


def _ends(layers: Sequence[LayerInfo]) -> list[LayerInfo]:
    """The last layer of each size."""
    last = {layer.shape[1:]: layer for layer in layers}
    return list(last.values())


def _units(layer: LayerInfo) -> int:
    count = 1
    for side in layer.shape:
        count *= side
    return count
