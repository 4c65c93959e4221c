"""Recorded layers: one pass, the model's own values, and nothing trusted that a killed run left behind."""

from __future__ import annotations

import json
import os
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.base import ImageSet, as_image
from seewhy.inference.activations import clear, entries, record, recording, shelf, total_bytes
from seewhy.inference.activations.ranking import ranks
from seewhy.inference.units import index_of_unit, unit_at
from seewhy.predicates import Bound, Conjunction, PredictsClass
from seewhy.progress import Cancelled, reporting_to


class Noise(ImageSet):
    """Random colour pictures with random labels."""

    name = title = about = "noise"
    labels = tuple("abcde")
    splits = ("train", "test")

    def __init__(self, count: int = 150, shape: tuple[int, int, int] = (3, 20, 24), known: bool = True) -> None:
        random = np.random.default_rng(count)
        self.shape = shape
        self._pixels = random.integers(0, 256, (count, *shape[1:], shape[0]), dtype=np.uint8)
        self._truth = random.integers(0, 5, count) if known else np.full(count, -1)

    def size(self, split):
        return len(self._truth)

    def pixels(self, split):
        return self._pixels

    def truth(self, split):
        return self._truth


@pytest.fixture
def passes(residual):
    """The batch size of every pass through the residual net."""
    seen: list[int] = []
    residual.layers()  # asks the module once
    residual.module.register_forward_hook(lambda m, inputs, out: seen.append(len(inputs[0])))
    return seen


def fresh(model, images, layers):
    """Scores and outputs straight from the model, in the same batches."""
    x = torch.from_numpy(np.stack([as_image(p) for p in images.pixels("train")]))
    parts = [model.activations(part, layers) for part in x.split(64)]
    with torch.no_grad():
        return torch.cat([p[0] for p in parts]).detach().numpy(), {
            name: torch.cat([p[1][name] for p in parts]).detach().numpy() for name in layers
        }


@pytest.mark.parametrize("values", ["float16", "float32"])
@pytest.mark.parametrize("gathered", [1, 2**30])
def test_stored_values_are_the_models_own_rounded(residual, tmp_path, monkeypatch, values, gathered):
    monkeypatch.setattr(recording, "GATHERED", gathered)
    monkeypatch.setattr(recording, "MAPPED", 5000)
    monkeypatch.setattr(recording, "CACHED", 3000)
    images, layers = Noise(), ["relu", "pool", "head"]
    found = record(residual, images, "train", layers, folder=tmp_path, values=values)
    scores, outputs = fresh(residual, images, layers)
    np.testing.assert_array_equal(found.scores, scores)
    np.testing.assert_array_equal(found.labels, images.truth("train"))
    for name in layers:
        np.testing.assert_array_equal(found.outputs[name], outputs[name].astype(values))
        assert found.layer(name).values.dtype == values


def test_a_units_row_is_named_row_column_channel(residual, tmp_path):
    found = record(residual, Noise(), "train", ["relu"], folder=tmp_path)
    layer = found.layer("relu")
    np.testing.assert_array_equal(layer.row((2, 3, 1)), layer.output[:, 1, 2, 3])
    assert layer.unit(layer.index((2, 3, 1))) == (2, 3, 1)
    with pytest.raises(LookupError, match="no unit"):
        layer.row((0, 0, 99))


@given(st.sampled_from([(3, 4, 5), (7,), (4, 6)]), st.data())
def test_units_are_numbered_without_gaps(shape, data):
    index = data.draw(st.integers(0, int(np.prod(shape)) - 1))
    assert index_of_unit(shape, unit_at(shape, index)) == index


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@given(rows=st.lists(st.lists(st.sampled_from([-65504, -3, -1e-7, 0, 1e-7, 0.5, 2, 65504]), min_size=9, max_size=9)))
def test_a_rank_is_the_number_of_smaller_values(kind, rows):
    values = np.array(rows, kind).reshape(-1, 9) + kind(0)
    found = np.empty(values.shape, np.uint16)
    ranks(values, found)
    np.testing.assert_array_equal(found, (values[:, None, :] < values[:, :, None]).sum(2))


def test_the_ranks_on_disk_are_those_of_the_values(residual, tmp_path):
    layer = record(residual, Noise(), "train", ["relu"], folder=tmp_path).layer("relu")
    values = np.asarray(layer.values)[::37]
    assert 0 < (values == 0).mean() < 1, "without ties this tests little"
    np.testing.assert_array_equal(layer.ranks[::37], (values[:, None, :] < values[:, :, None]).sum(2))


def test_one_pass_captures_every_layer_and_the_next_session_none(residual, passes, tmp_path):
    first = record(residual, Noise(), "train", ["relu", "pool"], folder=tmp_path)
    assert sum(passes) == 150 == first.passes
    again = record(residual, Noise(), "train", ["pool"], folder=tmp_path)
    assert sum(passes) == 150 and again.passes == 0 and again.layers == ("pool",)
    np.testing.assert_array_equal(first.layer("pool").values, again.layer("pool").values)


def test_a_layer_that_is_added_costs_one_more_pass_and_keeps_the_others(residual, passes, tmp_path):
    before = record(residual, Noise(), "train", ["pool"], folder=tmp_path)
    both = record(residual, Noise(), "train", ["pool", "relu"], folder=tmp_path)
    assert sum(passes) == 300 and both.layers == ("pool", "relu")
    assert both.layer("pool").values.filename == before.layer("pool").values.filename
    assert [e.layers for e in entries(tmp_path)] == [("pool", "relu")]
    named = json.loads((tmp_path / both.key / "manifest.json").read_bytes())["files"]
    assert {f.name for f in (tmp_path / both.key).iterdir()} == {*named, "manifest.json"}, "nothing is left over"


def test_other_weights_data_size_and_values_are_other_recordings(residual, tmp_path):
    def key(**kw):
        return record(residual, kw.pop("images", Noise()), "train", ["pool"], folder=tmp_path, **kw).key

    keys = [key(), key(size=100), key(images=Noise(151), size=150), key(values="float16")]
    with torch.no_grad():
        residual.module.head.weight.mul_(2)
    assert len({*keys, key()}) == 5 and key(size=150) == key(size=999) == key()


def test_images_of_another_shape_are_prepared_as_the_model_does(residual, tmp_path):
    images = Noise(20, (1, 30, 30))
    images._pixels = images._pixels[..., 0]
    found = record(residual, images, "train", ["pool"], folder=tmp_path)
    x = torch.cat([residual.prepare(as_image(p)) for p in images.pixels("train")])
    with torch.no_grad():
        np.testing.assert_array_equal(found.scores, residual.scores(x).numpy())


def test_labels_that_nobody_knows_are_not_there(residual, tmp_path):
    assert record(residual, Noise(known=False), "train", ["pool"], folder=tmp_path).labels is None


def test_a_predicate_is_asked_of_the_stored_values(residual, tmp_path):
    found = record(residual, Noise(), "train", ["relu", "pool"], folder=tmp_path)
    threshold = float(found.layer("relu").row((1, 2, 3))[7])
    predicate = Conjunction((Bound("relu", (1, 2, 3), ">=", threshold), PredictsClass(int(found.predicted[7]))))
    assert found.of(predicate)[7]
    expected = (found.outputs["relu"][:, 3, 1, 2] >= threshold) & (found.predicted == found.predicted[7])
    np.testing.assert_array_equal(found.of(predicate), expected)
    with pytest.raises(LookupError, match="was not recorded"):
        found.layer("head")


class Listener:
    """Says stop after some steps."""

    def __init__(self, steps):
        self.steps, self.stages = steps, []

    @property
    def cancelled(self):
        return len(self.stages) > self.steps

    def progress(self, done, total, stage):
        self.stages.append((stage, done, total))

    def partial(self, values):
        pass


@pytest.mark.parametrize("steps", [2, 5])
def test_a_cancelled_recording_leaves_nothing(residual, tmp_path, steps):
    with pytest.raises(Cancelled), reporting_to(Listener(steps)):
        record(residual, Noise(), "train", ["relu", "pool"], folder=tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_progress_is_told(residual, tmp_path):
    listener = Listener(10**6)
    with reporting_to(listener):
        record(residual, Noise(), "train", ["relu"], folder=tmp_path)
    assert ("recording", 3, 3) in listener.stages and any(stage == "ranking relu" for stage, _, _ in listener.stages)


@pytest.mark.parametrize("damage", ["cut", "gone", "no manifest", "half a manifest", "other format"])
def test_what_is_not_whole_is_recorded_again(residual, passes, tmp_path, damage):
    found = record(residual, Noise(), "train", ["pool"], folder=tmp_path)
    place, values = tmp_path / found.key, tmp_path / found.key / os.path.basename(found.layer("pool").values.filename)
    manifest = place / "manifest.json"
    match damage:
        case "cut":
            os.truncate(values, values.stat().st_size - 1)
        case "gone":
            values.unlink()
        case "no manifest":
            manifest.unlink()
        case "half a manifest":
            manifest.write_bytes(manifest.read_bytes()[:50])
        case "other format":
            manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 0'))
    assert entries(tmp_path) == ()
    again = record(residual, Noise(), "train", ["pool"], folder=tmp_path)
    assert again.passes == 150
    np.testing.assert_array_equal(again.layer("pool").ranks, found.layer("pool").ranks)


class PowerFailure(BaseException):
    """Everything stops; nobody cleans up."""


def test_a_killed_run_leaves_nothing_that_is_trusted(residual, tmp_path, monkeypatch):
    images, done, step = Noise(40), False, 0
    scores = fresh(residual, images, ["pool"])[0]
    while not done:
        folder, calls = tmp_path / str(step), iter(range(10**6))

        def failing(handle, calls=calls, step=step, real=os.fsync):
            if next(calls) == step:
                raise PowerFailure
            real(handle)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing)
            patch.setattr(recording, "_unlink", lambda *_: None)
            try:
                record(residual, images, "train", ["pool"], folder=folder)
                done = True
            except PowerFailure:
                pass
        trusted = entries(folder)
        found = record(residual, images, "train", ["pool"], folder=folder)
        assert bool(trusted) == (found.passes == 0) and done <= bool(trusted)
        np.testing.assert_array_equal(found.scores, scores)
        step += 1
    assert step > 4


def test_the_longest_unused_recordings_make_room(residual, tmp_path):
    sizes = [50, 60, 70]
    found = [record(residual, Noise(), "train", ["relu"], size, tmp_path) for size in sizes]
    for age, each in enumerate(found):
        os.utime(tmp_path / each.key / "manifest.json", (time.time() - 100 + age,) * 2)
    record(residual, Noise(), "train", ["relu"], 50, tmp_path)  # used again: 60 is now the oldest
    limit = total_bytes(tmp_path) + 1000
    record(residual, Noise(), "train", ["relu"], 40, tmp_path, limit=limit)
    assert sorted(e.count for e in entries(tmp_path)) == [40, 50, 70]
    with pytest.raises(ValueError, match="choose fewer or later layers"):
        record(residual, Noise(), "train", ["relu"], 45, tmp_path, limit=10_000)


def test_files_that_nobody_names_any_more_are_swept(residual, tmp_path):
    place = tmp_path / record(residual, Noise(), "train", ["pool"], folder=tmp_path).key
    old, new = place / "dead-values.bin", place / "live-values.bin"
    for path in (old, new):
        path.write_bytes(b"x" * 100)
    os.utime(old, (time.time() - 2 * shelf.ABANDONED,) * 2)
    record(residual, Noise(), "train", ["relu"], folder=tmp_path)
    assert not old.exists() and new.exists()


def test_the_cache_can_be_shown_and_emptied(residual, tmp_path):
    first = record(residual, Noise(), "train", ["pool", "relu"], folder=tmp_path)
    record(residual, Noise(), "train", ["pool"], 10, tmp_path)
    shown = {e.key: e.describe() for e in entries(tmp_path)}[first.key]
    assert (shown["model"], shown["data"], shown["split"], shown["count"]) == (residual.name, "noise", "train", 150)
    assert first.bytes < shown["bytes"] < first.bytes + 20_000
    assert clear(tmp_path, first.key) == shown["bytes"]
    with pytest.raises(LookupError, match="no recording"):
        clear(tmp_path, first.key)
    assert len(entries(tmp_path)) == 1 and clear(tmp_path) > 0 and total_bytes(tmp_path) == 0


def _scaled(factor: float, head: nn.Module) -> PyTorchClassifier:
    class Scale(nn.Module):
        def forward(self, x):
            return (x.flatten(1)[:, :5] + 1) * factor

    return PyTorchClassifier(nn.Sequential(Scale(), head), list("abcde"), (3, 20, 24), name="scaled")


def test_values_beyond_half_precision_are_kept_in_single(tmp_path):
    images = Noise()
    found = record(_scaled(1e6, nn.Identity()), images, "train", ["0"], folder=tmp_path)
    assert found.layer("0").values.dtype == np.float32
    np.testing.assert_array_equal(found.outputs["0"], found.scores)
    assert len(list((tmp_path / found.key).glob("*-values.bin"))) == 1, "the first attempt is not left behind"


def test_what_is_not_a_number_is_refused(tmp_path):
    with pytest.raises(ValueError, match="gives NaN or infinity"):
        record(_scaled(3e38, nn.Hardtanh()), Noise(), "train", ["0"], folder=tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_what_cannot_be_recorded_is_refused_before_the_pass(residual, passes, tmp_path):
    for wrong, error in (
        ({"layers": ["nose"]}, LookupError),
        ({"split": "validation"}, LookupError),
        ({"size": 70_000, "images": Noise(70_000, (1, 1, 1))}, ValueError),
    ):
        asked = {"images": Noise(), "split": "train", "layers": ["pool"], "folder": tmp_path} | wrong
        with pytest.raises(error):
            record(residual, **asked)
    assert passes == []
