"""Rules all the way down by one request: a rule, why each of its conditions holds, and what the whole is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from seewhy import __version__
from seewhy.interpolants.chains import Chain, Link, chain
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.asking import Asked, RuleQuestion, found
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.kinds.interpolant import python_of

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class ChainTask(RuleQuestion):
    """Explain the conclusion at the highest of `layers`, each condition found there at the next, to the lowest."""

    kind: Literal["chain"] = "chain"
    layers: tuple[str, ...] = Field(min_length=1, max_length=50)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return "chain of rules"


@dataclass(frozen=True)
class ChainPlan(Plan[Finding]):
    """Layers in order, a picture and a conclusion that fit the model."""

    task: ChainTask
    asked: Asked

    def answer(self, bench: Workbench) -> Finding:
        """The facts of the chain, with what the model says of the picture under "key"."""
        facts = self.chain(bench).describe() | {"key": self.asked.facts}
        return Finding(self.task.model_dump(mode="json"), facts)

    def chain(self, bench: Workbench) -> Chain:
        """The chain itself."""
        layers = self.task.layers
        ground = self.asked.ground(bench, layers)
        made = chain(self.asked.search, ground.train, ground.test, layers, ground.conclusion, ground.key, ground.cones)
        return replace(made, root=self._told(made.root))

    def _told(self, link: Link) -> Link:
        below = tuple(None if one is None else self._told(one) for one in link.below)
        return replace(link, rule=self.asked.told(link.rule), below=below)


class ChainKind(Kind[ChainTask, Finding]):
    """See `ChainTask`."""

    name: ClassVar[str] = "chain"
    task = ChainTask

    def plan(self, bench: Workbench, task: ChainTask) -> ChainPlan:
        """Brings the layers in their order, from the highest down."""
        asked = found(bench, task, task.layers)
        names = list(asked.model.layers())
        layers = tuple(sorted(dict.fromkeys(task.layers), key=names.index, reverse=True))
        whole = task.model_copy(
            update={
                "conclusion": str(asked.conclusion),
                "settings": asked.search.model_dump(mode="json"),
                "layers": layers,
            }
        )
        id = whole.hash(asked.model.fingerprint, asked.picture.digest, bench.digest_of(task.data), __version__)
        return ChainPlan(id, whole, asked)

    def python(self, task: ChainTask, result: Finding) -> str:
        """The call that gives the same chain."""
        call = python_of(task, f"layers={list(task.layers)!r}").replace(
            "rule = seewhy.because(", "rules = seewhy.chain("
        )
        return call + "print(rules.test.precision)\n"


def rules_in(facts: Mapping[str, Any]) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """The rules of a described chain, each with its depth and the text of what it explains, from the top down."""

    def walk(link: Mapping[str, Any], depth: int) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
        yield depth, link["rule"]["conclusion"]["text"], link["rule"]
        for below in link["below"]:
            if below is not None:
                yield from walk(below, depth + 1)

    return walk(facts["root"], 0)
