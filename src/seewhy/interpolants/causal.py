"""Does the conclusion follow when only what the rule names is there? Interventions, and random rules as controls.

A rule is a correlation over a data set. Here what it names is kept, moved to other images, or forced, and it is
counted how often the model then says what the rule concludes, beside random rules of the same size and support.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from seewhy import images
from seewhy.classifiers.base import Classifier
from seewhy.datasets.base import ImageSet, as_image
from seewhy.inference.activations import Activations
from seewhy.inference.batches import batch_size, in_batches
from seewhy.interpolants.base import Box, Interpolant
from seewhy.interpolants.controls import control
from seewhy.interpolants.keys import forwarded
from seewhy.interpolants.regions import Cones
from seewhy.predicates import Bound, Conjunction
from seewhy.progress import track
from seewhy.shares import Interval, wilson

Bits = NDArray[np.bool_]
Edit = Callable[[Tensor], Tensor]
Images = Callable[[NDArray[np.intp]], Tensor]  # the images (N, C, H, W) at some places of a split


class Rate(NamedTuple):
    """How often the conclusion was true in `trials` trials."""

    hits: int
    trials: int

    @property
    def share(self) -> float | None:
        """Its share; None without trials."""
        return self.hits / self.trials if self.trials else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % Wilson interval of the share."""
        return wilson(self.hits, self.trials)

    def describe(self) -> dict[str, Any]:
        """The rate as plain data."""
        interval = self.interval
        return {"hits": self.hits, "trials": self.trials, "share": self.share, "interval": interval and list(interval)}


@dataclass(frozen=True)
class Trial:
    """One intervention: how often the conclusion is true after it.

    name: which; of: whose images. rule: with what the rule names; controls: with what each random rule names;
    without: the same images where nothing that a rule names is kept or changed.
    """

    name: str
    of: str
    rule: Rate
    controls: tuple[Rate, ...]
    without: Rate

    @property
    def control(self) -> Rate:
        """All controls together. Its trials share images, so its interval is too narrow; look at the controls."""
        return Rate(sum(rate.hits for rate in self.controls), sum(rate.trials for rate in self.controls))

    @property
    def chance(self) -> float:
        """How often a random rule does as well, the rule itself counted among them: (1 + as good) / (1 + all)."""
        own = self.rule.share or 0.0
        return (1 + sum((rate.share or 0.0) >= own for rate in self.controls)) / (1 + len(self.controls))

    def describe(self) -> dict[str, Any]:
        """The trial as plain data."""
        return {
            "name": self.name,
            "of": self.of,
            "rule": self.rule.describe(),
            "controls": [rate.describe() for rate in self.controls],
            "control": self.control.describe(),
            "without": self.without.describe(),
            "chance": self.chance,
        }


@dataclass(frozen=True)
class CausalTest:
    """What followed from a rule's parts.

    controls: the random rules, as text. covered: the share of the picture that the regions of the rule, and of each
    control, cover.
    """

    text: str
    trials: tuple[Trial, ...]
    controls: tuple[str, ...]
    covered: tuple[float, tuple[float, ...]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Trial:
        """The trial called `name`."""
        for trial in self.trials:
            if trial.name == name:
                return trial
        raise LookupError(f"no trial {name!r}; there are {', '.join(trial.name for trial in self.trials)}")

    def describe(self) -> dict[str, Any]:
        """Everything, as plain data."""
        return {
            "text": self.text,
            "trials": [trial.describe() for trial in self.trials],
            "controls": list(self.controls),
            "covered": {"rule": self.covered[0], "controls": list(self.covered[1])},
            "settings": dict(self.settings),
            "notes": dict(self.notes),
        }


class Causal(BaseModel):
    """Which interventions, on how many images, beside how many random rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fills: tuple[Literal["blur", "grey", "other"], ...] = Field(
        ("blur", "grey", "other"), description="what replaces the pixels outside the regions when only they are kept"
    )
    images: int = Field(100, ge=1, le=10_000, description="the most images of each trial, drawn at random")
    draws: int = Field(10, ge=1, le=200, description="random rules to hold the rule against")
    seed: int = Field(0, ge=0, description="of all drawing")

    def __call__(
        self, rule: Interpolant, model: Classifier, x: Tensor, train: Activations, test: Activations, pixels: Images
    ) -> CausalTest:
        """Test `rule`, which was found for the image `x` (1, C, H, W).

        train: where controls get their support; test: the images of the trials; `pixels` reads them by their places.

        Raises: ValueError where the rule has no bounds, or no control is found.
        """
        if not rule.conjuncts:
            raise ValueError("the rule 'true' names nothing that could be kept or moved; explain something rarer")
        tester = _Tester(self, rule, model, x, train, test, pixels)
        trials = [tester.keep(fill) for fill in self.fills]
        trials += [tester.transplant(), tester.push(), tester.violate()]
        return CausalTest(
            text=f"{rule.premise} ⇒ {rule.conclusion}",
            trials=tuple(trials),
            controls=tuple(str(Conjunction(bounds)) for bounds in tester.rules[1:]),
            covered=(tester.covered(0), tuple(tester.covered(i) for i in range(1, len(tester.rules)))),
            settings=self.model_dump(),
            notes=dict(tester.cones.notes),
        )


def reader(model: Classifier, data: ImageSet, split: str) -> Images:
    """Reads images of a split as `model` takes them."""

    def read(places: NDArray[np.intp]) -> Tensor:
        if not len(places):
            return torch.empty(0, *model.input_shape)
        pixels = data.pixels(split)
        return torch.cat([model.prepare(as_image(pixels[place])) for place in places])

    return read


class _Tester:
    """All trials of one rule; rule 0 is the rule, the others are controls."""

    def __init__(
        self, causal: Causal, rule: Interpolant, model: Classifier, x: Tensor, train: Activations, test: Activations,
        pixels: Images,
    ) -> None:  # fmt: skip
        self.model, self.x, self.pixels, self.conclusion = model, x, pixels, rule.conclusion
        self.random = np.random.default_rng(causal.seed)
        self.cones = Cones(model)
        key = forwarded(model, x, train, [rule.layer])
        size, support = len(rule.conjuncts), max(1, rule.train.n)
        drawn = [control(train, rule.layer, size, support, key, self.random) for _ in range(causal.draws)]
        self.rules: list[tuple[Bound, ...]] = [rule.conjuncts, *drawn]
        self.masks = [self._mask(bounds) for bounds in self.rules]
        self.truth, self.holds = test.of(rule.conclusion), test.of(rule.premise)
        self.causal = causal

    def covered(self, number: int) -> float:
        """The share of the picture that the regions of a rule cover."""
        return float(self.masks[number].float().mean())

    def keep(self, fill: str) -> Trial:
        """Of images that satisfy the rule and the conclusion, keep only the regions."""
        nobody = fill == "other" and bool(self.truth.all())
        chosen = self._some(self.holds & self.truth & (not nobody))
        x = self.pixels(chosen)
        others = self._filled(x, fill)
        rates = [self._rate(torch.where(mask, x, others)) for mask in self.masks]
        return Trial(f"keep on {fill}", "images that satisfy rule and conclusion", rates[0], tuple(rates[1:]),
                     self._rate(others))  # fmt: skip

    def transplant(self) -> Trial:
        """Put the image's regions into images without the conclusion."""
        x = self.pixels(self._some(~self.truth))
        rates = [self._rate(torch.where(mask, self.x, x)) for mask in self.masks]
        return Trial("transplant", "images without the conclusion", rates[0], tuple(rates[1:]), self._rate(x))

    def push(self) -> Trial:
        """In images without the conclusion, move the units just over their thresholds, and let the rest run."""
        x = self.pixels(self._some(~self.truth & ~self.holds))
        rates = [self._rate(x, bounds[0].layer, pushed(bounds)) for bounds in self.rules]
        return Trial("push", "images without rule and conclusion", rates[0], tuple(rates[1:]), self._rate(x))

    def violate(self) -> Trial:
        """In images that satisfy rule and conclusion, move the units just back over their thresholds."""
        x = self.pixels(self._some(self.holds & self.truth))
        rates = [self._rate(x, bounds[0].layer, violated(bounds)) for bounds in self.rules]
        return Trial("violate", "images that satisfy rule and conclusion", rates[0], tuple(rates[1:]), self._rate(x))

    def _some(self, mask: Bits) -> NDArray[np.intp]:
        """At most so many of the chosen images, in order."""
        found = np.flatnonzero(mask)
        return np.sort(self.random.permutation(found)[: self.causal.images])

    def _mask(self, bounds: Sequence[Bound]) -> Tensor:
        """The pixels (1, 1, H, W) that some unit of a rule sees."""
        mask = torch.zeros(1, 1, *self.model.input_shape[1:], dtype=torch.bool)
        for box in (self.cones.box(bound.layer, bound.unit) for bound in bounds):
            mask[(..., *_window(box))] = True
        return mask

    def _filled(self, x: Tensor, fill: str) -> Tensor:
        if fill == "grey":
            return torch.full_like(x, 0.5)
        if fill == "other" and len(x):  # images without the conclusion, as often as needed
            others = self.random.choice(np.flatnonzero(~self.truth), len(x))
            return self.pixels(others)
        return torch.from_numpy(np.stack([images.blur(image) for image in x.numpy()])) if len(x) else x.clone()

    def _rate(self, x: Tensor, layer: str = "", edit: Edit | None = None) -> Rate:
        """How often the model says what is concluded."""
        hits = 0
        for batch in track(list(in_batches(len(x), batch_size(self.x))), "intervening"):
            part = x[batch.start : batch.stop]
            with torch.no_grad():
                if edit is None:
                    scores, kept = self.model.activations(part, self.conclusion.layers)
                else:
                    scores, kept = self.model.edited(part, layer, edit, self.conclusion.layers)
            outputs = {name: output.float().cpu().numpy() for name, output in kept.items()}
            hits += int(self.conclusion.holds(scores.float().cpu().numpy(), outputs).sum())
        return Rate(hits, len(x))


def pushed(bounds: Sequence[Bound]) -> Edit:
    """The smallest edit of a layer's output after which all `bounds` hold."""

    def edit(output: Tensor) -> Tensor:
        for bound in bounds:
            place, threshold = _place(output, bound), _number(output, bound.threshold, bound.op)
            unit = output[place]
            output[place] = unit.clamp(min=threshold) if bound.op == ">=" else unit.clamp(max=threshold)
        return output

    return edit


def violated(bounds: Sequence[Bound]) -> Edit:
    """The smallest edit after which none of `bounds` holds."""

    def edit(output: Tensor) -> Tensor:
        for bound in bounds:
            place = _place(output, bound)
            away = torch.tensor(-np.inf if bound.op == ">=" else np.inf, dtype=output.dtype)
            beyond = float(torch.nextafter(torch.tensor(_number(output, bound.threshold, bound.op)).to(output), away))
            unit = output[place]
            output[place] = unit.clamp(max=beyond) if bound.op == ">=" else unit.clamp(min=beyond)
        return output

    return edit


def _number(output: Tensor, threshold: float, op: str) -> float:
    """The threshold in the output's own precision, on the side where the bound holds."""
    number = torch.tensor(threshold, dtype=torch.float64).to(output.dtype)
    wrong = float(number) < threshold if op == ">=" else float(number) > threshold
    if wrong:
        away = torch.tensor(np.inf if op == ">=" else -np.inf, dtype=output.dtype)
        number = torch.nextafter(number, away)
    return float(number)


def _place(output: Tensor, bound: Bound) -> tuple[slice | int, ...]:
    """Where the unit of `bound` is in a layer's output (N, C, H, W) or (N, …)."""
    unit = (bound.unit[2], *bound.unit[:2]) if output.ndim == 4 else bound.unit
    return (slice(None), *unit)


def _window(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom + 1), slice(box.left, box.right + 1)
