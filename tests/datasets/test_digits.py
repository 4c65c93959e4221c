"""The embedded digits against their source."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from seewhy.datasets.digits import Digits

DIGITS = Digits()


def test_it_is_the_source_in_its_order():
    source = load_digits()
    originals, labels = DIGITS._source
    np.testing.assert_array_equal(originals, source.images)
    np.testing.assert_array_equal(labels, source.target)
    assert DIGITS.size("train") + DIGITS.size("test") == 1797


def test_every_class_is_in_both_splits():
    for split in DIGITS.splits:
        counts = np.bincount(DIGITS.truth(split), minlength=10)
        assert counts.min() >= 30
        assert len(counts) == 10


def test_digits_are_framed_like_mnist():
    pixels = np.concatenate([DIGITS.pixels(split) for split in DIGITS.splits]).astype(float)
    assert pixels.shape == (1797, 28, 28)
    place = np.arange(28)
    total = pixels.sum((1, 2))
    middles = np.stack([(pixels.sum(axis) @ place) / total for axis in (2, 1)])
    assert np.abs(middles - 14).max() <= 1
    inked = pixels > 25
    heights = inked.any(2).sum(1)
    widths = inked.any(1).sum(1)
    assert np.maximum(heights, widths).max() <= 22
    assert np.median(np.maximum(heights, widths)) >= 18
    assert pixels.max((1, 2)).min() > 200


def test_a_sample_carries_label_and_address():
    sample = DIGITS.sample("test", 3)
    assert sample.address == "digits/test/3"
    assert sample.label == DIGITS.truth("test")[3]
    assert sample.image.shape == (1, 28, 28)
    assert sample.image.dtype == np.float32
    assert 0 <= sample.image.min() < sample.image.max() <= 1


@pytest.mark.parametrize(("split", "index", "message"), [("tset", 0, "train, test"), ("test", 359, "got 359")])
def test_what_is_not_there_is_said(split, index, message):
    with pytest.raises(LookupError, match=message):
        DIGITS.sample(split, index)
