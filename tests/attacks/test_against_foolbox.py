"""The same attacks by Foolbox, on the same settings."""

from __future__ import annotations

import warnings

import pytest
import torch

from seewhy import catalog
from seewhy.attacks.goals import Goal

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    foolbox = pytest.importorskip("foolbox")


@pytest.fixture
def judge(residual):
    class Normalised(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return residual.scores(x)

    residual.module.eval()
    return foolbox.PyTorchModel(Normalised().eval(), bounds=(0, 1), device="cpu")


@pytest.fixture
def labels(residual, colours) -> torch.Tensor:
    return torch.tensor([one.index for one in residual.predict_batch(colours)])


def attacked(judge, attack, colours, criterion, epsilon):
    raw, _, _ = attack(judge, colours, criterion, epsilons=epsilon)
    return raw


@pytest.mark.parametrize("targeted", [False, True])
def test_fgsm(judge, residual, colours, labels, targeted):
    theirs = foolbox.attacks.FGSM()
    wish = (labels + 1) % 5
    if targeted:
        theirs = foolbox.attacks.LinfPGD(rel_stepsize=1.0, steps=1, random_start=False)
    criterion = foolbox.criteria.TargetedMisclassification(wish) if targeted else labels
    goal = Goal(wish, True) if targeted else Goal(labels)
    ours = catalog.attack("fgsm")(epsilon=0.05).perturb(residual, colours, goal).x
    torch.testing.assert_close(ours, attacked(judge, theirs, colours, criterion, 0.05), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("norm", "name", "epsilon"), [("linf", "LinfPGD", 0.05), ("l2", "L2PGD", 1.0)])
def test_pgd(judge, residual, colours, labels, norm, name, epsilon):
    theirs = getattr(foolbox.attacks, name)(rel_stepsize=0.25, steps=7, random_start=False)
    recipe = catalog.attack("pgd")(
        epsilon=epsilon, norm=norm, steps=7, step=0.25 * epsilon, random_start=False, early_stop=False
    )
    ours = recipe.perturb(residual, colours, Goal(labels)).x
    expected = attacked(judge, theirs, colours, labels, epsilon)
    torch.testing.assert_close(ours, expected, atol=2e-5, rtol=0)


@pytest.mark.parametrize(("norm", "name"), [("l2", "L2DeepFoolAttack"), ("linf", "LinfDeepFoolAttack")])
def test_deepfool(judge, residual, colours, labels, norm, name):
    theirs = getattr(foolbox.attacks, name)(steps=20, candidates=5, overshoot=0.02)
    ours = catalog.attack("deepfool")(norm=norm, steps=20, candidates=5).perturb(residual, colours, Goal(labels)).x
    torch.testing.assert_close(ours, attacked(judge, theirs, colours, labels, None), atol=1e-4, rtol=0)


def test_carlini_wagner(judge, residual, colours, labels):
    theirs = foolbox.attacks.L2CarliniWagnerAttack(
        binary_search_steps=4, steps=40, stepsize=0.05, initial_const=1.0, abort_early=False
    )
    ours = catalog.attack("carlini-wagner")(searches=4, steps=40, factor=1.0).perturb(residual, colours, Goal(labels)).x
    expected = attacked(judge, theirs, colours, labels, None)
    distances = [(x - colours).flatten(1).norm(dim=1) for x in (ours, expected)]
    torch.testing.assert_close(*distances, rtol=0.01, atol=1e-4)
