"""The kinds of runs there are, one file each; the only place that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seewhy.results import Explanation
from seewhy.workbench.findings import Finding, Result
from seewhy.workbench.kinds.attack import Attacks
from seewhy.workbench.kinds.axiom import AxiomKind
from seewhy.workbench.kinds.base import Kind
from seewhy.workbench.kinds.causal import CausalKind
from seewhy.workbench.kinds.chain import ChainKind
from seewhy.workbench.kinds.check import Check
from seewhy.workbench.kinds.class_rules import ClassRulesKind
from seewhy.workbench.kinds.doctor import DoctorKind
from seewhy.workbench.kinds.erase import Erase
from seewhy.workbench.kinds.examples import Examples
from seewhy.workbench.kinds.explain import Explain, task_of
from seewhy.workbench.kinds.harden import Harden
from seewhy.workbench.kinds.interpolant import InterpolantKind
from seewhy.workbench.kinds.measure import Measure
from seewhy.workbench.kinds.nonsense import Nonsense
from seewhy.workbench.kinds.predictions import Predictions
from seewhy.workbench.kinds.ranking import Rank
from seewhy.workbench.kinds.robustness import Robustness
from seewhy.workbench.kinds.survey import SurveyKind
from seewhy.workbench.kinds.sweep import SweepKind
from seewhy.workbench.tasks import Question

KINDS: tuple[Kind[Any, Any], ...] = (
    Explain(),
    Predictions(),
    InterpolantKind(),
    Examples(),
    Attacks(),
    Erase(),
    Nonsense(),
    Robustness(),
    SurveyKind(),
    Harden(),
    ChainKind(),
    CausalKind(),
    ClassRulesKind(),
    SweepKind(),
    Check(),
    Rank(),
    Measure(),
    DoctorKind(),
    AxiomKind(),
)

_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(task: Question) -> Kind[Any, Any]:
    """What answers `task`."""
    return named(task.kind)


def named(name: Any) -> Kind[Any, Any]:
    """The kind called `name`; ValueError where there is none."""
    if name not in _BY_NAME:
        raise ValueError(f"kind: must be one of {', '.join(_BY_NAME)}, got {str(name)[:40]!r}")
    return _BY_NAME[name]


def task_from(data: Mapping[str, Any]) -> Question:
    """The task that plain data means; without a kind it is an explanation.

    Raises: ValueError (also pydantic's) for what is no task.
    """
    found: Question = named(data.get("kind", Explain.name)).task.model_validate(data)
    return found


def task_behind(result: Result) -> Question:
    """The question that a result from the store answers."""
    if isinstance(result, Explanation):
        return task_of(result)
    if isinstance(result, Finding):
        return task_from(result.task)
    raise TypeError(f"a stored result is an explanation or a finding, got {type(result).__name__}")
