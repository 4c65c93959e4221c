"""What a picture is compared with: black, white, grey, its own blur or mean, noise, or another picture."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from seewhy import images
from seewhy.classifiers.base import Classifier
from seewhy.datasets.named import open_split, split_of

Fill = Literal["black", "white", "grey", "blur", "mean", "noise"]
FILLS: tuple[str, ...] = get_args(Fill)
MEAN_OF = "mean:"  # before a split of a data set, such as digits/train
AVERAGED = 1000  # images of a split that its mean is taken over, evenly spread


def filled(name: str, x: Tensor, model: Classifier) -> Tensor:
    """A batch like `x` (N, C, H, W) that shows `name` instead.

    name: one of FILLS ("noise" is even from black to white, the same each time), "mean:" and a split of a data set, or
    the address of a picture.
    """
    if name in ("black", "grey", "white"):
        return torch.full_like(x, {"black": 0.0, "grey": 0.5, "white": 1.0}[name])
    if name == "mean":
        return x.mean((2, 3), keepdim=True).expand_as(x).clone()
    if name == "blur":
        return torch.stack([torch.from_numpy(images.blur(image.cpu().numpy())) for image in x]).to(x)
    if name == "noise":
        return torch.rand(x.shape[1:], generator=torch.Generator().manual_seed(0)).to(x).expand_as(x).clone()
    if name.startswith(MEAN_OF):
        return _mean_of(name.removeprefix(MEAN_OF), model).to(x).expand_as(x).clone()
    return model.prepare(images.open_address(name)).to(x).expand_as(x).clone()


def pictures_in(name: str) -> tuple[str, ...]:
    """The address that `name` is, where it is one; ValueError for the mean of a split that does not exist."""
    if name.startswith(MEAN_OF):
        split_of(name.removeprefix(MEAN_OF))
        return ()
    return () if name in FILLS else (name,)


def _mean_of(split: str, model: Classifier) -> Tensor:
    """The mean image (1, C, H, W) of a split, each fitted to the model first."""
    data, part = open_split(split)
    step = max(1, data.size(part) // AVERAGED)
    total = torch.zeros(1, *model.input_shape, dtype=torch.float64)
    chosen = range(0, data.size(part), step)
    for index in chosen:
        total += model.prepare(data.sample(part, index).image).double().cpu()
    return (total / len(chosen)).float()
