"""Spearman's correlation against scipy, ties and all."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from seewhy.explainers.settling import agreement

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("values", [5, 1000])
def test_it_is_scipys(values):
    one, other = RNG.integers(0, values, (2, 300))
    assert agreement(one, other) == pytest.approx(spearmanr(one, other).statistic, abs=1e-9)


def test_nothing_to_rank_is_settled_only_for_both():
    assert agreement(np.zeros(4), np.zeros(4)) == 1
    assert agreement(np.zeros(4), np.arange(4)) == 0
    assert agreement([], []) == 1
