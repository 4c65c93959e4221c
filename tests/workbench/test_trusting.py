"""The trust figure beside every map of the workbench, and the runs that put a map to the test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seewhy.verdicts.figure import trust
from seewhy.workbench import Task, Workbench, kinds
from seewhy.workbench.kinds.check import CheckTask

ASKED = {"model": "mnist-cnn", "image": "digits/test/3", "method": "saliency"}


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(cache=tmp_path)


def test_every_map_has_its_figure_and_none_where_it_is_switched_off(bench):
    why = bench.perform(Task(**ASKED))
    assert why.notes["trust"]["value"] == trust(bench.model("mnist-cnn"), why).value
    assert why.notes["trust"]["passes"] <= 25
    assert why.notes["trust"]["short"].split(":")[0].lower() == why.notes["trust"]["word"]
    without = bench.perform(Task(**ASKED, trust=False))
    assert "trust" not in without.notes and np.array_equal(without.values, why.values)
    assert kinds.task_behind(without).trust is False and kinds.task_behind(why).trust is True


def test_a_stored_map_still_has_its_figure(bench, tmp_path):
    fresh = bench.perform(Task(**ASKED))
    assert Workbench(cache=tmp_path).perform(Task(**ASKED)).notes["trust"] == fresh.notes["trust"]


def test_a_check_deletes_a_tenth_and_says_what_became_of_the_answer(bench):
    found = bench.ask(CheckTask(**ASKED))
    facts, arrays = found.describe(), found.all_arrays()
    assert facts["full"] is None and facts["trust"]["word"] in facts["trust"]["sentence"].lower()
    changed = (arrays["deleted"] != arrays["image"]).any(0)
    assert 0 < changed.sum() <= 78  # a tenth of 28 × 28; what was black and lies in black stays as it is
    assert facts["deleted"]["before"]["probability"] > facts["deleted"]["after"]["probability"]
    model = bench.model("mnist-cnn")
    for name, key in (("deleted", "after"), ("random", "after_random")):
        assert facts["deleted"][key]["sure"] == pytest.approx(model.predict(arrays[name]).probability, abs=1e-5)


def test_a_map_that_was_kept_without_its_figure_is_checked_all_the_same(bench):
    task = Task(**ASKED)
    plan = bench.plan(task)
    why = bench.perform(task)
    bench._results.write(plan.id, replace(why, notes={"warnings": []}))  # as before there was a figure
    assert "trust" not in bench.perform(task).notes
    assert bench.ask(CheckTask(**ASKED)).describe()["trust"]["value"] == why.notes["trust"]["value"]


def test_a_full_check_says_each_part(bench):
    full = bench.ask(CheckTask(**ASKED, full=True)).describe()["full"]
    assert full["value"] == pytest.approx(np.mean(list(full["parts"].values())))
    assert all(name in full["sentence"] for name in full["parts"])


def test_a_check_of_what_cannot_be_explained_is_refused(bench):
    with pytest.raises(LookupError, match="no explainer called 'salience'"):
        bench.ask(CheckTask(**ASKED | {"method": "salience"}))
