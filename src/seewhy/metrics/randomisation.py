"""Parameter randomisation: does the map change when the model forgets what it learned?"""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from seewhy.classifiers.base import Ability, Classifier
from seewhy.classifiers.forgetting import Draw, Forgetting, why_not
from seewhy.metrics.again import explained
from seewhy.metrics.base import Case, Metric, Scores, flat
from seewhy.metrics.chance import random_maps
from seewhy.metrics.likeness import Likeness, likeness
from seewhy.metrics.results import Better
from seewhy.progress import track


class ParameterRandomisation(Metric):
    """Draw the weights anew, from the last layer down to the first, and explain again after each step.

    A map that shows what the model learned must change; one that stays as it is shows the picture, like an edge
    detector. The score is the mean likeness to the map over all steps, and should be no higher than that of random
    maps. The curve runs over the share of the layers that have forgotten.
    """

    name: ClassVar[str] = "parameter-randomisation"
    title: ClassVar[str] = "Parameter randomisation"
    needs: ClassVar[Ability] = "layers"
    needs_recipe: ClassVar[bool] = True
    better: ClassVar[Better] = "chance"
    unit: ClassVar[str] = "mean likeness to the map, from −1 to 1"
    over: ClassVar[str] = "share of the layers that have forgotten"
    formula: ClassVar[str] = (
        "<math display='block'><mfrac><mn>1</mn><mi>L</mi></mfrac><munderover><mo>∑</mo><mrow><mi>l</mi><mo>=</mo>"
        "<mn>1</mn></mrow><mi>L</mi></munderover><mi>ρ</mi><mo>(</mo><mi>v</mi><mo>,</mo><msup><mi>v</mi><mrow><mo>(</mo>"
        "<mi>l</mi><mo>)</mo></mrow></msup><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Passing says that the map depends on the weights, not that it is right.",
        "Where the method multiplies by the picture, the picture stays in every map, whatever the model has forgotten.",
        "Which likeness is taken matters: signs may change where sizes stay.",
    )
    source: ClassVar[str] = "Adebayo et al.: Sanity Checks for Saliency Maps, 2018"
    link: ClassVar[str] = "https://arxiv.org/abs/1810.03292"

    likeness: Likeness = Field(
        "size-rank", description="rank correlation of the values, of their sizes, or structural similarity"
    )
    draw: Draw = Field("initial", description="new weights as at the start of a training, or the old ones shuffled")
    steps: int = Field(8, ge=1, le=1000, description="in how many steps, at most, all layers forget")

    @classmethod
    def refusal(cls, model: Classifier) -> str | None:
        """Also where the model has no weights that a copy could forget."""
        return super().refusal(model) or why_not(model)

    def score(self, case: Case, maps: Tensor) -> Scores:
        """For each of `maps` (M, H, W), as if it were the model's: mean likenesses (M,), and the curves to them."""
        shares, again = self.cascade(case)
        rows = flat(maps)
        curves = torch.stack([likeness(one, again, self.likeness) for one in rows])
        return Scores(curves.mean(1), shares, curves)

    def cascade(self, case: Case) -> tuple[Tensor, Tensor]:
        """The shares (S,) of the layers that have forgotten, and the maps (S, H, W) of what is left of the model."""
        twin = Forgetting(case.model)
        last_first = twin.parts[::-1]
        if not last_first:
            raise TypeError(f"{case.model.name} has no weights that can be drawn again")
        steps = min(self.steps, len(last_first))
        stops = [round(len(last_first) * step / steps) for step in range(steps + 1)]
        found = []
        for step in track(range(steps), "forgetting"):
            twin.forget(last_first[stops[step] : stops[step + 1]], self.draw, self.seed + step)
            found.append(explained(case, twin, case.x, "explaining")[0])
        with torch.no_grad():
            if torch.equal(twin.scores(case.x), case.model.scores(case.x)):
                raise TypeError(
                    f"{case.model.name} answers as before when all its layers have forgotten; check its copy"
                )
        shares = torch.tensor(stops[1:], dtype=torch.float64) / len(last_first)
        return shares, torch.stack(found)

    def beside_chance(self, case: Case, values: Tensor) -> tuple[Scores, Scores]:
        """Random maps as if they came from the model that has forgotten: what is like this map by luck."""
        rows = flat(values[None])
        own = self.score(case, rows)
        steps = own.curves.shape[1] if own.curves is not None else 1
        curves = torch.stack(
            [
                likeness(rows[0], random_maps(rows[0], steps, self.seed + number), self.likeness)
                for number in range(self.maps)
            ]
        )
        return own, Scores(curves.mean(1), own.shares, curves)
