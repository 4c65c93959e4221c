"""Random maps are as smooth as the map, and nothing else; the same seed gives the same ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.metrics.chance import mean_factor, random_maps, smooth_noise


def correlation(maps: torch.Tensor) -> torch.Tensor:
    """The autocorrelation (…, H, W) around the edges."""
    return torch.fft.ifft2(torch.fft.fft2(maps.double()).abs() ** 2).real


@pytest.mark.parametrize("size", [(12, 12), (9, 14), (7, 7)])
def test_random_maps_have_the_autocorrelation_of_the_map(size):
    values = smooth_noise(size, 1, 1.5, seed=3)[0].double() + 0.3
    found = random_maps(values, 5)
    assert found.shape == (5, *size)
    torch.testing.assert_close(correlation(found), correlation(values).expand(5, *size), atol=1e-9, rtol=1e-9)


def test_random_maps_are_not_like_the_map_nor_like_each_other():
    values = smooth_noise((24, 24), 1, 1.0, seed=1)[0]
    both = torch.cat([values[None], random_maps(values, 30)]).flatten(1).numpy()
    table = np.corrcoef(both)
    assert np.abs(table[~np.eye(31, dtype=bool)]).mean() < 0.15


def test_channels_of_a_random_map_keep_together():
    values = smooth_noise((10, 10), 1, 1.0)[0].double()
    found = random_maps(torch.stack([values, -2 * values]), 3)
    torch.testing.assert_close(found[:, 1], -2 * found[:, 0])


def test_the_same_seed_gives_the_same_maps():
    values = smooth_noise((8, 8), 1, 1.0)[0]
    assert torch.equal(random_maps(values, 4, seed=7), random_maps(values, 4, seed=7))
    assert not torch.equal(random_maps(values, 4, seed=7), random_maps(values, 4, seed=8))


def test_a_flat_map_has_flat_random_maps():
    assert not random_maps(torch.zeros(6, 6), 3).any()


def test_wider_noise_is_smoother():
    rough, smooth = (smooth_noise((32, 32), 4, width).diff(dim=2).abs().mean() for width in (0.5, 4))
    assert smooth < rough / 3


def test_the_true_mean_is_within_the_factor_95_times_of_100():
    draws = np.random.default_rng(0).normal(size=(20_000, 10))
    inside = np.abs(draws.mean(1)) <= mean_factor(10) * draws.std(1, ddof=1)
    assert abs(inside.mean() - 0.95) < 0.005
