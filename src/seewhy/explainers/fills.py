"""What a picture is compared with: black, white, grey, its own blur or mean, or another picture."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from seewhy import images
from seewhy.classifiers.base import Classifier

Fill = Literal["black", "white", "grey", "blur", "mean"]
FILLS: tuple[str, ...] = get_args(Fill)


def filled(name: str, x: Tensor, model: Classifier) -> Tensor:
    """A batch like `x` (N, C, H, W) that shows `name` instead: one of FILLS, or the address of a picture."""
    if name in ("black", "grey", "white"):
        return torch.full_like(x, {"black": 0.0, "grey": 0.5, "white": 1.0}[name])
    if name == "mean":
        return x.mean((2, 3), keepdim=True).expand_as(x).clone()
    if name == "blur":
        return torch.stack([torch.from_numpy(images.blur(image.cpu().numpy())) for image in x]).to(x)
    return model.prepare(images.open_address(name)).to(x).expand_as(x).clone()
