"""One method over several baselines: what survives, and every way to ask for it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import seewhy
from seewhy.explainers import sweeping
from seewhy.explainers.gradients import Saliency
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.explainers.lime import Lime
from seewhy.explainers.occlusion import Occlusion
from seewhy.inference.fills import filled, pictures_in
from seewhy.sweeps import share, surviving
from seewhy.workbench import Task, Workbench, kinds

PLACE = "digits/test/12"
MAPS = st.lists(arrays(np.float32, 8, elements=st.floats(-4, 4, width=16)), min_size=2, max_size=4)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Results of these tests are kept apart."""
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))


@given(MAPS)
def test_what_survives_is_in_every_map(maps):
    found = surviving(maps)
    for values in maps:
        assert (np.abs(found) <= np.abs(values)).all()
        assert ((found == 0) | (np.sign(found) == np.sign(values))).all()
    agreed = np.all([values > 0 for values in maps], axis=0) | np.all([values < 0 for values in maps], axis=0)
    assert ((found != 0) == agreed).all()
    assert 0 <= share(maps) <= 1


@given(MAPS, st.floats(0.5, 4, width=16))
def test_the_order_and_the_unit_do_not_matter_and_more_maps_leave_no_more(maps, unit):
    np.testing.assert_array_equal(surviving(maps), surviving(maps[::-1]))
    np.testing.assert_allclose(surviving([unit * one for one in maps]), unit * surviving(maps), rtol=1e-5)
    assert (np.abs(surviving([*maps, maps[0] / 2])) <= np.abs(surviving(maps))).all()


def test_equal_maps_survive_whole_and_opposite_ones_not_at_all():
    one = np.array([1.0, -2.0, 0.0])
    assert share([one, one]) == 1
    assert share([one, -one]) == 0
    assert share([one * 0, one * 0]) == 0


def test_a_linear_model_keeps_what_no_baseline_turns_around(linear):
    image = torch.rand(1, 6, 6, generator=torch.Generator().manual_seed(1))
    found = seewhy.sweep(linear, image.numpy(), baselines=["black", "grey", "white"], target=1)
    weights = linear.module[1].weight[1].detach().reshape(6, 6)
    expected = torch.zeros(6, 6)  # between black and white every change of brightness has both signs
    torch.testing.assert_close(torch.from_numpy(found.surviving), expected)
    dark = seewhy.sweep(linear, image.numpy(), baselines=["black", "grey"], target=1)
    kept = torch.where(image[0] > 0.5, (image[0] - 0.5) * weights, 0)
    torch.testing.assert_close(torch.from_numpy(dark.surviving), kept)


def test_each_map_is_that_of_its_baseline():
    found = seewhy.sweep("mnist-cnn", PLACE, "occlusion", baselines=["black", "blur"], patch=7, stride=7)
    assert (found.setting, found.choices) == ("fill", ("black", "blur"))
    for choice, one in zip(found.choices, found.row, strict=True):
        alone = seewhy.explain("mnist-cnn", PLACE, "occlusion", patch=7, stride=7, fill=choice)
        np.testing.assert_allclose(one.values, alone.values, atol=1e-4)
        assert one.address == PLACE


def test_all_is_black_white_grey_blur_and_noise_and_data_adds_its_mean_and_an_image():
    usual = ("black", "white", "grey", "blur", "noise")
    for method in (IntegratedGradients, Occlusion, Lime):
        assert sweeping.choices(method) == usual
    more = ("mean:digits/train", "digits/train/0")
    assert sweeping.choices(IntegratedGradients, data="digits/train") == (*usual, *more)
    assert sweeping.choices(Occlusion, data="digits/train") == usual
    found = seewhy.sweep("mnist-cnn", PLACE, steps=8, data="digits/train")
    assert found.choices == (*usual, *more)
    assert len({one.values.tobytes() for one in found.row}) == 7


def test_the_mean_of_a_data_set_is_its_mean():
    model, data = seewhy.load("mnist-cnn"), seewhy.datasets.digits.Digits()
    count = data.size("train")
    step = max(1, count // 1000)
    images = [model.prepare(data.sample("train", index).image) for index in range(0, count, step)]
    x = torch.zeros(2, 1, 28, 28)
    found = filled("mean:digits/train", x, model)
    torch.testing.assert_close(found, torch.cat(images).mean(0, keepdim=True).expand(2, -1, -1, -1))
    assert pictures_in("mean:digits/train") == pictures_in("noise") == ()
    with pytest.raises(ValueError, match="a split of a data set was wanted, got 'digits/trian'"):
        pictures_in("mean:digits/trian")


def test_noise_is_the_same_each_time_and_for_each_image(linear):
    x = torch.zeros(3, 1, 6, 6)
    found = filled("noise", x, linear)
    assert torch.equal(found, filled("noise", x[:1], linear).expand(3, -1, -1, -1))
    assert found.min() >= 0
    assert found.max() <= 1
    assert found[0].std() > 0.2


def test_what_cannot_be_swept_is_said():
    with pytest.raises(TypeError, match=r"Saliency has no baseline and no fill to change; choose a method that has"):
        seewhy.sweep("mnist-cnn", PLACE, "saliency")
    with pytest.raises(ValueError, match="needs two baselines or more, got black"):
        seewhy.sweep("mnist-cnn", PLACE, baselines="black")
    with pytest.raises(ValueError, match="fill"):
        seewhy.sweep("mnist-cnn", PLACE, "occlusion", baselines=["black", "pink"])
    with pytest.raises(TypeError):
        sweeping.swept(Saliency)


def test_the_sheet_has_a_column_for_what_survives(tmp_path):
    found = seewhy.sweep("mnist-cnn", PLACE, baselines="all", steps=16)
    picture = found.picture()
    fewer = seewhy.sweep("mnist-cnn", PLACE, baselines=["black", "white"], steps=16).picture()
    assert picture.width - fewer.width == 3 * (360 + 28)
    found.save(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as saved:
        assert saved.size == picture.size
    found.save(tmp_path / "facts.json")
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["share"] == found.share
    with pytest.raises(ValueError, match=r"saved as \.png or \.json, got 'sheet.txt'"):
        found.save(tmp_path / "sheet.txt")


def test_a_run_answers_with_the_maps_and_what_survives(tmp_path):
    bench = Workbench(cache=tmp_path, paths=False)
    asked = {"kind": "sweep", "model": "mnist-cnn", "image": PLACE, "method": "occlusion", "target": 5,
             "settings": {"patch": 7, "stride": 7}, "baselines": ["black", "grey"]}  # fmt: skip
    try:
        run = bench.submit(kinds.task_from(asked))
        assert run.wait(60)
        assert run.result is not None
        held, facts = run.result.all_arrays(), run.result.describe()
        expected = seewhy.sweep(
            "mnist-cnn", PLACE, "occlusion", baselines=["black", "grey"], target=5, patch=7, stride=7
        )
        np.testing.assert_allclose(held["surviving"], expected.surviving, atol=1e-5)
        assert held["values"].shape == (2, 28, 28)
        assert facts["share"] == pytest.approx(expected.share, abs=1e-4)
        assert bench.submit(kinds.task_from(asked)).id == run.id
        with pytest.raises(TypeError, match="no baseline"):
            bench.submit(kinds.task_from(asked | {"method": "saliency", "settings": {}}))
        with pytest.raises(ValueError, match="fill"):
            bench.submit(kinds.task_from(asked | {"baselines": ["black", "pink"]}))
    finally:
        bench.close()


def test_the_workbench_keeps_each_answer(tmp_path):
    bench = Workbench(cache=tmp_path)
    task = Task(model="mnist-cnn", image=PLACE, method="occlusion", settings={"patch": 7, "stride": 7})
    first = bench.sweep(task, ["black", "white"])
    again = bench.sweep(task, ["black", "white"])
    assert [one.seconds for one in first.row] == [one.seconds for one in again.row]
