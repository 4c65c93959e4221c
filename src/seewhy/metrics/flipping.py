"""Pixels taken away in the order that maps give, and what the model still says; knows no single metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from seewhy.inference.asking import Asking
from seewhy.inference.batches import in_batches
from seewhy.metrics.base import Case
from seewhy.metrics.filling import Filler
from seewhy.progress import track
from seewhy.targets import ClassScore

Told = Literal["probability", "logit", "target"]


def told(target: ClassScore, output: Told) -> ClassScore:
    """The number that is followed: the target's probability, its logit, or whatever the map was made for."""
    return target if output == "target" else replace(target, output=output)


def ranks(maps: Tensor, patch: int, seed: int) -> Tensor:
    """The place (M, h, w) of each square of `patch` × `patch` pixels, 0 for the highest mean value of a map (M, H, W).

    Squares at the right and lower edge may be cut. Equal ones come in a random order, the same for every map.
    """
    means = F.avg_pool2d(maps[:, None], patch, ceil_mode=True, count_include_pad=False)[:, 0] if patch > 1 else maps
    cells = means.flatten(1)
    mixed = torch.randperm(cells.shape[1], generator=torch.Generator().manual_seed(seed))
    order = mixed[cells[:, mixed].argsort(dim=1, descending=True, stable=True)]
    places = torch.arange(cells.shape[1]).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places).view_as(means)


def counts(cells: int, steps: int) -> Tensor:
    """How many of `cells` are gone after each of `steps` equal steps, (steps + 1,), from none to all."""
    return torch.linspace(0, cells, min(steps, cells) + 1, dtype=torch.float64).round().long()


def answers(case: Case, target: ClassScore, gone: Sequence[Tensor], patch: int, fill: Filler) -> Tensor:
    """What the model says without the squares that are `gone`, each (M, h, w): (M, len(gone)) in double precision.

    Where nothing or all is gone, the maps share one pass.
    """
    height, width = case.size
    asking = Asking(case.model, case.x[0])
    count = len(gone[0])
    found = torch.empty(len(gone), count, dtype=torch.float64)
    alike = [step for step, one in enumerate(gone) if one.all() or not one.any()]
    differing = [(step, number) for step in range(len(gone)) if step not in alike for number in range(count)]
    asked = [(step, 0) for step in alike] + differing
    for batch in track(list(in_batches(len(asked), asking.size)), "taking pixels away"):
        chosen = [asked[place] for place in batch]
        masks = torch.stack([gone[step][number] for step, number in chosen])
        masks = masks.repeat_interleave(patch, 1).repeat_interleave(patch, 2)[:, :height, :width]
        scores = target.of(asking.scores(fill(masks))).double().cpu()
        for (step, number), score in zip(chosen, scores, strict=True):
            if step in alike:
                found[step] = score
            else:
                found[step, number] = score
    return found.T


def area(shares: Tensor, curves: Tensor) -> Tensor:
    """The area (M,) under curves (M, P) over `shares` (P,), by the trapezoid rule."""
    return torch.trapezoid(curves, shares, dim=1)
