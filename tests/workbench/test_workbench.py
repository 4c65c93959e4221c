from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import images, loading
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.workbench import QueueFull, Task, Workbench

BLANK = images.ink_encode(np.zeros((1, 6, 6), np.float32))
DRAWN = images.ink_encode(np.eye(6, dtype=np.float32)[None])


class Slow(nn.Module):
    """Takes its time for every pass, and counts them."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.passes = 0
        self.head = nn.Linear(36, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 3)."""
        self.passes += 1
        time.sleep(self.seconds)
        return self.head(x.flatten(1))


@pytest.fixture
def slow() -> PyTorchClassifier:
    return PyTorchClassifier(Slow(0.03), ["a", "b", "c"], (1, 6, 6), name="slow")


@pytest.fixture
def bench(tmp_path: Path, linear: Classifier, slow: Classifier, residual: Classifier) -> Iterator[Workbench]:
    models = {"linear": linear, "slow": slow, "residual": residual}
    workbench = Workbench(cache=tmp_path / "cache", models=models, paths=False, queue=3)
    yield workbench
    workbench.close()


def task(**changes: Any) -> Task:
    return Task(**({"model": "linear", "image": DRAWN, "method": "integrated-gradients"} | changes))


def long_task(**changes: Any) -> Task:
    return task(model="slow", settings={"steps": 900}, **changes)  # 15 passes of 30 ms and more


def test_perform_gives_what_the_recipe_gives(bench: Workbench, linear: Classifier) -> None:
    found = bench.perform(task(target="b", settings={"steps": 7}))
    drawn = np.eye(6, dtype=np.float32)
    weights = linear.module[1].weight[1].detach().numpy().reshape(6, 6)  # type: ignore[attr-defined]
    np.testing.assert_allclose(found.values, weights * drawn, atol=1e-6)
    assert (found.model, found.address, found.settings["steps"]) == ("linear", DRAWN, 7)


def test_a_data_set_that_a_setting_names_is_the_workbenchs_own(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    find = bench.dataset
    monkeypatch.setattr(bench, "dataset", lambda name: opened.append(name) or find(name))
    bench.perform(task(method="expected-gradients", settings={"samples": 2}))
    assert opened == ["digits"]


def test_the_same_task_is_the_same_run_and_is_answered_once(bench: Workbench, slow: Any) -> None:
    first = bench.submit(task(model="slow", target=1))
    again = bench.submit(task(model="slow", target={"class": "b"}, settings={"baseline": "black"}))
    assert first is again
    assert first.wait(10)
    passes = slow.module.passes
    assert bench.submit(task(model="slow", target="b")) is first
    assert first.status == "done"
    assert slow.module.passes == passes


def test_perform_and_submit_share_their_answers(bench: Workbench, slow: Any) -> None:
    computed = bench.perform(task(model="slow"))
    passes = slow.module.passes
    run = bench.submit(task(model="slow"))
    assert run.status == "done"
    assert run.result is not None
    np.testing.assert_array_equal(run.result.values, computed.values)
    np.testing.assert_array_equal(bench.perform(task(model="slow")).values, computed.values)
    assert slow.module.passes == passes


def test_a_later_session_finds_the_result_and_its_run(tmp_path: Path, linear: Classifier) -> None:
    first = Workbench(cache=tmp_path, models={"mine": linear}, paths=False)
    run = first.submit(task(model="mine", target={"class": 1, "versus": 0}))
    assert run.wait(10)
    first.close()
    later = Workbench(cache=tmp_path, models={"mine": linear}, paths=False)
    found = later.run(run.id)
    assert found.status == "done"
    assert found.describe()["result"] == run.describe()["result"]
    assert found.task == run.task
    assert later.submit(found.task).id == run.id
    later.close()


def test_changed_weights_or_pixels_are_another_run(bench: Workbench, linear: Any) -> None:
    before = bench.plan(task()).id
    assert bench.plan(task(image=BLANK)).id != before
    with torch.no_grad():
        linear.module[1].weight += 1
    assert bench.plan(task()).id != before


def test_a_baseline_picture_counts_too(bench: Workbench) -> None:
    one, other = (bench.plan(task(settings={"baseline": baseline})).id for baseline in (BLANK, DRAWN))
    assert one != other


def test_a_damaged_result_is_computed_again(tmp_path: Path, linear: Classifier) -> None:
    bench = Workbench(cache=tmp_path, models={"linear": linear})
    values = bench.perform(task()).values
    (path,) = (tmp_path / "results").iterdir()
    path.write_bytes(path.read_bytes()[:100])
    np.testing.assert_array_equal(bench.perform(task()).values, values)
    assert path.stat().st_size > 100
    bench.close()


def test_a_cache_that_cannot_be_written_costs_no_answer(
    tmp_path: Path, linear: Classifier, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "results").write_text("a file where a folder should be")
    bench = Workbench(cache=tmp_path, models={"linear": linear})
    assert bench.perform(task()).values.shape == (6, 6)
    assert "not kept on disk" in caplog.text
    bench.close()


def test_a_running_task_is_cancelled_within_a_second(bench: Workbench) -> None:
    run = bench.submit(long_task())
    wait_for(lambda: run.progress is not None and run.progress["done"] >= 2)
    assert run.partial is not None
    started = time.perf_counter()
    bench.cancel(run.id)
    assert bench.run(run.id).status == "cancelled"
    assert run.result is None
    assert run.partial is None
    after = bench.submit(task(model="slow", settings={"steps": 1}))  # waits for the same thread
    assert after.wait(1)
    assert time.perf_counter() - started < 1
    assert run.status == "cancelled"


def test_a_queued_task_is_cancelled_at_once_and_never_starts(bench: Workbench) -> None:
    running, queued = bench.submit(long_task()), bench.submit(long_task(target=1))
    assert queued.status == "queued"
    queued.cancel()
    assert (queued.status, queued.over, queued.progress) == ("cancelled", True, None)
    running.cancel()
    third = bench.submit(task(model="slow", settings={"steps": 1}))
    assert third.wait(2)
    assert queued.progress is None


def test_a_cancelled_task_can_be_asked_again(bench: Workbench) -> None:
    first = bench.submit(task(model="slow", settings={"steps": 70}))
    first.cancel()
    second = bench.submit(task(model="slow", settings={"steps": 70}))
    assert second is not first
    assert second.id == first.id
    assert second.wait(10)
    assert second.status == "done"
    second.cancel()
    assert second.status == "done"


def test_a_full_queue_is_said_and_forgets_nobody(bench: Workbench) -> None:
    runs = [bench.submit(long_task(target=index)) for index in range(3)]
    with pytest.raises(QueueFull, match="at most 3 runs"):
        bench.submit(task(model="slow"))
    assert bench.submit(long_task(target=1)) is runs[1]
    runs[2].cancel()
    assert bench.submit(task(model="slow")).status == "queued"
    bench.close()
    assert {run.status for run in bench.runs()} == {"cancelled"}


def test_progress_partial_maps_and_the_end_are_told(bench: Workbench) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    stop = bench.subscribe(lambda kind, facts: told.append((kind, facts)))
    run = bench.submit(task(model="slow", settings={"steps": 400}))
    assert run.wait(10)
    stop()
    bench.perform(task(model="slow", settings={"steps": 3}))
    kinds = [kind for kind, facts in told if facts["run"] == run.id]
    assert kinds[-1] == "done"
    assert {"progress", "partial"} <= set(kinds)
    steps = [facts for kind, facts in told if kind == "progress"]
    assert [step["done"] for step in steps] == sorted(step["done"] for step in steps)
    assert steps[-1]["done"] == steps[-1]["total"] == 7
    assert any(step["eta_s"] for step in steps)
    assert len(kinds) == len(told)


def test_a_run_that_fails_says_why(bench: Workbench, residual: Any) -> None:
    told: list[str] = []
    bench.subscribe(lambda kind, facts: told.append(kind))
    run = bench.submit(task(model="residual", method="grad-cam", settings={"layer": "head"}))
    assert run.wait(10)
    assert run.status == "failed"
    assert run.error is not None
    assert "Grad-CAM needs a layer with maps" in run.error["detail"]
    assert told[-1] == "error"


def test_a_mistake_inside_a_method_ends_the_run_not_the_thread(
    bench: Workbench, linear: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("out of memory")

    keep, linear.module.forward = linear.module.forward, broken
    run = bench.submit(task())
    assert run.wait(10)
    assert run.error == {"type": "RuntimeError", "detail": "out of memory"}
    assert "broke" in caplog.text
    linear.module.forward = keep
    assert bench.submit(task()).wait(10)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"model": "liner"}, LookupError, "did you mean 'linear'"),
        ({"method": "oclusion"}, LookupError, "did you mean 'occlusion'"),
        ({"image": "digit/test/1"}, LookupError, "digits/test/8"),
        ({"image": "digits/tset/1"}, LookupError, "no split 'tset'"),
        ({"image": "digits/test/-1"}, LookupError, "digits/test/8"),
        ({"image": "digits/test/1e3"}, LookupError, "digits/test/8"),
        ({"image": "digits/test/999999"}, LookupError, "999999"),
        ({"image": "up:0123456789abcdef"}, LookupError, "upload it again"),
        ({"image": "up:../../secret"}, LookupError, "upload it again"),
        ({"image": "ink:????"}, ValueError, "damaged"),
        ({"settings": {"steps": 0}}, ValueError, "setting steps of integrated-gradients: .*1, got 0"),
        ({"settings": {"steps": "many"}}, ValueError, "got 'many'"),
        ({"settings": {"step": 5}}, ValueError, "did you mean 'steps'"),
        ({"settings": {"baseline": "nowhere"}}, LookupError, "no picture at 'nowhere'"),
        ({"target": 3}, ValueError, "from 0 to 2, got 3"),
        ({"target": "d"}, LookupError, "no class called 'd'"),
        ({"method": "grad-cam"}, TypeError, "Grad-CAM needs convolution layers"),
        (
            {"model": "residual", "method": "grad-cam", "settings": {"layer": "stem.9"}},
            LookupError,
            "no layer of residual",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_the_run(
    bench: Workbench, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    for ask in (bench.submit, bench.perform):
        with pytest.raises(error, match=words):
            ask(task(**changes))
    assert bench.runs() == []


def test_what_a_model_lacks_is_said_in_the_methods_own_words(tmp_path: Path) -> None:
    black_box = FunctionClassifier(lambda x: np.full((len(x), 2), 0.5), ["a", "b"], (1, 6, 6), name="box")
    bench = Workbench(cache=tmp_path, models={"box": black_box})
    with pytest.raises(TypeError, match="needs gradients") as caught:
        bench.submit(task(model="box"))
    refusals = {method["name"]: method["refusal"] for method in bench.describe_methods("box")}
    assert refusals["integrated-gradients"] == str(caught.value)
    assert refusals["occlusion"] is None
    bench.close()


def test_no_address_names_a_file_where_paths_are_forbidden(tmp_path: Path, linear: Classifier) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(images.to_png(np.zeros((1, 6, 6), np.float32)))
    closed, open_ = (Workbench(cache=tmp_path / "c", models={"linear": linear}, paths=p) for p in (False, True))
    assert open_.image(str(picture)).image.shape == (1, 6, 6)
    for address in (str(picture), f"../{tmp_path.name}/picture.png", f"digits/../{picture}", f"file://{picture}", "~"):
        with pytest.raises(LookupError):
            closed.image(address)
        with pytest.raises(LookupError):
            closed.perform(task(settings={"baseline": address}))
        with pytest.raises(LookupError):
            closed.explain("linear", np.ones((1, 6, 6), np.float32), closed_recipe(address), 0)
    with pytest.raises(LookupError, match="no model called"):
        closed.model(f"mnist-cnn@{picture}")
    closed.close()
    open_.close()


def closed_recipe(address: str) -> Any:
    from seewhy import catalog

    return catalog.recipe("integrated-gradients", {"baseline": address})


def test_an_upload_is_kept_without_its_notes_and_found_by_its_pixels(bench: Workbench) -> None:
    image = np.random.default_rng(0).random((3, 8, 10), dtype=np.float32)
    plain, noted = images.to_png(image), images.to_png(image, {"Place": "at home"})
    assert plain != noted
    address = bench.add_image(noted)
    assert bench.add_image(plain) == address
    np.testing.assert_allclose(bench.image(address).image, image, atol=0.5 / 255 + 1e-6)
    (kept,) = (bench.cache / "uploads").iterdir()
    assert b"at home" not in kept.read_bytes()


def test_a_damaged_upload_is_a_miss(bench: Workbench) -> None:
    address = bench.add_image(images.to_png(np.ones((1, 8, 8), np.float32)))
    (kept,) = (bench.cache / "uploads").iterdir()
    kept.write_bytes(kept.read_bytes()[:30])
    with pytest.raises(LookupError, match="upload it again"):
        bench.image(address)
    assert not kept.exists()


def test_a_huge_upload_is_kept_smaller(bench: Workbench) -> None:
    address = bench.add_image(images.to_png(np.zeros((1, 10, 4096), np.float32)))
    assert bench.image(address).image.shape == (1, 5, 2048)


def test_the_truth_is_told_in_the_models_own_classes(bench: Workbench, linear: Classifier) -> None:
    picture = bench.image("digits/test/3")
    assert picture.label_name == str(picture.label)
    assert picture.truth_for(linear.labels) is None
    assert picture.truth_for(("9", str(picture.label))) == 1
    assert bench.image("digits/test/3", "residual").image.shape == (3, 20, 24)


def test_predictions_agree_with_the_model(bench: Workbench, linear: Classifier) -> None:
    beliefs = bench.predict("linear", [DRAWN, np.eye(6, dtype=np.float32)[None], "digits/test/0"])
    assert len(beliefs) == 3
    np.testing.assert_allclose(beliefs[0].logits, beliefs[1].logits)
    np.testing.assert_allclose(beliefs[0].logits, linear.predict(np.eye(6)).logits, atol=1e-6)
    assert bench.predict("linear", []) == []


def test_two_threads_that_want_a_model_load_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    real = loading.load

    def counting(thing: str) -> Classifier:
        loads.append(thing)
        time.sleep(0.1)
        return real(thing)

    monkeypatch.setattr(loading, "load", counting)
    bench = Workbench(cache=tmp_path)
    with ThreadPoolExecutor(4) as threads:
        models = set(threads.map(bench.model, ["mnist-cnn"] * 4))
    assert len(models) == len(loads) == 1
    bench.close()


def test_runs_with_hooks_and_live_predictions_do_not_disturb_each_other(tmp_path: Path, residual: Classifier) -> None:
    bench = Workbench(cache=tmp_path, models={"residual": residual})
    pictures = [np.random.default_rng(n).random((3, 20, 24), dtype=np.float32) for n in range(6)]
    addresses = [bench.add_image(images.to_png(picture)) for picture in pictures]
    alone = [bench.predict("residual", [address])[0].logits for address in addresses]
    tasks = [
        task(model="residual", image=address, method="grad-cam", target=k) for address in addresses for k in range(5)
    ]
    expected = [
        bench.plan(one).recipe(bench.model("residual"), bench.image(one.image).image, one.target) for one in tasks
    ]
    runs = [bench.submit(one) for one in tasks]
    for _ in range(10):
        for address, logits in zip(addresses, alone, strict=True):
            found = bench.aside("residual", lambda a=address: bench.predict("residual", [a])).result(10)  # type: ignore[misc]
            np.testing.assert_allclose(found[0].logits, logits, rtol=1e-5)
    for run, why in zip(runs, expected, strict=True):
        assert run.wait(10)
        assert run.result is not None
        np.testing.assert_allclose(run.result.values, why.values, rtol=1e-4, atol=1e-7)
    bench.close()


def test_live_work_does_not_wait_for_runs(bench: Workbench) -> None:
    run = bench.submit(long_task())
    wait_for(lambda: run.status == "running")
    started = time.perf_counter()
    bench.aside("slow", lambda: None).result(1)
    assert time.perf_counter() - started < 0.2
    run.cancel()


def test_small_models_get_one_thread_and_nobody_else_does(bench: Workbench) -> None:
    usual = torch.get_num_threads()
    assert bench.aside("linear", torch.get_num_threads).result(5) == 1
    seen: list[int] = []
    other = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    other.start()
    other.join()
    assert [torch.get_num_threads(), *seen] == [usual, usual]


def test_descriptions_are_plain_and_true(bench: Workbench) -> None:
    facts = bench.describe_model("residual")
    assert facts["input"] == {"channels": 3, "height": 20, "width": 24}
    assert facts["default_layer"] in {layer["name"] for layer in bench.describe_layers("residual") if layer["default"]}
    assert {"linear", "mnist-cnn"} <= set(bench.model_names())
    assert any(data["name"] == "digits" and data["available"] for data in bench.describe_datasets())
    assert all(method["seconds_estimate"] is None for method in bench.describe_methods("linear"))
    bench.perform(task())
    times = {method["name"]: method["seconds_estimate"] for method in bench.describe_methods("linear")}
    assert times["integrated-gradients"] > 0


def wait_for(condition: Any, seconds: float = 5) -> None:
    end = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < end, "it never came"
        time.sleep(0.005)
