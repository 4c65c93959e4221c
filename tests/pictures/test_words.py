"""Scale, histogram and the sentence for people who do not see the map."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.pictures import describe_map, histogram, region_table, robust_scale


def test_the_scale_is_the_99th_percentile_and_never_zero():
    values = np.arange(-50.0, 51.0).reshape(1, -1)
    assert robust_scale(values) == pytest.approx(np.percentile(np.abs(values), 99))
    lonely = np.zeros((20, 20))
    lonely[3, 3] = -4
    assert robust_scale(lonely) == 4
    assert robust_scale(np.zeros((3, 3))) == 1


def test_the_histogram_counts_every_pixel():
    values = np.random.default_rng(0).normal(size=(30, 30))
    counts = histogram(values)
    assert len(counts) == 64
    assert sum(counts) == 900
    assert histogram(np.zeros((2, 2)))[0] == 4


def test_the_regions_add_up_to_the_map():
    values = np.random.default_rng(1).normal(size=(28, 31))
    table = np.array(region_table(values))
    assert table.shape == (3, 3)
    assert table.sum() == pytest.approx(values.sum())


def test_the_sentence_names_the_right_corners():
    values = np.zeros((9, 9))
    values[:3, 6:] = 1
    values[6:, :3] = -1
    sentence = describe_map(values)
    assert "100 % of the support lies top right" in sentence
    assert "against: lower left" in sentence


def test_one_sided_and_empty_maps_have_their_own_sentences():
    assert "othing speaks for it" in describe_map(-np.eye(9))
    sentences = {describe_map(np.zeros((9, 9))), describe_map(np.eye(9)), describe_map(-np.eye(9))}
    assert len(sentences) == 3
    assert all(sentence.endswith(".") for sentence in sentences)
