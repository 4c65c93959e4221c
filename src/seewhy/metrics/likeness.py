"""How alike maps are: rank correlation, with or without signs, and structural similarity (SSIM). Knows numbers only."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.comparisons import rank_correlation

Likeness = Literal["rank", "size-rank", "ssim"]
WINDOW = 7  # side of the windows that SSIM compares, in pixels; smaller maps get a smaller one


def likeness(one: Tensor, others: Tensor, kind: Likeness) -> Tensor:
    """How alike the map `one` (H, W) is to each of `others` (M, H, W), 1 where they are the same; (M,) float64.

    kind: "rank" is Spearman's ρ, "size-rank" the same of the absolute values, "ssim" the structural similarity of the
    maps, each drawn as greys about the middle one, its largest size black or white. A map without
    any order is like no other: 0.
    """
    arrays = [np.asarray(values, np.float64) for values in (one.numpy(), *others.numpy())]
    if kind == "ssim":
        found = [_ssim(arrays[0], other) for other in arrays[1:]]
        return torch.tensor(found, dtype=torch.float64)
    table = rank_correlation([np.abs(values) if kind == "size-rank" else values for values in arrays])
    return torch.from_numpy(np.nan_to_num(table[0, 1:]))


def _ssim(one: NDArray[Any], other: NDArray[Any]) -> float:
    from skimage.metrics import structural_similarity

    scaled = [0.5 + values / (2 * np.abs(values).max() or 1.0) for values in (one, other)]  # SSIM is for brightness
    side = min(WINDOW, *one.shape)
    return float(structural_similarity(*scaled, win_size=side - 1 + side % 2, data_range=1.0))
