"""Rules as runs: what is asked, what comes back, and what is refused; on the embedded digits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seewhy import images
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.function import FunctionClassifier
from seewhy.inference.activations import shelf
from seewhy.inference.batches import batch_size, in_batches
from seewhy.interpolants.base import Interpolant
from seewhy.predicates import Bound, PredictsClass, from_plain
from seewhy.workbench import Workbench, kinds

KEY = "digits/train/5"  # a 5 that mnist-cnn calls 3


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    box = FunctionClassifier(lambda x: np.full((len(x), 10), 0.1), list("0123456789"), (1, 28, 28), name="box")
    workbench = Workbench(cache=tmp_path_factory.mktemp("cache"), models={"box": box}, paths=False)
    yield workbench
    workbench.close()


def ask(bench: Workbench, **wish: Any) -> dict[str, Any]:
    task = kinds.task_from({"kind": "interpolant", "model": "mnist-cnn", "image": KEY, "layer": "pool2"} | wish)
    return bench.ask(task).describe()


def examples(bench: Workbench, condition: Any, **wish: Any) -> dict[str, Any]:
    task = kinds.task_from(
        {"kind": "examples", "model": "mnist-cnn", "condition": condition, "split": "train", "limit": 1000} | wish
    )
    return bench.ask(task).describe()


def truly(bench: Workbench, split: str, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """Scores and outputs of a layer, straight from the model; in batches, so that no last bit rounds another way."""
    model, data = bench.model("mnist-cnn"), bench.dataset("digits")
    x = torch.from_numpy(data.pixels(split)[:, None].astype(np.float32) / 255)
    parts = []
    with torch.no_grad():
        for rows in in_batches(len(x), batch_size(x[:1])):
            scores, outputs = model.activations(x[rows.start : rows.stop], [layer])
            parts.append((scores.numpy(), outputs[layer].numpy()))
    return np.concatenate([one for one, _ in parts]), np.concatenate([one for _, one in parts])


def test_a_rule_holds_for_its_picture_and_its_counts_are_true(bench: Workbench) -> None:
    told = ask(bench)
    rule = Interpolant.from_plain(told)
    assert rule.conclusion == PredictsClass(3)
    assert told["key"] | {"score": 0} == {
        "predicted": 3, "predicted_name": "3", "label": 5, "label_name": "5", "score": 0,
    }  # fmt: skip
    assert len(rule.regions) == len(rule.conjuncts) == len(told["fractions"]) > 0
    for split, counts in (("train", rule.train), ("test", rule.test)):
        scores, outputs = truly(bench, split, "pool2")
        holds, said = rule.premise.holds(scores, {"pool2": outputs}), rule.conclusion.holds(scores, {})
        assert (counts.n, counts.p) == (holds.sum(), said.sum())
        assert counts.f == (holds & ~said).sum()
        assert (told[split]["precision"], told[split]["recall"]) == (
            (counts.n - counts.f) / counts.n,
            (counts.n - counts.f) / counts.p,
        )
    assert rule.premise.holds(truly(bench, "train", "pool2")[0][5:6], {"pool2": stored_of(bench, 5)}).all()
    assert f"F = {rule.test.f}, N = {rule.test.n}" in told["log"]


def stored_of(bench: Workbench, index: int) -> np.ndarray:
    return truly(bench, "train", "pool2")[1][index : index + 1]


def test_a_condition_is_explained_by_what_its_unit_sees(bench: Workbench) -> None:
    part = ask(bench)["premise"]["parts"][0]
    below = ask(bench, layer="pool1", conclusion=part, layers=["pool1", "pool2"])
    assert from_plain(below["conclusion"]) == from_plain(part)
    assert below["layer"] == "pool1"
    (top, left, bottom, right), inner = ask(bench)["regions"][0], below["regions"]
    for box in inner:
        assert top <= box[0] and left <= box[1] and bottom >= box[2] and right >= box[3]


def test_of_a_condition_that_is_false_for_the_picture_the_contrary_is_explained(bench: Workbench) -> None:
    part = ask(bench)["premise"]["parts"][0]
    other = examples(bench, part, negate=True)["items"][0]["address"]
    below = ask(bench, layer="pool1", conclusion=part, image=other)
    assert below["conclusion"]["kind"] == "negation"
    assert below["conclusion"]["part"]["unit"] == part["unit"]


def test_a_drawing_and_an_upload_can_be_asked_about(bench: Workbench) -> None:
    drawing = bench.image("digits/test/7").image
    for address in (images.ink_encode(drawing), bench.add_image(images.to_png(drawing))):
        told = ask(bench, image=address)
        assert told["image"] == address
        assert told["key"]["label"] is None
        assert (
            Interpolant.from_plain(told).conjuncts
            == Interpolant.from_plain(ask(bench, image="digits/test/7")).conjuncts
        )


def test_examples_satisfy_counterexamples_do_not_and_both_are_all(bench: Workbench) -> None:
    part = ask(bench)["premise"]["parts"][0]
    bound = from_plain(part)
    assert isinstance(bound, Bound)
    values = bound.value(truly(bench, "train", "pool2")[1])
    yes, no = examples(bench, part), examples(bench, part, negate=True, limit=1000)
    assert {item["index"] for item in yes["items"]} == set(np.flatnonzero(bound.holds_for(values)))
    assert yes["total"] + no["total"] == yes["count"] == 1438
    assert not {item["index"] for item in yes["items"]} & {item["index"] for item in no["items"]}
    strongest = examples(bench, part, percentile=90)["items"]
    assert len(strongest) == pytest.approx(144, abs=3)
    assert [item["value"] for item in strongest] == sorted((item["value"] for item in strongest), reverse=True)
    assert min(item["value"] for item in strongest) >= np.quantile(values, 0.9) - 1e-6
    weakest = examples(bench, part, negate=True, percentile=50)["items"]
    assert all(item["value"] <= np.quantile(values, 0.5) for item in weakest)


def test_restricting_excluding_exceptions_and_near_misses(bench: Workbench) -> None:
    told = ask(bench)
    premise, conclusion = told["premise"], told["conclusion"]
    whole = examples(bench, premise, conclusion=conclusion)
    assert whole["total"] == told["train"]["n"]
    assert sum(not item["holds"] for item in whole["items"]) == told["train"]["f"]
    others = examples(bench, premise, exclude=KEY)
    assert others["total"] == whole["total"] - 1
    assert KEY not in {item["address"] for item in others["items"]}
    fives = examples(bench, premise["parts"][0], restrict=5)["items"]
    assert {item["predicted"] for item in fives} == {5}
    exceptions = {"kind": "conjunction", "parts": [*premise["parts"], {"kind": "negation", "part": conclusion}]}
    assert examples(bench, exceptions, split="test")["total"] == told["test"]["f"]
    near = examples(bench, premise, lacking=1)
    parts = [from_plain(part) for part in premise["parts"]]
    stored = truly(bench, "train", "pool2")[1]
    for item in near["items"][:20]:
        held = [bool(part.holds(np.zeros((1, 1)), {"pool2": stored[item["index"] :][:1]})) for part in parts]
        assert held.count(False) == 1 and held.index(False) == item["lacking"]


def test_layers_that_come_next_are_recorded_in_the_same_pass_and_change_nothing(
    bench: Workbench, tmp_path: Path
) -> None:
    one = kinds.task_from(
        {"kind": "interpolant", "model": "mnist-cnn", "image": KEY, "layer": "pool2", "layers": ["pool1"]}
    )
    other = kinds.task_from({"kind": "interpolant", "model": "mnist-cnn", "image": KEY, "layer": "pool2"})
    assert bench.plan(one).id == bench.plan(other).id
    fresh = Workbench(cache=tmp_path, paths=False)
    fresh.ask(one)
    passes = {entry.layers for entry in shelf.entries(tmp_path / "activations")}
    assert passes == {("pool2", "pool1")}
    fresh.close()


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        ({"layer": "pool9"}, LookupError, "did you mean 'pool"),
        ({"layer": "pool2", "conclusion": "pool1: v(0,0,0) >= 1"}, ValueError, "before what it explains"),
        ({"conclusion": "class 11"}, ValueError, "from 0 to 9, got 11"),
        ({"conclusion": "because"}, ValueError, "a predicate was wanted"),
        ({"settings": {"alfa": 1}}, ValueError, "did you mean 'alpha'"),
        ({"settings": {"alpha": 2}}, ValueError, "alpha"),
        ({"data": "digit"}, LookupError, "digits"),
        ({"image": "digits/test/9999"}, LookupError, "9999"),
        ({"model": "box"}, TypeError, "shows no layers"),
    ],
)
def test_what_cannot_be_explained_is_refused_at_once(
    bench: Workbench, wish: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ask(bench, **wish)


def test_what_cannot_be_listed_is_refused_at_once(bench: Workbench) -> None:
    with pytest.raises(ValueError, match="percentile needs a condition on one unit"):
        examples(bench, "class 3", percentile=90)
    with pytest.raises(ValueError, match="several parts"):
        examples(bench, "pool2: v(0,0,0) >= 1", lacking=1)
    with pytest.raises(ValueError, match="classes 0 to 9"):
        examples(bench, "class 3", restrict=10)


def test_rules_of_a_residual_net_find_their_layers(tmp_path: Path, residual: Classifier) -> None:
    from seewhy.workbench.recordings import usual_layers

    assert len(usual_layers(residual)) == 2
    assert set(usual_layers(residual)) <= set(residual.layers())


def test_a_chain_explains_every_condition_at_the_next_layer(bench: Workbench) -> None:
    task = {"kind": "chain", "model": "mnist-cnn", "image": KEY, "layers": ["pool1", "pool2"]}
    told = bench.ask(kinds.task_from(task)).describe()
    assert told["layers"] == ["pool2", "pool1"]
    top = ask(bench)
    assert told["root"]["rule"]["premise"] == top["premise"]
    assert len(told["root"]["below"]) == len(top["premise"]["parts"])
    for part, link in zip(top["premise"]["parts"], told["root"]["below"], strict=True):
        assert link["rule"]["conclusion"] == part
        assert link["rule"]["premise"] == ask(bench, layer="pool1", conclusion=part)["premise"]
        assert link["rule"]["image"] == KEY
    whole = examples(bench, told["levels"][-1]["premise"], split="test", conclusion=top["conclusion"])
    end = told["levels"][-1]["test"]
    assert (whole["total"], sum(not item["holds"] for item in whole["items"])) == (end["n"], end["f"])


def test_a_causal_test_is_of_the_rule_that_the_same_question_finds(bench: Workbench) -> None:
    task = {"kind": "causal", "model": "mnist-cnn", "image": KEY, "layer": "pool2"}
    told = bench.ask(kinds.task_from(task | {"trials": {"images": 20, "draws": 2, "fills": ["grey"]}})).describe()
    assert told["rule"]["premise"] == ask(bench)["premise"]
    assert [trial["name"] for trial in told["trials"]] == ["keep on grey", "transplant", "push", "violate"]
    assert all(0 <= trial["rule"]["hits"] <= trial["rule"]["trials"] <= 20 for trial in told["trials"])
    with pytest.raises(ValueError, match="setting images"):
        bench.ask(kinds.task_from(task | {"trials": {"images": 0}}))


def test_rules_of_a_class_cover_it_and_each_names_its_picture(bench: Workbench) -> None:
    task = {"kind": "class-rules", "model": "mnist-cnn", "layer": "pool2", "conclusion": "class 3"}
    told = bench.ask(kinds.task_from(task | {"settings": {"rules": 3, "tries": 2}})).describe()
    assert 1 <= len(told["rules"]) <= 3
    recalls = [joint["train"]["recall"] for joint in told["curve"]]
    assert recalls == sorted(recalls)
    scores, outputs = truly(bench, "train", "pool2")
    for rule in told["rules"]:
        index = int(rule["image"].split("/")[-1])
        assert rule["image"].startswith("digits/train/")
        premise = from_plain(rule["premise"])
        assert premise.holds(scores[index : index + 1], {"pool2": outputs[index : index + 1]}).all()
        assert rule["regions"]
