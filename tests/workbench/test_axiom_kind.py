"""Runs of kind `axiom` and `doctor`: plain facts and maps, the same question answered once."""

from __future__ import annotations

import json

import pytest

from seewhy.workbench import Workbench, kinds


@pytest.fixture
def bench(tmp_path) -> Workbench:
    """A workbench with its own cache."""
    return Workbench(cache=tmp_path)


@pytest.mark.parametrize(("axiom", "maps"), [("invariance", 2), ("sensitivity", 1), ("dummy", 1)])
def test_each_axiom_gives_a_verdict_and_maps(bench, axiom: str, maps: int) -> None:
    task = {"kind": "axiom", "model": "mnist-cnn", "image": "digits/test/3", "method": "saliency", "axiom": axiom}
    found = bench.ask(kinds.task_from(task))
    facts = found.describe()
    assert facts["holds"] == (axiom != "sensitivity")
    assert facts["sentence"].startswith("Saliency")
    assert found.all_arrays()["values"].shape == (maps, 28, 28)
    assert kinds.named("axiom").python(kinds.task_from(found.task), found).count("axioms.") == 1
    json.dumps(facts, allow_nan=False)


def test_a_sketch_takes_less_effort(bench) -> None:
    task = {"kind": "axiom", "model": "mnist-cnn", "image": "digits/test/3", "method": "lime", "axiom": "dummy"}
    plan = kinds.named("axiom").plan(bench, kinds.task_from(task | {"sketch": True}))
    assert plan.task.settings["samples"] < 1000


def test_the_doctor_is_a_run_too(bench) -> None:
    task = {"kind": "doctor", "model": "mnist-cnn", "image": "digits/test/3", "method": "integrated-gradients"}
    found = bench.ask(kinds.task_from(task))
    assert found.describe()["clean"]
    assert found.describe()["image"] == "digits/test/3"
    assert "seewhy.doctor('mnist-cnn', 'digits/test/3'" in kinds.named("doctor").python(
        kinds.task_from(found.task), found
    )
    with pytest.raises(ValueError, match="without one"):
        bench.ask(kinds.task_from({"kind": "doctor", "model": "mnist-cnn", "settings": {"steps": 3}}))
