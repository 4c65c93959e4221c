"""Accuracy under attack: known answers on a linear model, laws on a trained one, and masked gradients are noticed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import catalog
from seewhy.attacks.robustness import RobustnessTest
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.base import as_image
from seewhy.datasets.digits import Digits


class Threshold(nn.Module):
    """Class 1 where the mean of the pixels is above one half."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        light = x.mean((1, 2, 3)) - 0.5
        return torch.stack([-light, light], 1)


class Steps(Threshold):
    """The same answers through steps, so that the gradient is zero almost everywhere."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(torch.round(x * 50) / 50 + 0 * x)


def threshold(module: nn.Module) -> PyTorchClassifier:
    return PyTorchClassifier(module, ["dark", "light"], (1, 20, 20))


@pytest.fixture
def greys() -> tuple[torch.Tensor, np.ndarray]:
    """Even greys at distances .05, .15, .25, .35 from the border, on either side."""
    levels = torch.tensor([0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85])
    return levels.reshape(-1, 1, 1, 1).expand(8, 1, 20, 20).clone(), (levels > 0.5).long().numpy()


def test_a_threshold_falls_exactly_where_epsilon_passes_the_distance(greys):
    test = RobustnessTest(epsilons=(0.1, 0.2, 0.3))
    found = test(threshold(Threshold()), *greys, [catalog.attack("fgsm")(), catalog.attack("pgd")()])
    for name in ("fgsm", "pgd", "worst"):
        assert found.accuracy(name).tolist() == [1.0, 0.75, 0.5, 0.25]
    assert found.accuracy("random").tolist() == [1.0, 1.0, 1.0, 1.0]
    assert found.warnings == ()
    assert found.describe()["curves"]["fgsm"][1]["interval"] == pytest.approx([0.409, 0.929], abs=1e-3)


def test_masked_gradients_are_noticed(greys):
    attacks = [catalog.attack("fgsm")(), catalog.attack("square")(queries=200)]
    found = RobustnessTest(epsilons=(0.1, 0.3))(threshold(Steps()), *greys, attacks)
    assert found.accuracy("fgsm")[-1] == 1.0
    assert found.accuracy("square")[-1] < 0.5
    assert any("masked" in warning for warning in found.warnings)


def test_a_trained_model_loses_with_epsilon_and_most_to_pgd(digit_model):
    data = Digits()
    x = torch.from_numpy(np.stack([as_image(pixels) for pixels in data.pixels("test")[:60]]))
    test = RobustnessTest(epsilons=(0.05, 0.2), images=60)
    found = test(digit_model, x, data.truth("test"), [catalog.attack("fgsm")(), catalog.attack("pgd")(steps=10)])
    worst = found.accuracy("worst")
    assert (np.diff(worst) <= 0).all()
    assert worst[0] > 0.9
    assert found.accuracy("pgd")[-1] <= found.accuracy("fgsm")[-1] + 0.02
    assert found.accuracy("random")[-1] > worst[-1]
    assert (worst <= found.accuracy("pgd")).all()


def test_an_attack_without_epsilon_is_refused(greys):
    with pytest.raises(ValueError, match="has no epsilon"):
        RobustnessTest()(threshold(Threshold()), *greys, [catalog.attack("deepfool")()])


class Rough(nn.Module):
    """Says "rough" where neighbours differ much on average, in steps, so that no gradient tells the way there."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        apart = (x[..., 1:] - x[..., :-1]).abs().mean((1, 2, 3))
        light = torch.round(apart * 50) / 50 - 0.05 + 0 * x.sum((1, 2, 3))
        return torch.stack([-light, light], 1)


class Band(nn.Module):
    """Says "within" where the mean lies between .2 and .3: a step that is too long leads out on the other side."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        light = 0.05 - (x.mean((1, 2, 3)) - 0.25).abs()
        return torch.stack([-light, light], 1)


def test_gradients_that_are_beaten_by_chance_are_noticed():
    smooth = torch.tensor([0.3, 0.5, 0.7]).reshape(-1, 1, 1, 1).expand(3, 1, 20, 20).clone()
    attacks = [catalog.attack("fgsm")(), catalog.attack("pgd")(random_start=False)]
    found = RobustnessTest(epsilons=(0.1, 0.2))(threshold(Rough()), smooth, np.zeros(3, np.int64), attacks)
    assert found.accuracy("pgd").tolist() == [1.0, 1.0, 1.0]
    assert found.accuracy("random")[1:].tolist() == [0.0, 0.0]
    assert [warning for warning in found.warnings if "At epsilon 0.1, random leaves 0.0% right" in warning]


def test_an_attack_that_overshoots_is_noticed_and_the_worst_case_remembers():
    dark = torch.full((4, 1, 20, 20), 0.15)
    found = RobustnessTest(epsilons=(0.1, 0.3))(
        threshold(Band()), dark, np.zeros(4, np.int64), [catalog.attack("fgsm")()]
    )
    assert found.accuracy("fgsm").tolist() == [1.0, 0.0, 1.0]
    assert found.accuracy("worst").tolist() == [1.0, 0.0, 0.0]
    assert found.warnings == ("Under fgsm a larger epsilon does less harm: read the worst case, not this curve.",)


def test_one_picture_without_a_gradient_is_said_not_to_be_safe(greys):
    found = catalog.attack("fgsm")()(threshold(Steps()), greys[0][0].numpy())
    assert not found.success
    assert found.notes["moved"] == 0
    assert "That is not safety" in found.notes["warnings"][0]


def test_a_picture_of_which_the_model_sees_a_part_is_said_to_have_moved_in_part(greys):
    class Corner(Threshold):
        """Looks at the upper left quarter alone."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x[..., :10, :10])

    found = catalog.attack("fgsm")()(threshold(Corner()), greys[0][0].numpy())
    assert found.notes["warnings"] == ["Only 25% of the values moved; the others have no gradient or no room."]
    whole = catalog.attack("fgsm")()(threshold(Threshold()), greys[0][0].numpy())
    assert whole.notes["warnings"] == []


def test_a_picture_that_was_wrong_before_is_said_to_be():
    found = catalog.attack("fgsm")(epsilon=0.1)(threshold(Threshold()), np.full((1, 20, 20), 0.2, np.float32), label=1)
    assert found.success and found.sentence == "The model was wrong without an attack: it says dark."
    assert found.notes["warnings"] == ["The model is wrong about this picture before any attack."]
