"""Convolutions with fewer multiplications, for changes: Toom and Cook's way, in two dimensions; knows no graph.

A tile of m × m places and a kernel of k × k become polynomials; they are multiplied by their values at m + k − 1
points, channels by channels in one matrix product for each pair of points, and the overlapping results are added. In
the transposed form this is Winograd's (Lavin, Gray: Fast Algorithms for Convolutional Neural Networks, CVPR 2016,
https://arxiv.org/abs/1509.09308). The rounding error is about four times that of the plain way, relative to the
change and not to the map.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import torch
from torch import Tensor

POINTS = (Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(-2))  # and infinity; more lose digits
CHUNK = 1_000_000  # values at the points of all tiles that are handled together, so that they stay in the cache
TILES = 96  # but at least so many tiles, or reading the weights takes longer than multiplying


class Toom:
    """A convolution of stride 1 as products at points, for tiles of `tile` places a side.

    weight: (K, C, k, k), as torch.nn.Conv2d has it; tile + k − 1 is at most six.
    """

    def __init__(self, weight: Tensor, tile: int) -> None:
        kernel = weight.shape[2]
        if tile not in tiles(kernel) or weight.shape[3] != kernel:
            raise ValueError(f"tiles of {tile} do not fit a kernel of {tuple(weight.shape[2:])}")
        self.tile, self.kernel, self.points = tile, kernel, tile + kernel - 1
        self.blocks = -(-self.points // tile)  # tiles that one tile reaches, along one axis
        into, of_kernel = _values(self.points, tile), _values(self.points, kernel)
        back = torch.linalg.inv(_values(self.points, self.points))
        self.into, self.back = (torch.kron(m, m).to(weight) for m in (into, back))
        flipped = weight.detach().double().cpu().flip(2, 3)
        weights = torch.einsum("ax,by,kcxy->abck", of_kernel, of_kernel, flipped)
        self.weights = weights.flatten(0, 1).to(weight).contiguous()  # (points², C, K)

    def __call__(self, change: Tensor) -> Tensor:
        """The changes (P, h + k − 1, w + k − 1, K) of all outputs that the changes (P, h, w, C) reach."""
        height, width = change.shape[1:3]
        down, across = -(-height // self.tile), -(-width // self.tile)
        together = max(TILES, CHUNK // (self.points**2 * sum(self.weights.shape[1:])))
        at_once = max(1, together // (down * across))
        more = self.blocks - 1
        out = change.new_empty(len(change), down + more, self.tile, across + more, self.tile, self.weights.shape[2])
        out[:, down:], out[:, :, :, across:] = 0, 0
        for start in range(0, len(change), at_once):
            self._write(change[start : start + at_once], out[start : start + at_once])
        reach = self.kernel - 1
        return out.flatten(3, 4).flatten(1, 2)[:, : height + reach, : width + reach]

    def _write(self, change: Tensor, out: Tensor) -> None:
        """Write into `out` (P, tiles, m, tiles, m, K), which is zero where only the tiles of others reach."""
        m = self.tile
        count, height, width, channels = change.shape
        down, across = out.shape[1] - self.blocks + 1, out.shape[3] - self.blocks + 1
        if (down * m, across * m) != (height, width):
            change = torch.nn.functional.pad(change, (0, 0, 0, across * m - width, 0, down * m - height))
        tiles = change.reshape(count, down, m, across, m, channels).permute(2, 4, 0, 1, 3, 5)
        at_points = (self.into @ tiles.reshape(m * m, -1)).view(len(self.weights), -1, channels)
        products = torch.bmm(at_points, self.weights)
        found = (self.back @ products.flatten(1)).view(self.points, self.points, count, down, across, -1)
        target = out.permute(2, 4, 0, 1, 3, 5)
        for below, beyond in product(range(self.blocks), repeat=2):
            block = found[below * m : (below + 1) * m, beyond * m : (beyond + 1) * m]
            place = target[: len(block), : block.shape[1], :, below : below + down, beyond : beyond + across]
            place.add_(block) if below or beyond else place.copy_(block)


def tiles(kernel: int) -> range:
    """The sides of tiles that are exact enough for a kernel of this side."""
    return range(2, len(POINTS) + 3 - kernel)


def _values(points: int, coefficients: int) -> Tensor:
    """(points, coefficients): what turns a polynomial's coefficients into its values; the last point is infinity."""
    rows = [[float(point**power) for power in range(coefficients)] for point in POINTS[: points - 1]]
    return torch.tensor([*rows, [0.0] * (coefficients - 1) + [1.0]], dtype=torch.float64)
