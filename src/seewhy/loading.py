"""One door for models: a name, a module or a function in, a classifier out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from seewhy.catalog import models, no_such
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.zoo import pretrained


def load(
    thing: Any,
    *,
    labels: Sequence[str] | None = None,
    input_shape: Sequence[int] | None = None,
    mean: float | Sequence[float] = 0.0,
    std: float | Sequence[float] = 1.0,
    name: str | None = None,
) -> Classifier:
    """A classifier from a name, a PyTorch module, a function or a scikit-learn estimator.

    thing: "mnist-cnn" (or "mnist-cnn@weights.safetensors" for local weights); an `nn.Module` giving logits (N, K); or
    a callable on (N, H, W, C) floats giving probabilities (N, K), or an estimator with `predict_proba`.
    labels, input_shape (C, H, W): needed for everything that is not a name.
    mean, std: what the model was trained with, in units of [0, 1]; it sees (x − mean) / std.

    >>> load("mnist-cnn").labels[5]
    '5'

    Raises: LookupError for an unknown name, ValueError for shapes or weights that do not fit, TypeError for a thing
    that is no model.
    """
    if isinstance(thing, Classifier):
        return thing
    if isinstance(thing, str):
        return _by_name(thing)
    if labels is None or input_shape is None:
        missing = "labels" if labels is None else "input_shape"
        raise ValueError(f"a model of your own needs labels=… and input_shape=(C, H, W); {missing} is missing")
    adapter = PyTorchClassifier if isinstance(thing, nn.Module) else FunctionClassifier
    return adapter(thing, labels, input_shape, mean, std, name)


def _by_name(address: str) -> Classifier:
    name, _, weights = address.partition("@")
    if name not in models():
        raise LookupError(no_such("model", name, models(), "`seewhy models`"))
    return pretrained.load(name, Path(weights).expanduser() if weights else None)
