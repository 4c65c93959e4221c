"""Every attack on pictures of the usual sizes, and on models that give nothing but scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import catalog
from seewhy.attacks.balls import length
from seewhy.attacks.base import Attack
from seewhy.attacks.goals import Goal
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier

ATTACKS = sorted(catalog.attacks())
QUICK = {
    "carlini-wagner": {"searches": 2, "steps": 15},
    "deepfool": {"steps": 5},
    "fewest-pixels": {"pixels": 3, "candidates": 8},
    "square": {"queries": 30},
}


@pytest.fixture(params=ATTACKS)
def attack(request: pytest.FixtureRequest) -> Attack:
    return catalog.attack(request.param)(**QUICK.get(request.param, {}))


@pytest.fixture(params=[32, 224])
def model(request: pytest.FixtureRequest) -> PyTorchClassifier:
    """A small colour network with batch norm, for pictures as large as those of CIFAR or of ImageNet."""
    torch.manual_seed(3)
    side = request.param
    module = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=side // 16, padding=2), nn.BatchNorm2d(8), nn.ReLU(inplace=True),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 6),
    )  # fmt: skip
    return PyTorchClassifier(module.eval(), list("abcdef"), (3, side, side), mean=(0.4, 0.5, 0.6), std=0.2)


@pytest.fixture
def x(model) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(5).random((3, *model.input_shape), dtype=np.float32))


def seen(model, x: torch.Tensor) -> Goal:
    return Goal(torch.tensor([one.index for one in model.predict_batch(x)]))


def test_a_batch_equals_its_pictures_one_by_one_and_stays_a_picture(attack, model, x):
    goal = seen(model, x)
    together = attack.perturb(model, x, goal).x
    assert together.shape == x.shape and float(together.min()) >= 0 and float(together.max()) <= 1
    assert all(not torch.equal(found, image) for found, image in zip(together, x, strict=True))
    for index in range(len(x)):
        chosen = torch.tensor([index])
        alone = attack.perturb(model, x[chosen], goal[chosen]).x
        apart = (together[chosen] - alone).abs()
        # signs flip where a gradient is zero to rounding: at a few values out of 150,000, by at most the ball's width
        assert float((apart > 1e-3).float().mean()) < 1e-3


@pytest.mark.parametrize("name", ["pgd", "momentum"])
def test_a_euclidean_ball_is_not_left(name, residual, colours):
    found = catalog.attack(name)(norm="l2", epsilon=0.5).perturb(residual, colours, seen(residual, colours)).x
    sizes = length(found - colours, "l2")
    assert float(sizes.max()) <= 0.5 + 1e-5
    assert float(sizes.min()) > 0.01


def test_another_seed_starts_elsewhere(residual, colours):
    goal = seen(residual, colours)
    for name, more in (("pgd", {"steps": 1, "step": 0.001}), ("square", {"queries": 1})):
        first, second = (catalog.attack(name)(seed=seed, **more).perturb(residual, colours, goal).x for seed in (0, 1))
        assert not torch.equal(first, second)


def boxed(model: PyTorchClassifier) -> FunctionClassifier:
    """The same model behind a function that takes pixels and gives probabilities."""

    def asked(pixels: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(np.asarray(pixels, np.float32)).permute(0, 3, 1, 2)  # such functions take colours last
        with torch.no_grad():
            return torch.softmax(model.scores(x), 1).numpy()

    return FunctionClassifier(asked, model.labels, model.input_shape)


def test_squares_fool_a_black_box_as_they_fool_the_network_inside(model, x):
    box, goal = boxed(model), seen(model, x)
    square = catalog.attack("square")(epsilon=0.2, queries=40)
    outside, inside = (square.perturb(one, x, goal) for one in (box, model))
    torch.testing.assert_close(outside.x, inside.x, atol=1e-6, rtol=0)
    for index in range(len(x)):
        chosen = torch.tensor([index])
        alone = square.perturb(box, x[chosen], goal[chosen])
        torch.testing.assert_close(alone.x, outside.x[chosen], atol=1e-6, rtol=0)
        assert alone.notes == outside.notes[index : index + 1]


@pytest.mark.parametrize("name", [name for name in ATTACKS if catalog.attack(name).needs != "scores"])
def test_what_needs_gradients_says_so_before_work(name, residual, colours):
    with pytest.raises(TypeError, match="needs gradients"):
        catalog.attack(name)()(boxed(residual), colours[0].numpy())


def test_an_attack_costs_its_gradients_and_no_pass_more(residual, colours):
    passes: list[int] = []
    residual.module.register_forward_hook(lambda module, inputs, output: passes.append(len(output)))
    goal = seen(residual, colours)
    for recipe, cost in (
        (catalog.attack("fgsm")(), 4),
        (catalog.attack("pgd")(steps=10, early_stop=False), 40),
        (catalog.attack("momentum")(steps=7, early_stop=False), 28),
    ):
        passes.clear()
        recipe.perturb(residual, colours, goal)
        assert sum(passes) == cost
    passes.clear()
    found = catalog.attack("pgd")(steps=10, epsilon=0.5).perturb(residual, colours, goal).x
    assert bool(goal.reached(residual.scores(found)).all())
    assert sum(passes) < 40  # those that are fooled leave
