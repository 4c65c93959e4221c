"""Several explanations of one image side by side."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import spearmanr

from seewhy import compare, explain
from seewhy.comparisons import Comparison, rank_correlation
from seewhy.explainers.occlusion import Occlusion


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Results of these tests are kept apart."""
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))


@given(st.lists(st.lists(st.integers(-4, 4), min_size=12, max_size=12), min_size=2, max_size=4))
def test_rank_correlation_is_that_of_scipy_with_ties(maps):
    arrays = [np.array(values) for values in maps if len(set(values)) > 1]
    if len(arrays) < 2:
        return
    table = rank_correlation(arrays)
    for row, one in enumerate(arrays):
        for column, two in enumerate(arrays):
            assert table[row, column] == pytest.approx(spearmanr(one, two).statistic, abs=1e-9)


def test_a_constant_map_agrees_with_nothing():
    table = rank_correlation([np.zeros(5), np.arange(5)])
    assert np.isnan(table[0, 1])
    assert table[1, 1] == pytest.approx(1)


def test_rows_are_targets_and_columns_are_methods(tmp_path):
    found = compare("mnist-cnn", "digits/test/12", ["saliency", Occlusion(patch=7, stride=7)], targets=[5, 6])
    alone = explain("mnist-cnn", "digits/test/12", "occlusion", target=6, patch=7, stride=7)
    np.testing.assert_allclose(found.rows[1][1].values, alone.values, atol=1e-5)
    assert found.methods[1].startswith("Occlusion (patch 7, stride 7")
    assert found.agreement(0).shape == (2, 2)
    facts = json.loads(found.save(tmp_path / "facts.json").read_text())
    assert [target["label"] for target in facts["targets"]] == ["5", "6"]
    assert facts["agreement"][1][0][1] == pytest.approx(found.agreement(1)[0, 1], abs=1e-6)
    assert "Saliency ~ Occlusion" in found.in_words()
    with Image.open(found.save(tmp_path / "sheet.png")) as picture:
        assert picture.width > 800
        assert picture.height > 900
    with pytest.raises(ValueError, match=r"\.png or \.json, got 'sheet\.gif'"):
        found.save(tmp_path / "sheet.gif")


def test_what_cannot_be_compared_is_said():
    row = compare("mnist-cnn", "digits/test/12", ["saliency"]).rows[0]
    with pytest.raises(ValueError, match="same ones in every row"):
        Comparison((row, (*row, *row)))
    with pytest.raises(ValueError, match="at least one method"):
        Comparison(((),))
