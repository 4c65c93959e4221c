"""Quantus as the judge, on the same maps and the same settings, for a network and for digits."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch

from seewhy import load
from seewhy.datasets.digits import Digits
from seewhy.explainers.input_x_gradient import InputXGradient
from seewhy.metrics.deletion import Deletion
from seewhy.metrics.mass import MassInRegion
from seewhy.metrics.pointing import PointingGame
from seewhy.metrics.sensitivity import MaxSensitivity
from seewhy.metrics.sparseness import Sparseness
from seewhy.targets import ClassScore

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    quantus = pytest.importorskip("quantus")

pytestmark = pytest.mark.filterwarnings("ignore")  # the judge's own
STEP = 28  # pixels
PLAIN = {"abs": False, "normalise": False, "disable_warnings": True, "display_progressbar": False}


@pytest.fixture(scope="module")
def asked():
    """The model, three digits with their classes, and their maps (3, H, W)."""
    model, data = load("mnist-cnn"), Digits()
    x = torch.cat([model.prepare(data.sample("test", index).image) for index in (3, 12, 20)])
    targets = [prediction.index for prediction in model.predict_batch(x)]
    maps = [
        InputXGradient().attribute(model, one[None], ClassScore(k)).values[0] for one, k in zip(x, targets, strict=True)
    ]
    noise = torch.rand(len(x), 28, 28, generator=torch.Generator().manual_seed(0))
    return model, x, targets, torch.stack(maps) + 1e-6 * noise  # so that no two pixels are equal


def judged(metric, asked, masks=None, **more):
    model, x, targets, maps = asked
    module = torch.nn.Sequential(_Normalising(model), model.module).eval()
    given = {} if masks is None else {"s_batch": masks[:, None].numpy()}
    return metric(
        model=module, x_batch=x.numpy(), y_batch=np.array(targets), a_batch=maps[:, None].numpy(), device="cpu",
        channel_first=True, **given, **more,
    )  # fmt: skip


class _Normalising(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.mean, self.std = model.mean, model.std

    def forward(self, x):
        return (x - self.mean) / self.std


def ours(metric, asked, output="logit", masks=None):
    model, x, targets, maps = asked
    return [
        metric.measure(
            model, x[i], ClassScore(targets[i], output=output), maps[i], mask=None if masks is None else masks[i]
        )
        for i in range(len(x))
    ]


@pytest.mark.parametrize("output", ["probability", "logit"])
def test_deletion_is_pixel_flipping(output, asked):
    metric = quantus.PixelFlipping(features_in_step=STEP, perturb_baseline=0.0, **PLAIN)
    theirs = np.array(judged(metric, asked, softmax=output == "probability"))
    found = ours(Deletion(steps=math.ceil(784 / STEP), output=output, fill="black", maps=2), asked)
    np.testing.assert_allclose([one.curve.scores[1:] for one in found], theirs, rtol=1e-4, atol=2e-5)


def test_sparseness_is_the_same(asked):
    theirs = judged(quantus.Sparseness(**PLAIN | {"abs": True}), asked)
    np.testing.assert_allclose([one.value for one in ours(Sparseness(maps=2), asked)], theirs, rtol=1e-4)


def masks_of(asked):
    """The brighter half of each digit's box."""
    found = torch.zeros(3, 28, 28)
    found[:, 6:20, 8:18] = 1
    return found


def test_pointing_game_is_the_same(asked):
    masks = masks_of(asked)
    theirs = judged(quantus.PointingGame(**PLAIN), asked, masks)
    assert [bool(one.value) for one in ours(PointingGame(maps=2), asked, masks=masks)] == list(map(bool, theirs))


def test_mass_in_region_is_relevance_mass_accuracy(asked):
    masks = masks_of(asked)
    theirs = judged(quantus.RelevanceMassAccuracy(**PLAIN | {"abs": True}), asked, masks)
    found = [one.value for one in ours(MassInRegion(maps=2, counts="size"), asked, masks=masks)]
    np.testing.assert_allclose(found, theirs, rtol=1e-4)


def test_max_sensitivity_is_the_same_on_the_same_noise(asked):
    model, x, targets, _ = asked
    metric, recipe = MaxSensitivity(samples=6, maps=2), InputXGradient()

    def explain(inputs, classes):
        given = torch.as_tensor(np.asarray(inputs), dtype=torch.float32)
        return recipe.attribute(model, given, ClassScore(int(classes[0]))).values[:, None].numpy()

    for one, target in zip(x[:, None], targets, strict=True):
        noisy = iter(metric.noisy(one)[:, None].numpy())
        judge = quantus.MaxSensitivity(
            nr_samples=6, perturb_func=lambda arr, noisy=noisy, **_: next(noisy).reshape(arr.shape), **PLAIN
        )
        values = explain(one, [target])
        theirs = judge(
            model=torch.nn.Sequential(_Normalising(model), model.module).eval(), x_batch=one.numpy(),
            y_batch=np.array([target]), a_batch=values, device="cpu", channel_first=True,
            explain_func=lambda model, inputs, targets, **_: explain(inputs, targets),
        )  # fmt: skip
        found = metric.measure(model, one, ClassScore(target), values[0, 0], recipe=recipe)
        assert found.value == pytest.approx(float(theirs[0]), rel=1e-4)
