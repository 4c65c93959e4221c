"""Every attribution of Captum that seewhy has no method of its own for, as recipes made from Captum's signatures.

The one place that knows Captum; it is imported when a class is made, and its other files know only torch and words.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np
import torch
from pydantic import AfterValidator, Field, create_model
from torch import Tensor

from seewhy import progress
from seewhy.classifiers.base import Classifier
from seewhy.datasets.named import open_split, split_of
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.cams import enlarged
from seewhy.explainers.captum_models import Asked, give_rules, prepared, readable, unfit, without_rule
from seewhy.explainers.captum_words import WORDS
from seewhy.explainers.layers import as_maps, default_layer
from seewhy.explainers.superpixels import Segmentation, segment
from seewhy.inference.batches import batch_size
from seewhy.inference.fills import FILLS, filled, pictures_in
from seewhy.targets import ClassScore

PREFIX = "captum:"
OPEN_GAP = 0.05  # a completeness gap above this share of the score's rise is worth a warning
OURS = {  # Captum's name: our setting
    "n_steps": "steps",
    "n_samples": "samples",
    "stdevs": "noise",
    "method": "rule",
    "multiply_by_inputs": "times_change",
    "attribute_to_layer_input": "before",
    "eps": "epsilon",
}
FEW = {"ShapleyValues": {"segmentation": "grid", "segments": 4}}  # defaults where many would take for ever


def _a_split(address: str) -> str:
    split_of(address)
    return address


SETTINGS: dict[str, Any] = {
    "steps": (int, Field(50, ge=2, le=2000, description="gradients on the way from the baseline")),
    "samples": (int, Field(25, ge=1, le=10_000, description="random draws that are averaged")),
    "noise": (float, Field(0.0, ge=0, le=1, description="standard deviation of the noise on the image")),
    "rule": (
        Literal["gausslegendre", "riemann_left", "riemann_right", "riemann_middle", "riemann_trapezoid"],
        Field("gausslegendre", description="where on the way the gradients are taken, and how they are weighted"),
    ),
    "times_change": (bool, Field(True, description="multiply by the change from the baseline, as the axioms ask")),
    "before": (bool, Field(False, description="look at what goes into the layer instead of what comes out")),
    "epsilon": (float, Field(1e-10, gt=0, le=1, description="a change of an input below this takes the gradient")),
    "baseline": (
        str,
        Field(
            "black",
            min_length=1,
            description="what is compared with: black, white, grey, blur, mean, noise, mean:SPLIT, or an address",
            json_schema_extra={"examples": list(FILLS), "image": True},
        ),
    ),
    "baselines": (
        Annotated[str, AfterValidator(_a_split)],
        Field(
            "digits/train",
            description="where baselines are drawn from: a data set and its split",
            json_schema_extra={"examples": ["digits/train", "mnist/train"]},
        ),
    ),
    "draws": (int, Field(20, ge=2, le=1000, description="baselines drawn from the data set")),
    "segmentation": (Segmentation, Field("slic", description="what cuts the image into segments")),
    "segments": (int, Field(50, ge=1, le=1000, description="about how many segments (grid and slic)")),
    "layer": (
        str | None,
        Field(
            None,
            description="the layer whose places are explained; by default the last of the convolutional part",
            json_schema_extra={"layer": True},
        ),
    ),
    "seed": (int, Field(0, ge=0, lt=2**32, description="the draws are the same for the same seed")),
}


def installed() -> bool:
    """Whether Captum can be imported."""
    return find_spec("captum") is not None


def names() -> list[str]:
    """The names of the methods that Captum brings; none where it is not installed."""
    return [PREFIX + name for name in WORDS] if installed() else []


@cache
def captum_method(name: str) -> type[Explainer]:
    """The recipe of Captum's class, such as "captum:DeepLift".

    Raises: ModuleNotFoundError where Captum is missing, LookupError where there is no such method.
    """
    kind = name.removeprefix(PREFIX)
    if not installed():
        raise ModuleNotFoundError(f"{name} needs the package captum; pip install 'seewhy[captum]'", name="captum")
    if kind not in WORDS:
        raise LookupError(name)
    from captum import attr

    theirs = getattr(attr, kind)
    made = inspect.signature(theirs.__init__).parameters
    asked = inspect.signature(theirs.attribute).parameters
    wanted = _settings(kind, made, asked)
    recipe = cast("type[CaptumMethod]", create_model(kind, __base__=CaptumMethod, **wanted))
    words = WORDS[kind]
    recipe.name, recipe.title, recipe.__doc__ = PREFIX + kind, words.title, words.about
    recipe.formula = f"<math display='block'>{words.formula}</math>"
    recipe.limits, recipe.source, recipe.link = words.limits, words.source, words.link
    recipe.kind, recipe.theirs, recipe.parameters = kind, theirs, frozenset(made) | frozenset(asked)
    recipe.asks_target = "target" in asked
    recipe.module = "model" in made or "layer" in made
    recipe.needs = "layers" if recipe.module else "gradients" if kind == "GradientShap" else "scores"
    return recipe


def _settings(kind: str, made: Any, asked: Any) -> dict[str, Any]:
    """Our fields for what Captum's constructor and its `attribute` take, with Captum's own defaults."""
    found: dict[str, Any] = {}
    for name, parameter in (*made.items(), *asked.items()):
        ours = OURS.get(name, name)
        if name == "baselines":
            drawn = parameter.default is inspect.Parameter.empty
            found |= {each: SETTINGS[each] for each in (("baselines", "draws") if drawn else ("baseline",))}
        elif name == "feature_mask":
            found |= {each: SETTINGS[each] for each in ("segmentation", "segments")}
        elif name == "layer":
            found["layer"] = SETTINGS["layer"]
        elif ours in SETTINGS and name in OURS:
            type_, field = SETTINGS[ours]
            found[ours] = (type_, _with_default(field, parameter.default))
    if kind == "FeaturePermutation":
        found |= {each: SETTINGS[each] for each in ("baselines", "draws")}
    if {"samples", "draws", "noise"} & set(found):
        found["seed"] = SETTINGS["seed"]
    for name, default in FEW.get(kind, {}).items():
        found[name] = (SETTINGS[name][0], _with_default(SETTINGS[name][1], default))
    if kind == "ShapleyValues":
        found["segments"] = (int, Field(4, ge=1, le=7, description="about how many segments; M! orders are run"))
        found["segmentation"] = (Literal["grid"], Field("grid", description="what cuts the image into segments"))
    return found


def _with_default(field: Any, default: Any) -> Any:
    return field if default is inspect.Parameter.empty else type(field).merge_field_infos(field, default=default)


class CaptumMethod(Explainer):
    """What all of Captum's methods share: the target as a function or a module, baselines in [0, 1], notes."""

    kind: ClassVar[str]
    theirs: ClassVar[Any]
    parameters: ClassVar[frozenset[str]]
    module: ClassVar[bool]

    @classmethod
    def refusal(cls, model: Classifier) -> str | None:
        """Captum also needs modules that it can hook into, and a layer with maps where it explains one."""
        general = super().refusal(model)
        if general is None and "layer" in cls.parameters and default_layer(model) is None:
            return f"{cls.title} needs convolution layers; {model.name} has none; use 'integrated-gradients'"
        if general is None and cls.module:
            problem = unfit(model) or ("LRP" in cls.kind and without_rule(model))
            return f"{cls.title} {problem}" if problem else None
        return general

    def addresses(self) -> tuple[str, ...]:
        """The baseline, where it is a picture."""
        return pictures_in(getattr(self, "baseline", "black"))

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed values; notes: `delta`, what the values lack of the score's rise, where Captum tells it."""
        found = [self._one(model, image[None], target) for image in progress.track(list(x.detach()), "asking Captum")]
        values, notes, arrays = zip(*found, strict=True)
        kept = {name: torch.cat([one[name] for one in arrays]) for name in arrays[0]}
        channels = kept.pop("channels", None)
        return Attribution(torch.cat(values), notes, channels, kept)

    def _one(
        self, model: Classifier, x: Tensor, target: ClassScore
    ) -> tuple[Tensor, dict[str, Any], dict[str, Tensor]]:
        if "LRP" not in self.kind or target.versus is None:
            return self._asked(model, x, target)
        values, notes, arrays = self._asked(model, x, replace(target, versus=None))  # relevance starts at one output
        others, rest, arrays_too = self._asked(model, x, ClassScore(target.versus, None, target.output))
        facts = {name: notes[name] - rest[name] for name in ("delta", "sum") if name in notes}
        return values - others, notes | facts, {name: arrays[name] - arrays_too[name] for name in arrays}

    def _asked(
        self, model: Classifier, x: Tensor, target: ClassScore
    ) -> tuple[Tensor, dict[str, Any], dict[str, Tensor]]:
        made: dict[str, Any] = {}
        asked: dict[str, Any] = {"inputs": x}
        layer = None
        if self.module:
            frozen = prepared(model)
            asked["inputs"] = x.clone().requires_grad_()
            if "LRP" in self.kind:  # relevance is conserved only where the image is as the network sees it
                asked["inputs"] = ((x - frozen.mean) / frozen.std).requires_grad_()
            subject: Any = Asked(frozen, target, normalise="LRP" not in self.kind)
            if "layer" in self.parameters:
                layer = self._layer(model)
                made["layer"] = subject.layer(str(layer))
            if "LRP" in self.kind:
                give_rules(subject)
            asked["target"] = 0
        else:
            subject = lambda pictures: target(model, pictures)  # noqa: E731
        made |= self._given(("multiply_by_inputs", "eps"))
        asked |= self._given(("n_steps", "n_samples", "stdevs", "method", "attribute_to_layer_input"))
        asked |= self._compared(model, x) | self._batched(x)
        arrays: dict[str, Tensor] = {}
        if "feature_mask" in self.parameters:
            cut = segment(x[0].cpu().numpy(), self._set("segmentation"), self._set("segments"))
            asked["feature_mask"] = torch.from_numpy(cut.ids)[None, None].to(x.device)
            arrays["segments"] = torch.from_numpy(cut.ids)[None]
        if "layer_mask" in self.parameters and layer is not None:
            asked["layer_mask"] = _places(model.layers()[str(layer)].shape).to(x.device)
        known = {name: value for name, value in asked.items() if name in self.parameters}
        telling = "return_convergence_delta" in self.parameters
        with _seeded(getattr(self, "seed", 0)):
            judge = type(self).theirs(subject, **made)
            found = judge.attribute(**known, **({"return_convergence_delta": True} if telling else {}))
        found, delta = found if telling else (found, None)
        found = (found[0] if isinstance(found, tuple) else found).detach()[:1]
        notes: dict[str, Any] = {"warnings": []} | ({} if layer is None else {"layer": layer})
        if delta is not None:
            notes |= self._gap(float(delta.detach().double().mean().abs()), float(found.double().sum()))
        if layer is not None:
            return self._small(found, x, str(layer)), notes, arrays
        if found.shape[1] == x.shape[1]:
            arrays["channels"] = found
        if "feature_mask" in self.parameters:  # a segment's value stands in each channel, once is enough
            return found[:, 0], notes, {"segments": arrays["segments"]}
        return found.sum(1), notes, arrays

    def _layer(self, model: Classifier) -> str:
        """The layer that is explained; ValueError for one whose relevance LRP does not keep."""
        chosen, usual = self._set("layer"), str(default_layer(model))
        if self.kind != "LayerLRP":
            return str(chosen or usual)
        layers = readable(model, model.layers()[chosen or usual].shape[1:])
        if chosen in layers or (chosen is None and layers):
            return str(chosen or layers[-1])
        raise ValueError(
            f"{self.title} needs a convolution, a pooling or a batch norm, got {chosen!r}; choose one that "
            f"`seewhy models {model.name}` lists"
        )

    def _set(self, name: str) -> Any:
        """A setting that only some of the methods have."""
        return self.model_dump()[name]

    def _given(self, theirs: tuple[str, ...]) -> dict[str, Any]:
        """Our settings under Captum's names, as far as this method has them."""
        return {name: getattr(self, OURS[name]) for name in theirs if OURS[name] in type(self).model_fields}

    def _compared(self, model: Classifier, x: Tensor) -> dict[str, Any]:
        """What the image is compared with."""
        if "baselines" in type(self).model_fields:
            drawn = self._drawn(model).to(x)
            return {"inputs": torch.cat([x, drawn])} if self.kind == "FeaturePermutation" else {"baselines": drawn}
        if "baseline" in type(self).model_fields:
            return {"baselines": filled(self._set("baseline"), x, model)}
        return {}

    def _drawn(self, model: Classifier) -> Tensor:
        """Baselines from the data set, (draws, C, H, W)."""
        data, split = open_split(self._set("baselines"))
        chance = torch.Generator().manual_seed(self._set("seed"))
        order = torch.randperm(data.size(split), generator=chance)[: self._set("draws")]
        return torch.cat([model.prepare(data.sample(split, int(index)).image) for index in order])

    def _batched(self, x: Tensor) -> dict[str, Any]:
        """How much goes through the model at once, as far as Captum lets us say."""
        return {"perturbations_per_eval": batch_size(x), "internal_batch_size": batch_size(x)}

    def _small(self, found: Tensor, x: Tensor, layer: str) -> Tensor:
        """A layer's attributions, its maps added and enlarged, (1, H, W)."""
        maps = as_maps(found)
        if maps is None:
            raise ValueError(f"{self.title} needs a layer with maps (N, K, h, w), but {layer!r} gives {found.shape}")
        return enlarged(maps.sum(1), x)

    def _gap(self, delta: float, total: float) -> dict[str, Any]:
        warnings = []
        if delta > OPEN_GAP * abs(total):
            warnings.append(f"The values add up to {total:+.3g}, which misses what they should by {delta:.3g}.")
        return {"delta": delta, "sum": total, "warnings": warnings}


def _places(shape: tuple[int, ...]) -> Tensor:
    """A number for each place of a layer's maps, the same in all of them: (1, 1, h, w), or (1, T, 1) for tokens."""
    if len(shape) == 3:
        return torch.arange(shape[1] * shape[2]).reshape(1, 1, *shape[1:])
    return torch.arange(shape[0]).reshape(1, -1, 1)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Captum draws from the global generators: they are set for the block, and put back. Its remarks are not shown."""
    state = np.random.get_state()
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        try:
            yield
        finally:
            np.random.set_state(state)
