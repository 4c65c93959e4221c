"""Measurements as runs, in a notebook and on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

import seewhy
from seewhy.cli import main
from seewhy.explainers.occlusion import Occlusion
from seewhy.workbench import Workbench, kinds
from seewhy.workbench.measuring import as_mask


def task(**changes):
    asked = {"kind": "measure", "model": "mnist-cnn", "image": "digits/test/12", "method": "occlusion"}
    return kinds.task_from(asked | {"metrics": {"deletion": {"steps": 8}, "sparseness": {}}} | changes)


@pytest.fixture
def bench(tmp_path) -> Workbench:
    return Workbench(cache=tmp_path)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Types a command; gives its exit code and what it printed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def typed(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return typed


def test_the_same_question_is_answered_from_the_store(bench, tmp_path):
    first = bench.ask(task())
    again = Workbench(cache=tmp_path).ask(task())
    assert again.describe() == first.describe()
    np.testing.assert_array_equal(again.all_arrays()["deletion.chances"], first.all_arrays()["deletion.chances"])
    assert kinds.task_behind(again).kind == "measure"
    assert first.describe()["measurements"]["deletion"]["verdict"] == "better"


def test_defaults_written_out_are_the_same_question(bench):
    short, long = bench.plan(task(metrics=["deletion"])), bench.plan(task(metrics={"deletion": {"steps": 32}}))
    assert short.id == long.id != bench.plan(task(metrics=["insertion"])).id


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"metrics": ["delition"]}, LookupError, "did you mean 'deletion'"),
        ({"metrics": {"deletion": {"fill": "pink"}}}, ValueError, "setting fill of deletion"),
        ({"metrics": ["mass-in-region"]}, ValueError, "name a mask"),
        ({"mask": "true"}, ValueError, "only images of the set shortcuts"),
        ({"mask": "nowhere/test/1"}, (LookupError, OSError), "nowhere"),
        ({"method": "oclusion"}, LookupError, "did you mean 'occlusion'"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_computed(bench, changes, error, words):
    with pytest.raises(error, match=words):
        bench.plan(task(**changes))


def test_the_python_of_a_run_repeats_its_numbers(bench, capsys):
    found = bench.ask(task())
    exec(kinds.named("measure").python(kinds.task_behind(found), found), {})
    said = capsys.readouterr().out.splitlines()
    assert said == [one["sentence"] for one in found.describe()["measurements"].values()]


def test_images_of_shortcuts_know_where_the_evidence_is(bench, residual):
    found = bench.ask(
        task(model="mnist-cnn", image="shortcuts/test/3", mask="planted", metrics=["mass-in-region", "pointing-game"])
    )
    region = found.describe()["measurements"]["mass-in-region"]["notes"]["region"]
    assert region == pytest.approx(16 / 1024, rel=0.3)  # 4 × 4 of 32 × 32 pixels, seen at 28 × 28


def test_a_mask_is_framed_as_the_model_frames_its_pictures(linear):
    large = np.zeros((1, 60, 60), np.float32)
    large[0, :30, :20] = 1
    assert as_mask(large, linear).tolist() == [[row < 3 and column < 2 for column in range(6)] for row in range(6)]
    exact = np.eye(6)
    np.testing.assert_array_equal(as_mask(exact, linear), exact > 0)


def test_a_map_of_another_model_is_refused(linear, residual):
    why = Occlusion(patch=2)(linear, np.full((1, 6, 6), 0.5, np.float32))
    assert seewhy.measure(linear, why, "deletion", steps=4).title == "Deletion"
    with pytest.raises(ValueError, match="explain again"):
        seewhy.measure(residual, why, "deletion")


def test_agreement_asks_the_methods_that_the_model_takes(linear):
    why = Occlusion(patch=2)(linear, np.random.default_rng(0).random((1, 6, 6), np.float32))
    assert seewhy.measure(linear, why, "agreement").notes["methods"] == ["integrated-gradients"]
    assert seewhy.measure(linear, why, "agreement", others=[why]).value == pytest.approx(1)
    with pytest.raises(ValueError, match="occlusion is the only one named"):
        seewhy.measure(linear, why, "agreement", methods=("occlusion",))
    with pytest.raises(ValueError, match="takes none of grad-cam"):
        seewhy.measure(linear, why, "agreement", methods=("grad-cam",))


def test_measure_prints_a_sentence_for_each_metric(run, tmp_path):
    words = ("measure", "digits/test/12", "--method", "occlusion", "--metrics", "deletion:steps=8,sparseness")
    code, out, _ = run(*words)
    assert code == 0
    assert [line.split(" ")[0] for line in out.splitlines()] == ["Why", "Deletion", "Sparseness"]
    assert "better than chance by" in out
    code, out, _ = run(*words, "--json", "-o", str(tmp_path / "scores.npz"))
    assert json.loads(out)["measurements"]["deletion"]["settings"]["steps"] == 8
    with np.load(tmp_path / "scores.npz") as file:
        assert file["deletion.chances"].shape == (20,)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--metrics", "delition"),
            "no metric called 'delition'; did you mean 'deletion'? `seewhy metrics` lists them",
        ),
        (("--metrics", "deletion:steps=1"), "setting steps of deletion"),
        (("--metrics", "pointing-game"), "Pointing game needs to know where the evidence truly is"),
        (("--mask", "no-such.png"), "no-such.png"),
        (("-o", "scores.csv"), "saved as .npz or .json"),
    ],
)
def test_a_mistake_ends_in_one_sentence_and_code_2(run, words, sentence):
    code, _, err = run("measure", "digits/test/12", *words)
    assert code == 2 and sentence in err and len(err.splitlines()) == 1


def test_metrics_are_listed_and_described(run):
    code, out, _ = run("metrics")
    assert code == 0 and all(name in out for name in ("deletion", "insertion", "agreement"))
    code, out, _ = run("metrics", "deletion")
    assert "Petsiuk" in out and "steps" in out and "Unit:" in out
    code, out, _ = run("metrics", "--json")
    assert json.loads(out)[0]["kind"] == "metric"


def test_the_gap_is_measured_against_the_map_s_own_baseline():
    model = seewhy.load("mnist-cnn")
    why = seewhy.explain(model, "digits/test/12", baseline="white", steps=50)
    assert seewhy.measure(model, why, "completeness-gap").value < 0.05
    assert seewhy.measure(model, why, "completeness-gap", baseline="black").value > 0.1
