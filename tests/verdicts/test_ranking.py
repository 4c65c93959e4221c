"""Methods in order: a known order, intervals that pair the pictures, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seewhy import cli, load
from seewhy.datasets.digits import Digits
from seewhy.explainers.gradients import Saliency
from seewhy.verdicts.ranking import ordered, rank


def test_a_method_that_is_always_a_little_better_is_surely_better_however_the_pictures_differ():
    hard = np.random.default_rng(0).uniform(0.1, 0.9, 50)  # how easy each picture is, for all methods alike
    found = ordered(("low", "high"), np.stack([hard, hard + 0.05]), np.array([1.0, 2.0]))
    best, other = found.rows
    assert (best.method, best.seconds, best.places) == ("high", 2.0, (1, 1))
    assert other.behind == pytest.approx(0.05) and other.behind_interval == pytest.approx((0.05, 0.05))
    assert not other.tied and best.interval[0] < other.mean  # unpaired, their intervals overlap
    assert found.sentence == "Of 2 methods on 50 pictures, high has the best figure, and better than all others."


def test_methods_that_differ_by_luck_are_tied():
    rng = np.random.default_rng(1)
    found = ordered(("one", "two"), rng.uniform(0, 1, (2, 40)), np.ones(2))
    assert found.rows[1].tied and found.rows[1].places == (1, 2)
    assert "may be as good" in found.sentence


def test_a_ranking_is_of_the_trust_figures_of_the_maps():
    model, data = load("mnist-cnn"), Digits()
    images = [data.sample("test", index).image for index in (1, 2)]
    found = rank(model, images, {"saliency": Saliency()})
    from seewhy.verdicts.figure import trust

    assert found.figures[0].tolist() == [trust(model, Saliency()(model, image)).value for image in images]
    with pytest.raises(ValueError, match="a method and two pictures, got 1 and 1"):
        rank(model, images[:1], {"saliency": Saliency()})


def test_the_command_prints_and_saves_the_order(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))
    words = [
        "rank",
        "--data",
        "digits/test",
        "--methods",
        "saliency,grad-cam",
        "--count",
        "4",
        "-o",
        str(tmp_path / "r.json"),
    ]
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert not ended.value.code
    text = capsys.readouterr().out
    assert "behind the best" in text and "on 4 pictures" in text
    rows = json.loads((tmp_path / "r.json").read_text())["result"]["rows"]
    assert {row["method"] for row in rows} == {"saliency", "grad-cam"}
    assert rows[0]["mean"] >= rows[1]["mean"]
