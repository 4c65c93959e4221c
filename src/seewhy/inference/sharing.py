"""Passes that several questions share: inside `shared_passes`, a model is not asked for the same twice.

Perturbation methods ask about the same changed pictures whichever class is explained, and class activation maps read
the same layer; so five classes cost hardly more than one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import torch
from torch import Tensor

from seewhy.classifiers.base import Classifier

T = TypeVar("T")

_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("shared passes", default=None)


@contextmanager
def shared_passes() -> Iterator[None]:
    """Inside, what a model says about a picture is kept until the block ends; the model must not change meanwhile."""
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def sharing() -> bool:
    """Whether passes are shared at the moment."""
    return _known.get() is not None


def shared(what: str, model: Classifier, about: tuple[Hashable, ...], x: Tensor, compute: Callable[[], T]) -> T:
    """`compute()`, or what it gave the last time for the same words `about` and the same values `x`."""
    known = _known.get()
    if known is None:
        return compute()
    key = (what, id(model), *about, digest(x))
    if key not in known:
        known[key] = compute()
    found: T = known[key]
    return found


def digest(x: Tensor) -> tuple[Hashable, ...]:
    """A key for the values of `x`: equal ones have equal keys."""
    raw = x.detach().contiguous().cpu().view(torch.uint8).numpy()
    return str(x.dtype), *x.shape, hashlib.blake2b(raw.data, digest_size=16).digest()
