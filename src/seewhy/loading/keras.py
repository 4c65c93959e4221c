"""`keras:PATH` and `keras:NAME[@FILE]`: a saved Keras model, or one of Keras's applications."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seewhy.catalog import no_such
from seewhy.classifiers import keras as framework
from seewhy.classifiers.keras import KerasClassifier
from seewhy.classifiers.keras_files import read_model, read_weights
from seewhy.classifiers.pytorch import count_classes
from seewhy.images import WHOLE, Framing
from seewhy.loading.address import Address
from seewhy.loading.labelling import labels_for
from seewhy.loading.seeding import seeded
from seewhy.loading.wishes import Wishes

FRAMING = Framing(0.875, "bilinear")  # the 224 pixels in the middle of 256, as these networks were tested


def names() -> list[str]:
    """Every application of Keras."""
    return [one for one in dir(framework.imported().applications) if one[0].isupper()]


def open_address(address: Address, wishes: Wishes) -> KerasClassifier:
    """The model with its weights; an application with its preprocessing and ImageNet's labels.

    Options of an application: weights=random with seed, classes, alpha.
    """
    if "." in address.name or "/" in address.name or "\\" in address.name:
        wishes.only("keras:", ())
        file = Path(address.name).expanduser()
        named = wishes if wishes.name else replace(wishes, name=file.stem)
        return open_model(read_model(file), named, {"title": f"{file.name}, Keras", "source": address.name})
    return _application(address, wishes)


def open_model(model: Any, wishes: Wishes, about: dict[str, Any] | None = None) -> KerasClassifier:
    """A Keras model as a classifier, with what is wished for."""
    framework.imported()
    return _made(model, wishes, wishes.normalisation(), about or {}, WHOLE, bgr=False)


def _application(address: Address, wishes: Wishes) -> KerasClassifier:
    keras, name = framework.imported(), address.name
    if name not in names():
        raise LookupError(no_such("Keras application", name, names(), "`seewhy models keras:`"))
    settings = wishes.only("keras:", ("weights", "seed", "classes", "alpha"))
    which, seed = settings.pop("weights", None), settings.pop("seed", 0)
    if which not in (None, "random"):
        raise ValueError(f"weights of a Keras application are published, @FILE or random, got weights={which!r}")
    constructor = getattr(keras.applications, name)
    if wishes.input_shape is not None:
        channels, height, width = wishes.input_shape
        settings["input_shape"] = (height, width, channels)
    published = which is None and address.weights is None
    with seeded(seed), contextlib.redirect_stdout(sys.stderr):  # where Keras tells how its download goes
        keras.utils.set_random_seed(seed)
        model = _built(constructor, name, settings, published)
    if address.weights is not None:
        read_weights(model, address.weights)
    mean, std, bgr = framework.normalisation_of(sys.modules[constructor.__module__].preprocess_input)
    weights = address.weights.name if address.weights else which or "imagenet"
    about = {"title": f"{name}, Keras", "about": f"Weights: {weights}."}
    return _made(model, wishes, wishes.normalisation(mean, std), about, FRAMING, bgr)


def _built(constructor: Any, name: str, settings: dict[str, Any], published: bool) -> Any:
    try:
        return constructor(weights="imagenet" if published else None, classifier_activation=None, **settings)
    except TypeError as error:
        raise ValueError(f"keras:{name} does not take these options: {error}; leave them out") from None
    except Exception as error:  # Keras turns what the network says into a bare Exception
        if type(error) is not Exception and not isinstance(error, OSError):
            raise
        reason = " ".join(str(error).split())[:160]
        raise ConnectionError(
            f"the weights of {name} could not be downloaded ({reason}); put a file behind @"
        ) from None


def _made(
    model: Any,
    wishes: Wishes,
    normalisation: tuple[Any, Any],
    about: dict[str, Any],
    framing: Framing,
    bgr: bool,
) -> KerasClassifier:
    name = wishes.name or str(model.name)
    shape = _shape(framework.image_shape(model), wishes.input_shape, name)
    labels = labels_for(name, count_classes(framework.as_module(model, bgr), shape), wishes.labels)
    mean, std = normalisation
    return KerasClassifier(model, labels, shape, mean, std, name, about, framing, bgr)


def _shape(own: Sequence[int | None], wish: Sequence[int] | None, name: str) -> tuple[int, ...]:
    shape = tuple(wish) if wish is not None and None in own else own
    if None in shape:
        raise ValueError(f"{name} takes images of any size; say which: input_shape=(3, 224, 224), or ?input=3x224x224")
    return tuple(int(side) for side in shape if side is not None)
