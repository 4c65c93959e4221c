"""Metrics that ask the explainer again: stable maps, models that forget, pictures that are others."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from seewhy.classifiers.forgetting import Forgetting
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.gradients import Saliency
from seewhy.explainers.input_x_gradient import InputXGradient
from seewhy.metrics.chance import random_maps, smooth_noise
from seewhy.metrics.independence import InputIndependence
from seewhy.metrics.randomisation import ParameterRandomisation
from seewhy.metrics.sensitivity import MaxSensitivity
from seewhy.targets import ClassScore

AGAIN = [MaxSensitivity(), ParameterRandomisation(), InputIndependence()]


class Given(NamedTuple):
    values: torch.Tensor


class Same:
    """An explainer with one map for everything."""

    def __init__(self, values: torch.Tensor) -> None:
        self.found = values

    def attribute(self, model, x, target):
        return Given(self.found.expand(len(x), -1, -1))


class Dice:
    """An explainer that answers with another random map, as smooth, each time."""

    def __init__(self, values: torch.Tensor, seed: int) -> None:
        self.found, self.seed = values, 1000 * seed + 1

    def attribute(self, model, x, target):
        self.seed += len(x)
        return Given(torch.stack([random_maps(self.found, 1, self.seed + place)[0] for place in range(len(x))]))


def ask(metric, known, recipe, values=None):
    values = recipe.attribute(known.model, known.x, known.target).values[0] if values is None else values
    return metric.measure(known.model, known.x, known.target, values, recipe=recipe)


def test_gradients_of_a_linear_model_do_not_move(known):
    found = ask(MaxSensitivity(), known, Saliency())
    assert found.value == pytest.approx(0, abs=1e-6) and found.verdict == "better"


def test_input_x_gradient_moves_as_the_picture_does(known):
    found = ask(MaxSensitivity(radius=0.05), known, InputXGradient())
    weights, noisy = known.values / known.x[0, 0], MaxSensitivity(radius=0.05).noisy(known.x)
    expected = (weights * (noisy - known.x)).flatten(1).norm(dim=1).max() / known.values.norm()
    assert found.value == pytest.approx(float(expected), rel=1e-4)


def test_max_sensitivity_is_captum_s_on_the_same_noise(residual, colours):
    captum = pytest.importorskip("captum.metrics")
    x, target, metric = 0.1 + 0.8 * colours[:1], ClassScore(2), MaxSensitivity(samples=12)
    recipe = Saliency(absolute=False)
    values = recipe.attribute(residual, x, target).values[0]
    ours = metric.measure_many(residual, x, target, values[None], recipe=recipe)

    def explain(inputs):
        with torch.enable_grad():  # which the judge turns off
            return (recipe.attribute(residual, inputs[0].detach(), target).values,)

    theirs = captum.sensitivity_max(
        explain, (x,), perturb_func=lambda inputs: (metric.noisy(x),), n_perturb_samples=12
    )  # fmt: skip
    assert ours[0] == pytest.approx(float(theirs), rel=1e-4)


def test_one_map_for_everything_moves_never_and_fails_both_sanity_checks(known):
    values = smooth_noise((12, 12), 1, 1.0)[0].double()
    same = Same(values)
    assert ask(MaxSensitivity(), known, same).value == 0
    for metric in (ParameterRandomisation(), InputIndependence()):
        found = ask(metric, known, same)
        assert found.value == pytest.approx(1) and found.verdict == "worse"
        assert "more alike than those by" in found.sentence


def test_gradients_of_a_linear_model_do_not_ask_the_picture_but_the_weights(known):
    signed = Saliency(absolute=False)
    assert ask(InputIndependence(), known, signed).value == pytest.approx(1, abs=1e-6)
    assert ask(ParameterRandomisation(), known, signed).verdict == "like chance"


@pytest.mark.parametrize(
    "metric", [MaxSensitivity(samples=3), ParameterRandomisation(steps=2), InputIndependence(pictures=2)]
)
def test_an_explainer_that_throws_dice_scores_at_chance(metric, known):
    maps = smooth_noise((12, 12), 200, 1.0, seed=71).double()
    recipes = [metric.model_copy(update={"maps": 19, "seed": 5000 * seed}) for seed in range(200)]
    beats = [
        ask(recipe, known, Dice(one, seed), one).beats
        for seed, (recipe, one) in enumerate(zip(recipes, maps, strict=True))
    ]
    assert abs(np.mean(beats) - 0.5) < 3 * np.sqrt(1 / 12 / 200)


@pytest.mark.parametrize("kind", ["rank", "size-rank", "ssim"])
@pytest.mark.parametrize("draw", ["initial", "shuffled"])
def test_the_cascade_ends_with_a_model_that_knows_nothing(kind, draw, residual, colours):
    metric, target, recipe = ParameterRandomisation(likeness=kind, draw=draw), ClassScore(2), InputXGradient()
    values = recipe.attribute(residual, colours[:1], target).values[0]
    found = metric.measure(residual, colours[:1], target, values, recipe=recipe)
    assert found.curve is not None
    assert found.curve.shares[-1] == 1 and len(found.curve.shares) == 8
    assert (np.diff(found.curve.shares) > 0).all()


def test_the_user_s_model_is_not_touched(residual, colours):
    residual.module.train()
    before = copy.deepcopy(residual.module.state_dict())
    print_before, scores = residual.fingerprint, residual.scores(colours)
    recipe, target = Saliency(), ClassScore(1)
    values = recipe.attribute(residual, colours[:1], target).values[0]
    state = torch.random.get_rng_state()
    for metric in AGAIN:
        metric.measure(residual, colours[:1], target, values, recipe=recipe)
    assert all(torch.equal(before[name], one) for name, one in residual.module.state_dict().items())
    assert residual.fingerprint == print_before and residual.module.training
    assert torch.equal(residual.scores(colours), scores)
    assert all(parameter.grad is None for parameter in residual.module.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_layers_forget_from_the_last_one_down(residual, colours):
    twin = Forgetting(residual)
    assert twin.parts[0] == "stem.0" and twin.parts[-1] == "head"
    twin.forget(["head"], "initial", 0)
    mine, theirs = residual.module.state_dict(), twin.module.state_dict()
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == ["head.weight", "head.bias"]
    twin.forget(twin.parts, "shuffled", 0)
    theirs = twin.module.state_dict()
    weight = "left.0.weight"
    assert not torch.equal(mine[weight], theirs[weight])
    assert torch.equal(mine[weight].flatten().sort().values, theirs[weight].flatten().sort().values)
    assert twin.fingerprint != residual.fingerprint


def test_the_same_seed_forgets_alike(residual):
    one, two, other = (Forgetting(residual) for _ in range(3))
    for twin, seed in ((one, 3), (two, 3), (other, 4)):
        twin.forget(twin.parts, "initial", seed)
    assert one.fingerprint == two.fingerprint != other.fingerprint


def test_a_layer_without_a_start_of_its_own_is_shuffled(residual):
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.arange(16.0))

        def forward(self, x):
            return x * self.scale[:, None, None]

    residual.module.down = nn.Sequential(residual.module.down, Scaled())
    twin = Forgetting(residual)
    assert "down.1" in twin.parts
    twin.forget(["down.1"], "initial", 0)
    assert not torch.equal(twin.module.down[1].scale, torch.arange(16.0))
    assert sorted(twin.module.down[1].scale.tolist()) == list(range(16))


def test_a_copy_that_does_not_forget_is_told(known):
    class Stubborn(nn.Module):
        """Its answer does not ask its weights."""

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(144, 2)

        def forward(self, x):
            return self.layer(x.flatten(1)) * 0 + x.flatten(1)[:, :2]

    model = PyTorchClassifier(Stubborn(), ["a", "b"], (1, 12, 12), name="stubborn")
    with pytest.raises(TypeError, match="stubborn answers as before"):
        ParameterRandomisation().measure(model, known.x, known.target, known.values, recipe=Saliency())


def test_what_cannot_be_asked_is_refused(known):
    black_box = FunctionClassifier(lambda x: np.full((len(x), 2), 0.5), ["a", "b"], (1, 12, 12), name="box")
    with pytest.raises(TypeError, match="needs layers, which box does not give"):
        ParameterRandomisation().measure(black_box, known.x, known.target, known.values, recipe=Saliency())
    with pytest.raises(TypeError, match="weights of box cannot be drawn anew"):
        Forgetting(black_box)
    with pytest.raises(ValueError, match="pass the recipe that made the map"):
        MaxSensitivity().measure(known.model, known.x, known.target, known.values)


def test_keras_models_are_refused_before_anything_is_computed(residual):
    residual.framework = "keras"  # whose copies would share their weights with the original
    assert (
        ParameterRandomisation.refusal(residual)
        == "weights of residual cannot be drawn anew; load it as a PyTorch module"
    )
