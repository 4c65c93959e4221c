"""Hardening as a run: checked before work, kept, and its model found again by address."""

from __future__ import annotations

import pytest

from seewhy.workbench import Workbench, kinds

LITTLE = {
    "epochs": 1, "steps": 1, "batch": 4, "rubbish": 4, "nudged": 2, "each": 1, "climbing": 1, "tested": 10,
    "attacked": 2,
}  # fmt: skip


def task(**changes):
    return kinds.task_from({"kind": "harden", "model": "mnist-cnn", "data": "digits", "settings": LITTLE, **changes})


@pytest.fixture
def bench(tmp_path) -> Workbench:
    return Workbench(cache=tmp_path / "cache", holes=tmp_path / "holes", paths=False)


def test_the_model_of_a_run_is_found_by_its_address(bench, tmp_path):
    run = bench.submit(task())
    assert run.wait(120) and run.status == "done", run.error
    facts = run.result.describe()
    assert facts["hardened"] == f"hardened:{run.id}" and facts["after"]["tested"] == 10
    hardened = bench.model(facts["hardened"])
    assert hardened.fingerprint != bench.model("mnist-cnn").fingerprint
    assert bench.predict(facts["hardened"], ["digits/test/3"])[0].labels == hardened.labels
    later = Workbench(cache=tmp_path / "cache", holes=tmp_path / "holes", paths=False)
    assert facts["hardened"] in later.model_names() and len(later.describe_model(facts["hardened"])["labels"]) == 10
    assert later.model(facts["hardened"]).fingerprint == hardened.fingerprint
    assert later.ask(task()).describe() == facts
    assert "seewhy.harden('mnist-cnn', data='digits'" in kinds.kind_of(run.task).python(run.task, run.result)


def test_other_holes_are_another_question(bench):
    before = bench.plan(task()).id
    assert bench.plan(task()).id == before
    picture = bench.image("digits/test/3").image
    bench.holes.keep(picture, "5", 0.9, "mnist-cnn", "nonsense", {})
    assert bench.plan(task()).id != before


def test_other_runs_do_not_wait_behind_it(bench):
    long = bench.submit(task(settings=LITTLE | {"epochs": 100, "steps": 1000}))
    try:
        short = {"model": "mnist-cnn", "image": "digits/test/3", "method": "saliency"}
        quick = bench.submit(kinds.task_from(short))
        assert quick.wait(60) and quick.status == "done" and not long.over
    finally:
        bench.cancel(long.id)
        bench.close()
    assert long.status == "cancelled"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"settings": {"epoch": 3}}, ValueError, "did you mean 'epochs'"),
        ({"data": "digitz"}, LookupError, "did you mean 'digits'"),
        ({"model": "mnist-cnm"}, LookupError, "mnist-cnn"),
    ],
)
def test_what_cannot_work_is_refused_at_once(bench, changes, error, words):
    with pytest.raises(error, match=words):
        bench.plan(task(**changes))


@pytest.mark.parametrize("address", ["hardened:../../etc/passwd", "hardened:", "hardened:0123456789abcdef"])
def test_no_address_of_a_hardened_model_reaches_elsewhere(bench, address):
    with pytest.raises(LookupError, match=r"no model called|hardened model"):
        bench.model(address)
