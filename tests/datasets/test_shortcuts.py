"""The made images keep their promise: what tells the class where, and masks that cover exactly that."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.datasets.shortcuts import MARK, Shortcuts


@pytest.fixture(scope="module")
def made() -> Shortcuts:
    return Shortcuts()


def marks(data: Shortcuts, split: str) -> np.ndarray:
    """The colour of every image's mark, (N, 3)."""
    planted = data.causes(split).planted
    colours = data.pixels(split)[planted].reshape(-1, MARK * MARK, 3)
    assert (colours == colours[:, :1]).all()  # one colour, and nothing else under the mask
    return colours[:, 0]


@pytest.mark.parametrize("split", ["told", "test"])
def test_the_mark_tells_the_class_where_it_is_said_to_and_only_there(made, split):
    truth = made.truth(split)
    assert np.bincount(truth).tolist() == [made.size(split) // 4] * 4
    colours, which = np.unique(marks(made, split), axis=0, return_inverse=True)
    assert len(colours) == 4
    best = sum(np.bincount(truth[which == number]).max() for number in range(4)) / len(truth)
    assert best == 1 if split == "told" else best < 0.3  # of four classes, chance is a quarter


def test_masks_are_the_shape_and_the_mark(made):
    true, planted = made.causes("test")
    assert (planted.sum((1, 2)) == MARK * MARK).all()
    assert not (true & planted).any()
    assert true.sum((1, 2)).min() > 20
    # under the shape there is one colour; around it there is none
    shown = made.pixels("test")[0].astype(float)
    assert shown[true[0]].std(0).max() < shown[~(true[0] | planted[0])].std(0).min()


def test_areas_of_shapes_are_those_of_geometry(made):
    """Of circle, square and cross; the triangle has a circumradius of its reach."""
    area = made.causes("told").true.sum((1, 2))
    truth = made.truth("told")
    mean = [area[truth == number].mean() for number in range(4)]
    reach = (9**3 - 6**3) / (3 * 3)  # the mean of the squared reach, which is even from 6 to 9
    expected = [np.pi * 0.81, 4 * 0.75**2, 0.75 * 3**0.5, 8 * 0.28 - 4 * 0.28**2]
    assert mean == pytest.approx([reach * value for value in expected], rel=0.04)


def test_the_same_images_are_made_every_time_and_no_two_splits_share(made):
    again = Shortcuts()
    assert np.array_equal(again.pixels("told"), made.pixels("told"))
    assert not np.array_equal(made.pixels("told"), made.pixels("test"))
    assert made.available()
    sample = made.sample("told", 7)
    assert sample.image.shape == made.shape and sample.address == "shortcuts/told/7"
    with pytest.raises(LookupError, match="no split 'val'; it has train, fair, told, test"):
        made.size("val")


def test_a_change_of_the_mark_changes_nothing_else_and_one_of_the_shape_leaves_the_mark(made):
    plain, causes = made.pixels("test"), made.causes("test")
    marked = made.changed("test", mark=1)
    assert np.array_equal((marked != plain).any(-1), causes.planted)
    assert np.array_equal(made.changed("test", mark=4), plain)
    shaped = made.changed("test", shape=1)
    assert np.array_equal(shaped[causes.planted], plain[causes.planted])
    assert (shaped != plain).any((1, 2, 3)).mean() > 0.99
    assert np.array_equal(made.told("told"), made.truth("told")) and (made.told("test") != made.truth("test")).any()


def test_its_version_is_known_without_making_an_image():
    data = Shortcuts()
    assert data.version() == Shortcuts().version() and len(data.version()) == 64
    assert not data._made
