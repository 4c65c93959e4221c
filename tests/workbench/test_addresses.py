"""Which class a picture is said to belong to."""

from __future__ import annotations

import numpy as np

from seewhy.workbench.addresses import Picture


def test_a_folder_named_with_underscores_means_the_label_with_spaces():
    picture = Picture(np.zeros((3, 2, 2), np.float32), "here", 0, "tiger_cat")
    assert picture.truth_for(["dog", "tiger cat"]) == 1
    assert picture.truth_for(["tiger_cat", "tiger cat"]) == 0
    assert picture.truth_for(["cat"]) is None
    assert Picture(picture.image, "here").truth_for(["cat", ""]) is None
