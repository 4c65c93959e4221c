"""Convolutions by points must equal those of the library."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from seewhy.inference.winograd import Toom, tiles


@pytest.mark.parametrize(("kernel", "tile"), [(kernel, tile) for kernel in (2, 3, 4, 5) for tile in tiles(kernel)])
@pytest.mark.parametrize("sides", [(1, 1), (4, 7), (9, 6)])
def test_products_at_points_are_the_convolution(kernel, tile, sides):
    generator = torch.Generator().manual_seed(kernel)
    change = torch.randn(130, *sides, 3, generator=generator)  # more than go through together
    weight = torch.randn(5, 3, kernel, kernel, generator=generator)
    judge = F.conv2d(change.permute(0, 3, 1, 2).double(), weight.double(), padding=kernel - 1).permute(0, 2, 3, 1)
    found = Toom(weight, tile)(change)
    assert found.shape == judge.shape
    assert (found - judge).abs().max() < 1e-5 * judge.abs().max()


def test_tiles_that_lose_digits_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Toom(torch.ones(2, 2, 3, 3), 5)
    with pytest.raises(ValueError, match="do not fit"):
        Toom(torch.ones(2, 2, 3, 1), 2)
    assert not tiles(7)
