"""Does it follow? What a model says when only what a rule names is kept, moved, forced or broken, beside controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from seewhy import __version__, catalog
from seewhy.interpolants.causal import Causal
from seewhy.workbench.findings import Finding
from seewhy.workbench.kinds.base import Kind, Plan
from seewhy.workbench.kinds.interpolant import InterpolantKind, InterpolantPlan, InterpolantTask
from seewhy.workbench.kinds.predictions import stacked
from seewhy.workbench.recordings import splits_of

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench


class CausalTask(InterpolantTask):
    """Test the rule that the same question of kind "interpolant" finds.

    trials: the fields of `Causal`: fills, images, draws, seed.
    """

    kind: Literal["causal"] = "causal"  # type: ignore[assignment]
    trials: dict[str, Any] = Field(default_factory=dict)

    @property
    def title(self) -> str:
        """What a list of running tasks calls it."""
        return "causal test"


@dataclass(frozen=True)
class CausalPlan(Plan[Finding]):
    """A rule to be found, and the trials that it is to be put to."""

    task: CausalTask
    rule: InterpolantPlan
    causal: Causal

    def answer(self, bench: Workbench) -> Finding:
        """What followed, trial by trial, with the rule under "rule"."""
        rule, asked = self.rule.interpolant(bench), self.rule.asked
        ground = asked.ground(bench, [self.task.layer])
        split = splits_of(asked.data).test

        def pixels(places: NDArray[np.intp]) -> Tensor:
            if not len(places):
                return torch.empty(0, *asked.model.input_shape)
            return torch.from_numpy(stacked(asked.model, asked.data, split, places.tolist()))

        x = asked.model.prepare(asked.picture.image)
        found = self.causal(rule, asked.model, x, ground.train, ground.test, pixels)
        return Finding(self.task.model_dump(mode="json"), found.describe() | {"rule": rule.describe()})


class CausalKind(Kind[CausalTask, Finding]):
    """See `CausalTask`."""

    name: ClassVar[str] = "causal"
    task = CausalTask

    def plan(self, bench: Workbench, task: CausalTask) -> CausalPlan:
        """The rule is the one that a run of kind "interpolant" finds."""
        plain = InterpolantTask(**task.model_dump(exclude={"kind", "trials"}))
        rule = InterpolantKind().plan(bench, plain)
        causal = catalog.checked(Causal, task.trials, "a causal test", "`seewhy because --help`")
        whole = CausalTask(**rule.task.model_dump(exclude={"kind"}), trials=causal.model_dump(mode="json"))
        asked = rule.asked
        id = whole.hash(asked.model.fingerprint, asked.picture.digest, bench.digest_of(task.data), __version__)
        return CausalPlan(id, whole, rule, causal)
