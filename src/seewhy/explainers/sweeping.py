"""The recipes of a baseline sweep: one method with each of the baselines that its setting takes; runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args, get_origin

from seewhy.explainers.base import Explainer
from seewhy.inference.fills import FILLS, MEAN_OF

NAMES = ("baseline", "fill")  # what methods call the picture that they compare with
USUAL = tuple(name for name in FILLS if name != "mean")
SAMPLE = 0  # the image of a split that stands for a single one


def swept(method: type[Explainer]) -> str:
    """The setting that a sweep changes; TypeError where the method has none."""
    for name in NAMES:
        if name in method.model_fields:
            return name
    raise TypeError(f"{method.title} has no baseline and no fill to change; choose a method that has one")


def choices(method: type[Explainer], wanted: str | Sequence[str] = "all", data: str | None = None) -> tuple[str, ...]:
    """The baselines of a sweep.

    wanted: "all" (black, white, grey, blur and noise), or a list. data: a split of a data set, such as "digits/train",
    whose mean and whose first image are added where the method takes any picture.
    """
    name = swept(method)
    kind = method.model_fields[name].annotation
    fixed = get_args(kind) if get_origin(kind) is Literal else ()
    if not isinstance(wanted, str):
        found = tuple(dict.fromkeys(wanted))
    elif wanted == "all":
        found = tuple(each for each in USUAL if not fixed or each in fixed)
    else:
        found = (wanted,)
    if data is not None and not fixed:
        found += (f"{MEAN_OF}{data}", f"{data}/{SAMPLE}")
    if len(found) < 2:
        raise ValueError(f"a sweep needs two baselines or more, got {', '.join(found) or 'none'}; name another, or all")
    return found


def recipes(
    recipe: Explainer, wanted: str | Sequence[str] = "all", data: str | None = None
) -> tuple[str, dict[str, Explainer]]:
    """The setting that changes, and the recipe with each choice, checked; ValueError for one that is not possible."""
    name = swept(type(recipe))
    rest = recipe.model_dump()
    return name, {each: type(recipe)(**rest | {name: each}) for each in choices(type(recipe), wanted, data)}
