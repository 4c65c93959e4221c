"""Rubbish by the hundred: what it is made of stays what it is, climbs, and is counted honestly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.attacks.goals import Goal
from seewhy.attacks.materials import Pixels, Strokes, materials
from seewhy.attacks.resemblance import KnownImages
from seewhy.attacks.rubbish_many import ManyRubbish, uphill
from seewhy.classifiers.function import FunctionClassifier
from seewhy.datasets.digits import Digits

FORMS = materials(12, 3)


@pytest.fixture(scope="module")
def known() -> KnownImages:
    """The training digits that come with the package."""
    return KnownImages(Digits(), (1, 28, 28))


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 12, 20)])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_thrown_is_a_picture_and_stays_one(form, shape):
    generator, material = torch.Generator().manual_seed(0), FORMS[form]
    parts = material.thrown(3, shape, generator)
    for _ in range(3):
        x = material.shown(parts, shape)
        assert x.shape == (3, *shape) and float(x.min()) >= 0 and float(x.max()) <= 1
        parts = material.moved(parts, torch.randn(parts.shape, generator=generator), 0.5, generator)


@pytest.mark.parametrize("form", FORMS)
def test_a_climb_makes_the_model_surer(digit_model, form):
    generator, material = torch.Generator().manual_seed(0), FORMS[form]
    goal = Goal(torch.arange(10), targeted=True)
    parts = material.thrown(10, digit_model.input_shape, generator)
    _, first, _ = uphill(digit_model, material, parts, goal)
    best = first
    for _ in range(12):
        _, losses, slope = uphill(digit_model, material, parts, goal)
        best = torch.maximum(best, losses)
        parts = material.moved(parts, slope, 1 / 12, generator)
    assert (best > first + 1).sum() >= 8


def test_never_more_pixels_than_allowed_and_all_of_them_white():
    material, generator = Pixels(4), torch.Generator().manual_seed(1)
    parts = material.thrown(6, (1, 8, 8), generator)
    for step in range(9):
        assert (parts.flatten(1).sum(1) == min(step + 1, 4)).all()
        assert set(parts.unique().tolist()) <= {0.0, 1.0}
        parts = material.moved(parts, torch.rand(parts.shape, generator=generator), 0.1, generator)


def test_a_pixel_is_lit_where_the_slope_is_steepest():
    material, generator = Pixels(2), torch.Generator().manual_seed(1)
    parts, slope = torch.zeros(1, 1, 4, 4), torch.full((1, 1, 4, 4), 0.01)
    parts[0, 0, 0, 0] = 1
    slope[0, 0, 2, 3] = 9.0
    assert material.moved(parts, slope, 1, generator)[0, 0, 2, 3] == 1


def test_a_stroke_is_bright_on_its_line_and_dark_away_from_it():
    line = torch.tensor([[[0.2, 0.5, 0.8, 0.5, 0.5]]])
    shown = Strokes(1).shown(line, (1, 40, 40))[0, 0]
    assert shown[20, 10:30].min() > 0.85 and shown[:14].max() < 0.01 and shown[27:].max() < 0.01
    torch.testing.assert_close(shown, shown.flip(1), atol=1e-5, rtol=0)


def test_most_of_it_is_accepted_by_a_model_that_never_saw_any(digit_model, known):
    found = ManyRubbish(each=2, steps=30)(digit_model, known)
    assert found.images.shape == (100, 1, 28, 28) and found.images.dtype == np.float32
    counted = found.describe()
    assert counted["noise"]["accepted"] == counted["smooth"]["accepted"] == 20
    assert counted["strokes"]["share"] > 0.6
    x = torch.from_numpy(found.images)
    sure = digit_model.scores(x).double().softmax(1)[torch.arange(100), torch.from_numpy(found.targets)]
    np.testing.assert_allclose(found.probabilities, sure.detach().numpy(), atol=1e-6)
    assert counted["all"]["accepted"] == int(((found.probabilities >= 0.9) & ~found.alike).sum())
    lit = (found.images[found.forms == "guided"] > 0).any(1).sum((1, 2))
    assert (lit == 12).all()


def test_the_same_seed_makes_the_same_and_another_one_other(digit_model):
    recipe = ManyRubbish(each=1, steps=3, forms=("noise", "pixels"))
    first, again = recipe(digit_model), recipe(digit_model)
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(recipe.model_copy(update={"seed": 1})(digit_model).images, first.images)


def test_what_real_pictures_look_like_is_no_rubbish(known):
    data = Digits()
    real = np.stack([data.sample("test", at).image for at in range(60)])
    singly = [known.compare(image) for image in real]
    together = known.classes(real)
    for one, found in zip(singly, together, strict=True):
        classes = [target for target in range(10) if one.agrees(target)]
        assert found == (classes[0] if classes else -1)
    assert (together >= 0).mean() > 0.8
    assert (known.classes(np.random.default_rng(0).random((5, 1, 28, 28), dtype=np.float32)) == -1).all()


def test_without_gradients_it_says_so():
    box = FunctionClassifier(lambda x: np.ones((len(x), 2)) / 2, ["a", "b"], (1, 6, 6), name="box")
    with pytest.raises(TypeError, match="needs gradients, which box does not give"):
        ManyRubbish()(box)
