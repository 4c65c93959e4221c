"""`package.module:attribute`: a model that the person's own code makes. Imports it, so it runs that code."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import nn

from seewhy.catalog import no_such
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.keras import is_model
from seewhy.classifiers.pytorch import PyTorchClassifier, count_classes
from seewhy.loading.address import Address
from seewhy.loading.keras import open_model
from seewhy.loading.labelling import labels_for
from seewhy.loading.wishes import Wishes
from seewhy.zoo.states import fill


def open_address(address: Address, wishes: Wishes) -> Classifier:
    """What the attribute is, or gives when it is called with the address's options.

    A function or class is called where its arguments are all known; a function that needs an argument is the model.
    """
    found = _attribute(address)
    if _makes(found):
        try:
            found = found(**wishes.others)
        except TypeError as error:
            raise ValueError(f"{address.text.partition('?')[0]} does not take these options: {error}") from None
    else:
        wishes.only(f"{address.kind}:{address.name}", ())
    if isinstance(found, Classifier):
        return found
    name = wishes.name or address.name
    if is_model(found):
        return open_model(found, replace(wishes, name=name))
    if wishes.input_shape is None:
        raise ValueError(f"{address.text} does not say what images it takes; say it: ?input=3x224x224")
    mean, std = wishes.normalisation()
    if isinstance(found, nn.Module):
        if address.weights is not None:
            fill(found, address.weights, name)
        labels = labels_for(name, count_classes(found, wishes.input_shape), wishes.labels)
        return PyTorchClassifier(found, labels, wishes.input_shape, mean, std, name)
    if wishes.labels is None:
        raise ValueError(f"{address.text} does not say its classes; name them: ?labels=cat,dog")
    return FunctionClassifier(found, wishes.labels, wishes.input_shape, mean, std, name)


def _attribute(address: Address) -> Any:
    with _from_here():
        try:
            module = import_module(address.kind)
        except ModuleNotFoundError as error:
            if error.name and not address.kind.startswith(error.name):
                raise
            raise LookupError(
                f"no Python module called {address.kind!r}; is it in this folder, or installed?"
            ) from None
    found: Any = module
    for part in address.name.split("."):
        if part.startswith("_") or not hasattr(found, part):
            known = [name for name in dir(found) if not name.startswith("_")]
            raise LookupError(no_such(f"attribute of {address.kind}", part, known, f"dir({address.kind})"))
        found = getattr(found, part)
    return found


def _makes(found: Any) -> bool:
    """Whether calling `found` makes a model, rather than asks one."""
    if (
        isinstance(found, nn.Module | Classifier)
        or is_model(found)
        or not (inspect.isroutine(found) or inspect.isclass(found))
    ):
        return False
    return not any(
        parameter.default is parameter.empty
        for parameter in inspect.signature(found).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    )


@contextmanager
def _from_here() -> Iterator[None]:
    """Inside, modules are looked for in the current folder too, as `python -m` does."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)
