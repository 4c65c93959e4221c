"""Predicates from text that people write, such as `features.6: v(5,0,44) >= 1.06 & v(6,3,62) <= 0.5`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from seewhy.classifiers.labels import index_of
from seewhy.predicates.kinds import Bound, Conjunction, Margin, Negation, Op, Predicate, PredictsClass

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TOKENS = re.compile(
    rf"""\s*(?:
      (?P<layer>"(?:[^"\\]|\\.)*"|[^\s"&():,]+)\s*:(?=\s*v\s*\()
    | (?P<bound>v\s*\(\s*(?P<unit>\d+(?:\s*,\s*\d+)*)\s*\)\s*(?P<op>>=|<=|≥|≤)\s*(?P<threshold>{_NUMBER}))
    | margin\s*\(\s*(?P<ahead>"(?:[^"\\]|\\.)*"|[^,()"]+?)\s*,\s*(?P<behind>"(?:[^"\\]|\\.)*"|[^,()"]+?)\s*\)
        \s*(?:>=|≥)\s*(?P<at_least>{_NUMBER})
    | (?P<class>class|predicts)\s+(?P<label>"(?:[^"\\]|\\.)*"|[^&()"]+?)\s*(?=$|[&)])
    | (?P<word>not\b|true\b|[&()])
    )""",
    re.VERBOSE,
)


def parse(text: str, labels: Sequence[str] = ()) -> Predicate:
    """The predicate that `text` says; `str(predicate)` is such text.

    Bounds are `layer: v(row,column,channel) >= 1.5`, or `v(index)` for flat layers; the layer need not be repeated.
    Classes are `class dog` or `class 5`, margins `margin(dog,cat) >= 0.5`; parts are joined with `&`, and `not`,
    parentheses and `true` mean what they say. A name with other signs stands in quotation marks.

    >>> print(parse("features.6: v(5,0,44) >= 1.06 & v(6,3,62) <= 0.5 & not class dog", ["cat", "dog"]))
    features.6: v(5,0,44) >= 1.06 & v(6,3,62) <= 0.5 & not (class 1)

    Raises: ValueError where the text says nothing clear, LookupError for a class that does not exist.
    """
    reader = _Reader(text, labels)
    found = reader.conjunction()
    if reader.token is not None:
        reader.refuse()
    return found


class _Reader:
    """Reads one token ahead."""

    def __init__(self, text: str, labels: Sequence[str]) -> None:
        self.text, self.labels = text, labels
        self.place = 0
        self.token: re.Match[str] | None = None
        self.advance()

    def advance(self) -> None:
        if self.token is not None:
            self.place = self.token.end()
        self.token = _TOKENS.match(self.text, self.place)
        if self.token is None and self.text[self.place :].strip():
            self.refuse()

    def refuse(self) -> NoReturn:
        rest = self.text[self.place :].strip()
        found = f"{rest[:40]!r}" if rest else "the end"
        raise ValueError(
            f"a predicate was wanted, such as 'layer: v(0,1,2) >= 1.5 & class 3', got {found} in {self.text[:80]!r}"
        )

    def word(self) -> str | None:
        return self.token["word"] if self.token else None

    def conjunction(self) -> Predicate:
        """Parts joined by &; one part alone is itself."""
        parts: list[Predicate] = []
        layer = None
        while True:
            part = self.part(layer)
            layer = part.layer if isinstance(part, Bound) else None
            parts.append(part)
            if self.word() != "&":
                break
            self.advance()
        return parts[0] if len(parts) == 1 else Conjunction(tuple(parts))

    def part(self, layer: str | None) -> Predicate:
        token = self.token
        if token is None:
            self.refuse()
        if token["layer"] is not None:
            self.advance()
            return self.part(_unquoted(token["layer"]))
        if token["bound"] is not None:
            return self.bound(token, layer)
        if token["class"] is not None:
            self.advance()
            return PredictsClass(self.index(token["label"]))
        if token["ahead"] is not None:
            self.advance()
            return Margin(self.index(token["ahead"]), self.index(token["behind"]), float(token["at_least"]))
        return self.worded(token["word"])

    def bound(self, token: re.Match[str], layer: str | None) -> Bound:
        if layer is None:
            raise ValueError(f"a bound needs its layer, got {token['bound']!r}; write 'layer: {token['bound']}'")
        self.advance()
        op: Op = ">=" if token["op"] in (">=", "≥") else "<="
        unit = tuple(int(part) for part in token["unit"].split(","))
        return Bound(layer, unit, op, float(token["threshold"]))

    def worded(self, word: str) -> Predicate:
        if word == "true":
            self.advance()
            return Conjunction()
        if word == "not":
            self.advance()
            return Negation(self.part(None))
        if word != "(":
            self.refuse()
        self.advance()
        inner = self.conjunction()
        if self.word() != ")":
            self.refuse()
        self.advance()
        return inner

    def index(self, name: str) -> int:
        name = _unquoted(name.strip())
        if not self.labels and name.isdecimal():
            return int(name)
        return index_of(name, self.labels)


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name.startswith('"') else name
