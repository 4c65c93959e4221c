"""Every attack keeps the same laws; a new one is tested here by its name in the catalog."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import catalog
from seewhy.attacks.base import Attack
from seewhy.attacks.goals import Goal
from seewhy.classifiers.pytorch import PyTorchClassifier

ATTACKS = sorted(catalog.attacks())
SMALLER = {"carlini-wagner": {"searches": 2, "steps": 30}, "square": {"queries": 60}, "fewest-pixels": {"pixels": 12}}


@pytest.fixture(params=ATTACKS)
def attack(request: pytest.FixtureRequest) -> Attack:
    return catalog.attack(request.param)(**SMALLER.get(request.param, {}))


@pytest.fixture
def goal(residual, colours) -> Goal:
    """Leave the class that the model sees."""
    return Goal(torch.tensor([one.index for one in residual.predict_batch(colours)]))


def test_the_result_is_a_picture_within_epsilon(attack, residual, colours, goal):
    x = attack.perturb(residual, colours, goal).x
    assert x.shape == colours.shape
    assert float(x.min()) >= 0 and float(x.max()) <= 1
    if attack.radius is not None:
        assert float((x - colours).abs().max()) <= attack.radius + 1e-6
    assert not torch.equal(x, colours)


def test_nothing_of_the_model_or_the_picture_changes(attack, residual, colours, goal):
    residual.module.train()
    before, pixels = copy.deepcopy(residual.module.state_dict()), colours.clone()
    attack.perturb(residual, colours, goal)
    assert all(torch.equal(before[name], tensor) for name, tensor in residual.module.state_dict().items())
    assert all(parameter.grad is None for parameter in residual.module.parameters())
    assert residual.module.training
    assert torch.equal(pixels, colours)
    assert not any(module._forward_hooks for module in residual.module.modules())


def test_the_same_seed_gives_the_same_picture(attack, residual, colours, goal):
    first, second = (attack.perturb(residual, colours, goal).x for _ in range(2))
    assert torch.equal(first, second)


def test_a_batch_equals_its_pictures_one_by_one(attack, residual, colours, goal):
    together = attack.perturb(residual, colours, goal).x
    for index in range(len(colours)):
        chosen = torch.tensor([index])
        alone = attack.perturb(residual, colours[chosen], goal[chosen]).x
        torch.testing.assert_close(together[chosen], alone, atol=1e-3, rtol=0)


def test_success_is_what_the_model_says(attack, residual, colours):
    for image in colours:
        found = attack(residual, image.numpy())
        assert found.success == (found.after.index != found.before.index)
        if found.success:
            assert found.sentence.startswith("Fooled")
        reread = residual.predict(found.adversarial)
        assert reread.index == found.after.index


def test_a_class_can_be_reached_on_purpose(attack, digit_model, digit):
    found = attack(digit_model, digit, target=3)
    assert found.success == (found.after.index == 3)


def test_a_black_box_is_refused_unless_scores_are_enough(attack):
    from seewhy.classifiers.function import FunctionClassifier

    def even(pixels):
        light = pixels.mean((1, 2, 3)).clip(0.01, 0.99)
        return np.stack([light, 1 - light], 1)

    model = FunctionClassifier(even, ["light", "dark"], (1, 8, 8))
    picture = np.full((1, 8, 8), 0.52, np.float32)
    if attack.needs == "scores":
        assert attack.perturb(model, torch.from_numpy(picture)[None], Goal(torch.tensor([0]))).x.shape == (1, 1, 8, 8)
    else:
        with pytest.raises(TypeError, match="needs gradients"):
            attack(model, picture)


def test_a_saved_attack_is_read_back(attack, residual, colours, tmp_path):
    found = attack(residual, colours[0].numpy(), label=1)
    again = type(found).load(found.save(tmp_path / "nudge.npz"))
    assert np.array_equal(again.adversarial, found.adversarial)
    assert again.describe() == found.describe()
    assert found.save(tmp_path / "nudge.png").stat().st_size > 1000


class Linear(nn.Module):
    """Logits that are weighted sums of the pixels."""

    def __init__(self, weights: list[list[float]]) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor(weights))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1) @ self.weights.T


@pytest.fixture
def linear() -> PyTorchClassifier:
    """Two classes on 2 × 2 pixels; the second one leads where w · x > 0, w = (1, −2, 3, 0)."""
    return PyTorchClassifier(Linear([[0.0, 0.0, 0.0, 0.0], [1.0, -2.0, 3.0, 0.0]]), ["no", "yes"], (1, 2, 2))


def test_fgsm_on_a_linear_model_moves_by_the_signs_of_the_weights(linear):
    x = torch.full((1, 1, 2, 2), 0.5)
    found = catalog.attack("fgsm")(epsilon=0.1).perturb(linear, x, Goal(torch.tensor([1]))).x
    torch.testing.assert_close(found.flatten(), torch.tensor([0.4, 0.6, 0.4, 0.5]))


def test_deepfool_on_a_linear_model_reaches_the_border_in_one_step(linear):
    x = torch.tensor([[[[0.6, 0.4], [0.3, 0.5]]]])  # w · x = 0.7
    found = catalog.attack("deepfool")(overshoot=0.0).perturb(linear, x, Goal(torch.tensor([1])))
    w = torch.tensor([1.0, -2.0, 3.0, 0.0])
    expected = x.flatten() - 0.7 * w / (w @ w)
    torch.testing.assert_close(found.x.flatten(), expected, atol=2e-4, rtol=0)
    assert found.notes[0]["steps"] == 1


def test_carlini_wagner_on_a_linear_model_finds_the_shortest_way(linear):
    x = torch.tensor([[[[0.6, 0.4], [0.3, 0.5]]]])
    found = catalog.attack("carlini-wagner")(searches=8, steps=300, rate=0.02).perturb(
        linear, x, Goal(torch.tensor([1]))
    )
    shortest = 0.7 / 14**0.5
    assert float((found.x - x).norm()) == pytest.approx(shortest, rel=0.03)


def test_fewest_pixels_on_a_linear_model_takes_the_heaviest(linear):
    x = torch.tensor([[[[0.6, 0.4], [0.3, 0.5]]]])
    found = catalog.attack("fewest-pixels")().perturb(linear, x, Goal(torch.tensor([1]))).x
    assert found.flatten().tolist() == pytest.approx([0.6, 1.0, 0.3, 0.5])  # −2 · 0.6 = −1.2 beats −3 · 0.3 = −0.9


def test_no_changed_pixel_can_go_back(digit_model, digit):
    found = catalog.attack("fewest-pixels")(pixels=60)(digit_model, digit)
    assert found.success
    changed = np.argwhere((found.adversarial != found.image).any(0))
    for row, column in changed:
        tried = found.adversarial.copy()
        tried[:, row, column] = found.image[:, row, column]
        assert digit_model.predict(tried).index == found.before.index


def test_a_confident_model_is_fooled_as_easily_as_a_modest_one(digit_model, digit):
    """Scaled logits saturate the softmax; the plain cross-entropy then has no gradient left."""

    class Louder(nn.Module):
        def __init__(self, module: nn.Module) -> None:
            super().__init__()
            self.module = module

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 100 * self.module(x)

    mean, std = digit_model.mean.item(), digit_model.std.item()
    louder = PyTorchClassifier(Louder(digit_model.module), digit_model.labels, (1, 28, 28), mean, std)
    x = louder.prepare(digit).requires_grad_()
    plain = nn.functional.cross_entropy(louder.scores(x), torch.tensor([5]))
    assert not torch.autograd.grad(plain, x)[0].any()
    for loss in ("cross-entropy", "margin"):
        attack = catalog.attack("fgsm")(epsilon=0.1, loss=loss)
        quiet, loud = (attack(model, digit) for model in (digit_model, louder))
        assert loud.notes["moved"] > 0.5
        assert loud.notes["moved"] == pytest.approx(quiet.notes["moved"], abs=0.03)
    np.testing.assert_allclose(loud.adversarial, quiet.adversarial, atol=1e-6)  # the margin's direction has no scale


def test_the_curve_of_fgsm_is_fgsm_at_each_epsilon(digit_model, digit):
    found = catalog.attack("fgsm")(epsilon=0.2)(digit_model, digit)
    for point in (5, 16, 30):
        epsilon = float(found.curve.epsilons[point])
        other = catalog.attack("fgsm")(epsilon=epsilon)(digit_model, digit)
        np.testing.assert_allclose(other.after.probabilities, found.curve.probabilities[point], atol=1e-5)
    flip = found.curve.flip_epsilon
    assert flip is None or flip == found.curve.epsilons[found.curve.reached.argmax()]


def test_a_curve_costs_at_most_forty_passes(digit_model, digit):
    passes = []
    hook = digit_model.module.register_forward_hook(lambda module, inputs, output: passes.append(len(output)))
    catalog.attack("fgsm")()(digit_model, digit)
    hook.remove()
    assert sum(passes) <= 40


def test_a_class_cannot_be_reached_from_itself(digit_model, digit):
    with pytest.raises(ValueError, match="already counts as '5'"):
        catalog.attack("fgsm")()(digit_model, digit, label=5, target=5)
