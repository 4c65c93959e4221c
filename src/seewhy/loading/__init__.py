"""One door for models: an address, a module or a function in, a classifier out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from seewhy.catalog import no_such
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.keras import is_model as is_keras
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.loading.address import Address, parse
from seewhy.loading.keras import open_model as open_keras
from seewhy.loading.kinds import KINDS, names_of_kind, opener
from seewhy.loading.wishes import Numbers, Wishes
from seewhy.zoo import pretrained
from seewhy.zoo.courses import COURSES

__all__ = ["KINDS", "load", "names_of_kind"]


def load(
    thing: Any,
    *,
    labels: Sequence[str] | None = None,
    input_shape: Sequence[int] | None = None,
    mean: Numbers | None = None,
    std: Numbers | None = None,
    name: str | None = None,
) -> Classifier:
    """A classifier from an address, a PyTorch module, a Keras model, a function or an estimator.

    thing: an address such as "mnist-cnn", "torchvision:resnet50" or "keras:model.keras" (`docs/models.md` has them
    all; "@weights.safetensors" behind a name takes local weights); an `nn.Module` giving logits (N, K), or a Keras
    model; or a callable on (N, H, W, C) floats giving probabilities (N, K), or an estimator with `predict_proba`.
    labels, input_shape (C, H, W): needed for everything that does not bring its own.
    mean, std: what the model was trained with, in units of [0, 1]; it sees (x − mean) / std.

    >>> load("mnist-cnn").labels[5]
    '5'

    Raises: LookupError for an unknown name, ValueError for shapes or weights that do not fit, TypeError for a thing
    that is no model, ImportError where an extra must be installed first.
    """
    if isinstance(thing, Classifier):
        return thing
    wishes = Wishes(labels, input_shape, mean, std, name)
    if isinstance(thing, str):
        return _at(parse(thing), wishes)
    if is_keras(thing):
        return open_keras(thing, wishes)
    if labels is None or input_shape is None:
        missing = "labels" if labels is None else "input_shape"
        raise ValueError(f"a model of your own needs labels=… and input_shape=(C, H, W); {missing} is missing")
    adapter = PyTorchClassifier if isinstance(thing, nn.Module) else FunctionClassifier
    return adapter(thing, labels, input_shape, *wishes.normalisation(), name)


def _at(address: Address, wishes: Wishes) -> Classifier:
    if address.kind:
        return opener(address.kind)(address, wishes.and_options(address.options))
    if address.name not in COURSES:
        known = [*COURSES, *(f"{kind}:" for kind in KINDS)]
        raise LookupError(no_such("model", address.name, known, "`seewhy models`"))
    if address.options or wishes.said():
        what = ", ".join([*wishes.said(), *address.options])
        raise ValueError(f"{address.name} brings its own labels, input and normalisation; leave out {what}")
    return pretrained.load(address.name, address.weights)
