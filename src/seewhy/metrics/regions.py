"""The region that truly decides, as a metric asks for it."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from seewhy.metrics.base import Case


def region(case: Case, margin: int = 0) -> Tensor:
    """The mask (H, W) of `case`, made wider by `margin` pixels on every side; ValueError where there is none."""
    if case.mask is None:
        raise ValueError("this metric needs to know where the evidence truly is; pass mask=, (H, W) of 0 and 1")
    if not margin:
        return case.mask
    return F.max_pool2d(case.mask[None, None].float(), 2 * margin + 1, 1, margin)[0, 0] > 0
