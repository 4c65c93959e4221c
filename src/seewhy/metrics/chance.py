"""Random maps as smooth as a given one: what a score is worth by luck. Knows numbers only.

Each wave of the map (each coefficient of its Fourier transform) keeps its size and gets a random phase. So a random
map has the same power spectrum, and with it the same autocorrelation (around the edges), the same spread of values and,
but for its sign, the same mean; where its hills lie is pure chance. For a map that is itself such a random map, its
rank among them is exactly uniform. J. Theiler et al., Testing for nonlinearity in time series: the method of surrogate
data, 1992, https://doi.org/10.1016/0167-2789(92)90102-S.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor


def random_maps(values: Tensor, count: int, seed: int = 0) -> Tensor:
    """`count` random maps (count, …, H, W) as smooth as `values` (H, W) or (C, H, W); channels move together."""
    return turned(values, random_phases((values.shape[-2], values.shape[-1]), count, seed))


def random_phases(size: tuple[int, int], count: int, seed: int = 0) -> Tensor:
    """The phases of white noise, (count, H, W // 2 + 1), complex numbers of size 1: what `turned` turns waves by."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(count, *size, generator=generator, dtype=torch.float64)
    phases: Tensor = torch.fft.rfft2(noise)
    return phases / phases.abs().clamp(min=1e-300)  # of white noise, so that the result is real


def turned(values: Tensor, phases: Tensor) -> Tensor:
    """`values` (H, W) or (C, H, W) with each wave turned by each of `phases`: (count, …, H, W)."""
    waves = torch.fft.rfft2(values.detach().cpu().double())
    if values.ndim == 3:
        phases = phases[:, None]
    found: Tensor = torch.fft.irfft2(waves * phases, s=values.shape[-2:])
    return found.to(values)


def with_random_means(values: Tensor, count: int, seed: int = 0) -> Tensor:
    """As `random_maps`, but each with a sum that is drawn like its slowest waves, for sums are what is judged."""
    found = random_maps(values, count, seed)
    waves = torch.fft.fft2(values.detach().cpu().double())
    slowest = torch.stack([waves[..., row, column] for row, column in ((0, 1), (1, 0), (0, -1), (-1, 0))])
    height = slowest.abs().square().mean(0).sqrt()  # of a sum; one number, or one a channel
    draws = torch.randn(count, *[1] * height.ndim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    means = draws * height / (values.shape[-2] * values.shape[-1])
    return found - found.mean((-2, -1), keepdim=True) + means[..., None, None].to(found)


def smooth_noise(size: tuple[int, int], count: int, width: float, seed: int = 0) -> Tensor:
    """`count` random fields (count, H, W) of variance 1, smooth over about `width` pixels; 0 gives white noise."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(count, *size, generator=generator, dtype=torch.float64)
    down, across = torch.meshgrid(torch.fft.fftfreq(size[0]), torch.fft.rfftfreq(size[1]), indexing="ij")
    kept = torch.exp(-2 * (torch.pi * width) ** 2 * (down**2 + across**2).double())
    found: Tensor = torch.fft.irfft2(torch.fft.rfft2(noise) * kept, s=size)
    scale = found.square().mean((1, 2), keepdim=True).sqrt().clamp(min=1e-300)
    return (found / scale).float()


def mean_factor(count: int) -> float:
    """How many standard deviations of `count` scores their mean lies from the true one at most, 95 times of 100.

    By Student's t.

    >>> round(mean_factor(20), 2)
    0.47
    """
    from scipy.special import stdtrit

    return float(stdtrit(count - 1, 0.975)) / sqrt(count)
