"""Agreement: known correlations, and how alike maps count as."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch

from seewhy.metrics.agreement import Agreement
from seewhy.metrics.chance import smooth_noise
from seewhy.metrics.likeness import likeness


def test_agreement_is_the_mean_rank_correlation(known):
    values, *others = smooth_noise((12, 12), 3, 1.0).double()
    expected = [scipy.stats.spearmanr(values.flatten(), other.flatten()).statistic for other in others]
    found = Agreement().measure(known.model, known.x, known.target, values, others=others)
    assert found.value == pytest.approx(np.mean(expected))
    assert found.notes["likeness"] == pytest.approx(expected)


def test_a_map_agrees_wholly_with_itself(known):
    for kind in ("rank", "size-rank", "ssim"):
        found = Agreement(likeness=kind).measure(
            known.model, known.x, known.target, known.values, others=[known.values]
        )
        assert found.value == pytest.approx(1) and found.verdict == "better"


def test_signs_count_unless_sizes_are_compared():
    values = smooth_noise((12, 12), 1, 1.0)[0].double()
    assert likeness(values, -values[None], "rank") == pytest.approx(-1)
    assert likeness(values, -values[None], "size-rank") == pytest.approx(1)
    assert likeness(values, -values[None], "ssim") < 0


def test_ssim_asks_for_no_scale_and_takes_small_maps():
    values = smooth_noise((5, 6), 1, 1.0)[0].double()
    assert likeness(values, 10 * values[None], "ssim") == pytest.approx(1)


def test_a_map_without_order_is_like_no_other():
    assert likeness(torch.zeros(8, 8).double(), smooth_noise((8, 8), 2, 1.0).double(), "rank").tolist() == [0, 0]


def test_random_maps_agree_at_chance(known):
    maps = smooth_noise((12, 12), 200, 1.0, seed=41).double()
    beats = [
        Agreement(maps=19, seed=seed).measure(known.model, known.x, known.target, one, others=[known.values]).beats
        for seed, one in enumerate(maps)
    ]
    assert abs(np.mean(beats) - 0.5) < 3 * np.sqrt(1 / 12 / 200)


def test_without_others_it_says_what_to_pass(known):
    with pytest.raises(ValueError, match="pass others="):
        Agreement().measure(known.model, known.x, known.target, known.values)
