"""The least evidence is enough, nothing of it can go, and the model agrees."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.attacks.least_evidence import LeastEvidence
from seewhy.attacks.pieces import cut
from seewhy.classifiers.function import FunctionClassifier
from seewhy.datasets.digits import Digits

KINDS = ("pixels", "strokes", "superpixels", "grid")


@pytest.mark.parametrize("pieces", KINDS)
def test_what_is_left_is_enough_and_no_piece_of_it_can_go(digit_model, digit, pieces):
    found = LeastEvidence(pieces=pieces, count=30)(digit_model, digit)
    assert found.minimal
    assert digit_model.predict(found.least).probabilities[found.target] >= 0.9
    np.testing.assert_array_equal(found.least[0], np.where(found.kept, digit[0], 0))
    labels = cut(digit, np.zeros_like(digit), pieces, 30)
    for piece in np.unique(labels[found.kept]):
        without = np.where(labels == piece, 0, found.least[0])[None].astype(np.float32)
        assert digit_model.predict(without).probabilities[found.target] < 0.9


@pytest.mark.parametrize("pieces", KINDS)
def test_every_pixel_that_is_not_background_is_in_one_piece(digit, pieces):
    labels = cut(digit, np.zeros_like(digit), pieces, 30)
    assert ((labels >= 0) == (digit[0] > 1 / 512)).all()
    assert set(np.unique(labels)) == set(range(-1, labels.max() + 1))


def test_the_brightest_pixels_are_enough_for_a_model_that_adds_them_up():
    def bright(pixels):
        sure = np.clip(pixels.sum((1, 2, 3)) / 4, 0, 1)
        return np.stack([1 - sure, sure], 1)

    model = FunctionClassifier(bright, ["dark", "bright"], (1, 3, 3))
    picture = np.array([[[0.1, 0.2, 1.0], [0.3, 1.0, 0.2], [1.0, 0.1, 0.9]]], np.float32)  # adds up to 4.8
    found = LeastEvidence(confidence=0.9)(model, picture)  # 3.6 of 4 must stay: the three ones and the .9
    assert found.kept.tolist() == [[False, False, True], [False, True, False], [True, False, True]]
    assert found.kept_fraction == pytest.approx(4 / 9)


def test_most_fives_need_no_middle_or_less_than_half_of_their_strokes(digit_model):
    fives = [Digits().sample("test", index).image for index in np.flatnonzero(Digits().truth("test") == 5)[:12]]
    kept = [LeastEvidence(pieces="strokes")(digit_model, five) for five in fives]
    sure = [found for found in kept if found.reached]
    assert len(sure) >= 8
    assert np.median([found.pieces_kept / found.pieces for found in sure]) < 0.8


def test_a_picture_that_is_not_sure_is_left_whole(digit_model):
    found = LeastEvidence()(digit_model, torch.zeros(1, 28, 28).numpy())
    assert not found.reached
    assert "less than the 90% that must stay" in found.sentence


def test_the_curve_tells_what_was_left_at_each_step(digit_model, digit):
    found = LeastEvidence()(digit_model, digit)
    assert (np.diff(found.shares) < 0).all()
    assert len(found.shares) == len(found.probabilities)
    assert found.probabilities[0] == pytest.approx(found.before.probabilities[found.target])
    assert found.probabilities[-1] == pytest.approx(found.after.probabilities[found.target], abs=1e-4)
    step = 1
    shown = np.where((found.order >= step) | (found.order < 0), digit[0], 0)[None]
    assert digit_model.predict(shown).probabilities[found.target] == pytest.approx(found.probabilities[step], abs=1e-4)


def test_the_path_knows_every_piece_and_passes_through_the_least(digit_model, digit):
    found = LeastEvidence(pieces="grid", count=60)(digit_model, digit)
    path = found.path
    assert sorted(path.sequence) == list(range(found.pieces))
    staying = set(path.sequence[-found.pieces_kept :])
    assert staying == set(np.unique(path.pieces[found.kept]))
    assert (path.kept[0], path.kept[-1]) == (1, 0)
    assert path.strongest[0] == pytest.approx(found.before.probabilities[found.target], abs=1e-6)
    least = found.after.probabilities[found.target]
    assert path.strongest[list(path.kept).index(found.kept_fraction)] == pytest.approx(least, abs=1e-6)
    black = digit_model.predict(np.zeros_like(digit)).probabilities[found.target]
    assert path.strongest[-1] == pytest.approx(black, abs=1e-6)
    assert path.weakest[-1] == pytest.approx(black, abs=1e-6)
    assert path.strongest.mean() > path.weakest.mean()  # what goes last is worth more than what goes first


def test_a_drop_is_what_the_model_loses_with_one_piece(digit_model, digit):
    found = LeastEvidence(pieces="strokes")(digit_model, digit)
    for piece, drop in enumerate(found.path.drops):
        without = np.where(found.path.pieces == piece, 0, digit[0])[None].astype(np.float32)
        lost = found.before.probabilities[found.target] - digit_model.predict(without).probabilities[found.target]
        assert drop == pytest.approx(lost, abs=1e-6)


def test_an_empty_picture_has_no_pieces_and_no_order(digit_model):
    path = LeastEvidence()(digit_model, np.zeros((1, 28, 28), np.float32)).path
    assert len(path.sequence) == len(path.drops) == 0
    assert (path.pieces == -1).all()


def test_ink_that_has_no_number_goes_with_the_nearest_stroke(digit_model, digit):
    parts = np.zeros((28, 28), int)
    parts[5, 14], parts[22, 14] = 1, 2  # one dot at the top, one at the bottom
    path = LeastEvidence(pieces="strokes")(digit_model, digit, parts=parts).path
    rows = np.indices((28, 28))[0]
    ink = digit[0] > 1 / 512
    assert set(path.pieces[ink & (rows <= 12)]) == {0}
    assert set(path.pieces[ink & (rows >= 15)]) == {1}


def test_parts_of_another_size_are_refused(digit_model, digit):
    with pytest.raises(ValueError, match="28 × 28"):
        LeastEvidence(pieces="strokes")(digit_model, digit, parts=np.ones((14, 14), int))
