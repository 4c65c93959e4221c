"""A class by its index or its name; knows names only."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def index_of(wish: int | str, labels: Sequence[str]) -> int:
    """The index of the class that `wish` means: an index, a label in any case, or an index as text.

    >>> index_of("Dog", ["cat", "dog"]), index_of("0", ["cat", "dog"])
    (1, 0)

    Raises: LookupError for a label that does not exist, ValueError for anything else that is no class.
    """
    if isinstance(wish, str):
        return _named(wish, labels)
    if isinstance(wish, bool) or not isinstance(wish, int):
        raise ValueError(f"a class is an index or a label, got {wish!r}")
    if not 0 <= wish < len(labels):
        raise ValueError(f"a class index must be from 0 to {len(labels) - 1}, got {wish}")
    return wish


def _named(wish: str, labels: Sequence[str]) -> int:
    plain = wish.replace("_", " ")  # as files and folders are often named
    exact = [i for i, label in enumerate(labels) if label in (wish, plain)]
    matches = exact or [i for i, label in enumerate(labels) if label.casefold() in (wish.casefold(), plain.casefold())]
    if len(matches) > 1:
        raise ValueError(f"{len(matches)} classes are called {wish!r}; use an index: {', '.join(map(str, matches))}")
    if matches:
        return matches[0]
    if wish.lstrip("-").isdecimal():
        return index_of(int(wish), labels)
    near = get_close_matches(wish, labels, n=1)
    hint = (
        f"; did you mean {near[0]!r}?"
        if near
        else f"; the classes are {', '.join(labels[:12])}" + " …" * (len(labels) > 12)
    )
    raise LookupError(f"no class called {wish!r}{hint}")
