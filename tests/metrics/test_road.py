"""ROAD: imputed pixels as another library imputes them, known answers, random maps at chance."""

from __future__ import annotations

import sys
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from seewhy.metrics.chance import smooth_noise
from seewhy.metrics.deletion import Deletion
from seewhy.metrics.imputing import impute
from seewhy.metrics.road import Road
from seewhy.targets import ClassScore

with pytest.MonkeyPatch.context() as patch:
    # The judge imports torchvision for helpers not used here; where its build does not fit torch's, that would fail.
    for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
        patch.setitem(sys.modules, name, MagicMock())
    from pytorch_grad_cam.metrics.road import NoisyLinearImputer


def holes(size: tuple[int, int], share: float, width: float) -> torch.Tensor:
    noise = smooth_noise(size, 3, width, seed=9)
    return noise > noise.flatten(1).quantile(1 - share, dim=1)[:, None, None]


@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # of the judge
@pytest.mark.parametrize(("share", "width"), [(0.1, 0), (0.5, 1.5), (0.9, 0.5), (0.97, 3)])
def test_pixels_are_imputed_as_by_pytorch_grad_cam(share, width, colours):
    gone = holes((20, 24), share, width)
    ours = impute(colours[:1], gone)
    for mine, hole in zip(ours, gone, strict=True):
        theirs = NoisyLinearImputer(noise=0)(colours[0], (~hole).float())
        torch.testing.assert_close(mine.float(), theirs, atol=2e-5, rtol=0)


def test_an_even_slope_is_imputed_exactly():
    x = torch.linspace(0.1, 0.9, 16).expand(1, 1, 16, 16)
    gone = torch.zeros(1, 16, 16, dtype=torch.bool)
    gone[0, 4:9, 3:12] = True
    torch.testing.assert_close(impute(x, gone)[0].float(), x[0], atol=1e-5, rtol=0)


def test_where_nothing_is_left_the_mean_stays(colours):
    found = impute(colours[:1], torch.ones(1, 20, 24, dtype=torch.bool))
    torch.testing.assert_close(found.float(), colours[:1].mean((2, 3), keepdim=True).expand(1, 3, 20, 24))


def test_pixels_that_stay_are_not_touched(colours):
    gone = holes((20, 24), 0.5, 1)
    found = impute(colours[:1], gone).float()
    for mine, hole in zip(found, gone, strict=True):
        assert torch.equal(mine[:, ~hole], colours[0][:, ~hole])


def test_the_score_is_what_the_weakest_leave_less_what_the_strongest_leave(known):
    values = smooth_noise((12, 12), 1, 1.0)[0].double()
    found = Road(shares=(0.25,), noise=0, output="logit").measure(known.model, known.x, known.target, values)
    order = values.flatten().argsort()
    told = []
    for chosen in (order[:36], order[-36:]):
        gone = torch.zeros(144, dtype=torch.bool)
        gone[chosen] = True
        with torch.no_grad():
            told.append(float(known.target(known.model, impute(known.x, gone.view(1, 12, 12)).float())))
    assert found.value == pytest.approx((told[0] - told[1]) / 2, abs=1e-5)


def test_a_map_and_its_opposite_score_oppositely(residual, colours):
    values = smooth_noise((20, 24), 1, 1.0)[0].double()
    scores = Road().measure_many(residual, colours[:1], ClassScore(1), torch.stack([values, -values]))
    assert scores[0] == pytest.approx(-scores[1], abs=1e-6)


def test_random_maps_score_at_chance(known):
    maps = smooth_noise((12, 12), 200, 1.0, seed=61).double()
    beats = [
        Road(maps=19, seed=seed, shares=(0.3, 0.7), output="logit")
        .measure(known.model, known.x, known.target, one)
        .beats
        for seed, one in enumerate(maps)
    ]
    assert abs(np.mean(beats) - 0.5) < 3 * np.sqrt(1 / 12 / 200)


def test_the_noise_is_seeded(known):
    ask = (known.model, known.x, known.target, known.values[None])
    assert Road(seed=1).measure_many(*ask) == Road(seed=1).measure_many(*ask)
    assert Road(seed=1, noise=0.2).measure_many(*ask) != Road(seed=2, noise=0.2).measure_many(*ask)


def test_deletion_can_impute_as_well(known):
    ask, recipe = (known.model, known.x, known.target, known.values), Deletion(steps=144, output="logit")
    imputed, black = (recipe.model_copy(update={"fill": fill}).measure(*ask) for fill in ("noisy-linear", "black"))
    assert imputed.curve is not None and black.curve is not None
    assert imputed.curve.scores[0] == pytest.approx(black.curve.scores[0], rel=1e-6)
    assert (imputed.curve.scores[1:] > black.curve.scores[1:]).all()  # weights are positive, and holes are not black
