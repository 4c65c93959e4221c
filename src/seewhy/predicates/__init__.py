"""A truth to explain or to explain with: what a class, a unit or several of them are said to be."""

from seewhy.predicates.kinds import (
    Bound,
    Conjunction,
    Margin,
    Negation,
    Op,
    Outputs,
    Predicate,
    PredictsClass,
    from_plain,
)
from seewhy.predicates.reading import parse

__all__ = [
    "Bound",
    "Conjunction",
    "Margin",
    "Negation",
    "Op",
    "Outputs",
    "Predicate",
    "PredictsClass",
    "from_plain",
    "parse",
]
