"""What a measurement says, keeps and refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from seewhy.metrics.deletion import Deletion
from seewhy.metrics.results import Measurement
from seewhy.pictures.chances import MAP


def made(value: float, chances, better="higher") -> Measurement:
    return Measurement("m", "Score", value, np.asarray(chances, np.float64), better, "none")


def test_gain_has_the_sign_of_good_whichever_way_good_is():
    assert made(3, [1, 2, 3]).gain == pytest.approx(1)
    assert made(3, [1, 2, 3], "lower").gain == pytest.approx(-1)
    assert made(3, [1, 2, 3], "chance").gain == pytest.approx(-1)


def test_beats_counts_equal_ones_half():
    assert made(2, [1, 2, 3]).beats == 0.5
    assert made(9, [1, 2, 3]).beats == 1
    assert made(9, [1, 2, 3], "lower").beats == 0


def test_luck_is_the_rank_among_the_random_maps():
    assert made(9, np.arange(19)).luck == pytest.approx(0.5 + 0.05)
    assert made(99, np.arange(19)).luck == pytest.approx(0.05)
    assert made(99, np.arange(19)).verdict == "better"
    assert made(-1, np.arange(19)).verdict == "worse"
    assert made(99, np.arange(18)).verdict == "like chance"


def test_the_sentence_says_by_how_much_and_how_sure():
    chances = np.linspace(0.4, 0.6, 21)
    assert made(0.9, chances).sentence == (
        "Score 0.9, random maps as smooth 0.5 (0.405 to 0.595): better than chance by 0.4 ± 0.028."
    )
    assert made(0.5, chances).sentence.endswith(": no better than chance.")
    assert made(0.9, chances, "lower").sentence.endswith(": worse than chance by 0.4 ± 0.028.")
    assert made(0.5, chances, "chance").sentence.endswith(": no more alike than those.")
    assert made(0.9, chances, "chance").sentence.endswith(": more alike than those by 0.4 ± 0.028.")


def test_it_is_saved_as_facts_or_with_its_arrays(known, tmp_path):
    found = Deletion(steps=6).measure(known.model, known.x, known.target, known.values)
    facts = json.loads(found.save(tmp_path / "score.json").read_text())
    assert facts["value"] == found.value and len(facts["curve"]) == 7
    with np.load(found.save(tmp_path / "score.npz")) as file:
        np.testing.assert_array_equal(file["chances"], found.chances)
        assert file["chance_curves"].shape == (20, 7)
    found.save(tmp_path / "score.png")
    with pytest.raises(ValueError, match=r"a measurement is saved as .*, got 'score\.csv'"):
        found.save(tmp_path / "score.csv")


def red_pixels(picture: Image.Image) -> np.ndarray:
    """Rows and columns of the pixels in the colour of the map."""
    return np.argwhere((np.asarray(picture.convert("RGB")) == MAP).all(2))


def test_the_picture_puts_the_map_among_the_random_ones():
    low, middle, high = (red_pixels(made(value, [0.0, 1.0, 2.0]).picture())[:, 1] for value in (0, 1, 2))
    assert low.min() < 120 and abs(np.median(middle) - 595) < 30 and high.max() > 1070


def test_the_picture_draws_the_curve_too(known):
    with_curve = Deletion(steps=6).measure(known.model, known.x, known.target, known.values).picture()
    assert with_curve.height > made(1, [0.0, 1.0, 2.0]).picture().height + 500
    rows = red_pixels(with_curve)[:, 0]
    assert rows.min() < 130 and (rows < 650).sum() > 500
