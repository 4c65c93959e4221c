"""The data sets that have a name, and their splits by address, such as digits/train. Knows no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from seewhy.datasets.base import ImageSet
from seewhy.datasets.cifar10 import Cifar10
from seewhy.datasets.digits import Digits
from seewhy.datasets.mnist import Mnist
from seewhy.datasets.shortcuts import Shortcuts

DATASETS: tuple[type[ImageSet], ...] = (Digits, Mnist, Cifar10, Shortcuts)


def split_of(address: str) -> tuple[str, str]:
    """The data set and the split that "digits/train" names; nothing is opened.

    >>> split_of("digits/train")
    ('digits', 'train')

    Raises: ValueError where there is no such set or split.
    """
    known = [f"{made.name}/{split}" for made in DATASETS for split in made.splits]
    if address not in known:
        raise ValueError(f"a split of a data set was wanted, got {address[:80]!r}; there are {', '.join(known)}")
    name, split = address.split("/")
    return name, split


def open_split(address: str) -> tuple[ImageSet, str]:
    """The data set that a recipe names, opened by whatever opener is in place, and the split's name."""
    name, split = split_of(address)
    return _opener.get()(name), split


@contextmanager
def datasets_opened_by(opener: Callable[[str], ImageSet]) -> Iterator[None]:
    """Inside, `open_split` asks `opener` for the set, which knows where data is kept."""
    token = _opener.set(opener)
    try:
        yield
    finally:
        _opener.reset(token)


@cache
def _opened(name: str) -> ImageSet:
    return next(made for made in DATASETS if made.name == name)()


_opener: ContextVar[Callable[[str], ImageSet]] = ContextVar("opener", default=_opened)
