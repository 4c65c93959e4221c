"""Runs of several kinds share one workbench: told apart, kept, found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seewhy.classifiers.base import Classifier
from seewhy.classifiers.function import FunctionClassifier
from seewhy.workbench import Finding, Workbench, kinds
from seewhy.workbench.kinds.predictions import PredictionsTask
from seewhy.workbench.tasks import Task


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    def light(x: np.ndarray) -> np.ndarray:
        """Bright pictures are 1, others 0; there is no third."""
        share = (x.mean((1, 2, 3)) * 4).clip(0.05, 0.95)
        return np.stack([1 - share, share], 1)

    model = FunctionClassifier(light, ["0", "1"], (1, 28, 28), name="light")
    workbench = Workbench(cache=tmp_path, models={"light": model}, paths=False)
    yield workbench
    workbench.close()


def test_plain_data_without_a_kind_is_an_explanation() -> None:
    plain = {"model": "m", "image": "i", "method": "occlusion"}
    assert isinstance(kinds.task_from(plain), Task)
    assert kinds.task_from(plain | {"kind": "explain"}) == kinds.task_from(plain)
    assert isinstance(kinds.task_from({"kind": "predictions", "model": "m"}), PredictionsTask)
    with pytest.raises(ValueError, match=r"explain, predictions.*got 'guess'"):
        kinds.task_from({"kind": "guess"})
    with pytest.raises(ValueError, match="image"):
        kinds.task_from({"kind": "predictions", "model": "m", "image": "i"})


def test_the_id_of_an_explanation_is_what_it_always_was() -> None:
    task = Task(model="m", image="i", method="occlusion").complete(["a"])
    assert task.hash("w", "p") == "9f31263bc5d2e593"  # links and stored results name runs by it


def test_every_kind_is_named_by_its_own_task() -> None:
    for kind in kinds.KINDS:
        assert kind.task.model_fields["kind"].default == kind.name
        assert (kind.task.__doc__ or "").strip()


def test_predictions_agree_with_the_model_one_by_one(bench: Workbench) -> None:
    found = bench.ask(PredictionsTask(model="light", data="digits", split="test"))
    arrays, data = found.all_arrays(), bench.dataset("digits")
    beliefs = bench.predict("light", [f"digits/test/{index}" for index in range(0, 359, 40)])
    for row, belief in zip(range(0, 359, 40), beliefs, strict=True):
        assert arrays["predicted"][row] == belief.index
        assert arrays["score"][row] == pytest.approx(belief.probability, rel=1e-6)
        truth = data.truth("test")[row]
        assert arrays["label"][row] == (truth if truth < 2 else -1)
        if truth < 2:
            assert arrays["loss"][row] == pytest.approx(-np.log(belief.probabilities[truth]), rel=1e-5)
        else:
            assert np.isnan(arrays["loss"][row])
    facts = found.describe()
    assert facts["count"] == 359
    assert facts["labelled"] == int((data.truth("test") < 2).sum())
    assert sum(facts["predicted"]) == 359
    assert facts["accuracy"] == pytest.approx(facts["correct"] / facts["labelled"])


def test_images_of_another_shape_are_fitted(tmp_path: Path, residual: Classifier) -> None:
    bench = Workbench(cache=tmp_path, models={"residual": residual}, paths=False)
    found = bench.ask(PredictionsTask(model="residual", split="test")).all_arrays()
    one = bench.predict("residual", ["digits/test/7"])[0]
    assert (found["predicted"][7], found["label"][7]) == (one.index, -1)
    assert found["score"][7] == pytest.approx(one.probability, rel=1e-4)
    bench.close()


def test_a_finding_is_kept_and_its_run_is_found_in_a_later_session(tmp_path: Path) -> None:
    first = Workbench(cache=tmp_path, paths=False)
    run = first.submit(PredictionsTask(model="mnist-cnn"))
    assert run.wait(20)
    first.close()
    later = Workbench(cache=tmp_path, paths=False)
    found = later.run(run.id)
    assert found.describe()["result"] == run.describe()["result"]
    assert found.task == run.task
    assert later.submit(found.task).status == "done"
    assert isinstance(found.result, Finding)
    for name, array in found.result.all_arrays().items():
        np.testing.assert_array_equal(array, run.result.all_arrays()[name])  # type: ignore[union-attr]
    later.close()


def test_progress_counts_images_and_cancelling_stops_it(bench: Workbench) -> None:
    told: list[dict[str, Any]] = []
    bench.subscribe(lambda kind, facts: told.append(facts) if kind == "progress" else None)
    run = bench.submit(PredictionsTask(model="light", data="digits", split="train"))
    assert run.wait(20)
    assert told[-1]["total"] == 1438
    assert told[-1]["done"] == 1438
    assert told[-1]["stage"] == "predicting"


def test_what_cannot_be_predicted_is_refused_at_once(bench: Workbench) -> None:
    for changes, words in (
        ({"data": "digit"}, "digits"),
        ({"split": "tset"}, "no split"),
        ({"model": "x"}, "no model"),
    ):
        with pytest.raises(LookupError, match=words):
            bench.submit(PredictionsTask(**{"model": "light"} | changes))
    assert torch.is_grad_enabled()
