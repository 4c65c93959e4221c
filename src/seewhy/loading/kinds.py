"""The kinds of model addresses, and who opens each; a kind's framework is imported when the first one is opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import NamedTuple

from seewhy.catalog import no_such
from seewhy.classifiers.base import Classifier
from seewhy.loading.address import Address
from seewhy.loading.wishes import Wishes

Opener = Callable[[Address, Wishes], Classifier]


class Kind(NamedTuple):
    """A kind of address: the module that opens it, the extra it needs ("" for none), whether its names are known."""

    module: str
    extra: str
    named: bool = False


KINDS: dict[str, Kind] = {
    "torchvision": Kind("seewhy.loading.torchvision", "zoo", named=True),
    "timm": Kind("seewhy.loading.timm", "zoo", named=True),
    "keras": Kind("seewhy.loading.keras", "keras", named=True),
    "onnx": Kind("seewhy.loading.onnx", "onnx"),
    "export": Kind("seewhy.loading.exported", ""),
    "sklearn": Kind("seewhy.loading.sklearn", "sklearn"),
    "http": Kind("seewhy.loading.served", ""),
}


IMPORTED = Kind("seewhy.loading.imported", "")
_IMPORTABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def opener(kind: str) -> Opener:
    """What opens addresses of `kind`, which is the name of a Python module where it is none of ours.

    Raises: LookupError with a suggestion for a misspelt kind.
    """
    if kind in KINDS:
        return _opening(KINDS[kind])
    near = get_close_matches(kind, KINDS, n=1)
    if near or not _IMPORTABLE.fullmatch(kind):
        raise LookupError(no_such("kind of model", kind, KINDS, "docs/models.md"))
    return _opening(IMPORTED)


def names_of_kind(kind: str) -> list[str]:
    """The names that addresses of `kind` can have.

    Raises: LookupError where there is no such kind, or where its models are files.
    """
    named = [name for name, one in KINDS.items() if one.named]
    if kind not in named:
        raise LookupError(no_such("kind of model with names", kind, named, "docs/models.md"))
    with _extra(kind, KINDS[kind].extra):
        names: list[str] = import_module(KINDS[kind].module).names()
        return names


def _opening(kind: Kind) -> Opener:
    def opened(address: Address, wishes: Wishes) -> Classifier:
        with _extra(address.kind, kind.extra):
            made: Opener = import_module(kind.module).open_address
            return made(address, wishes)

    return opened


@contextmanager
def _extra(kind: str, extra: str) -> Iterator[None]:
    """Inside, a package that is missing is said together with what installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if not extra or (error.name or "").startswith("seewhy"):
            raise
        raise ImportError(
            f"{kind}: models need the package {error.name}; pip install 'seewhy[{extra}]'", name=error.name
        ) from None
