"""The smallest change into a class: against every other change on pictures small enough to try them all."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import catalog
from seewhy.attacks.goals import Goal
from seewhy.classifiers.pytorch import PyTorchClassifier

PLACES, CLASSES = 6, 4


def small(seed: int, hidden: bool) -> PyTorchClassifier:
    torch.manual_seed(seed)
    inner = [nn.Linear(PLACES, 12), nn.Tanh(), nn.Linear(12, CLASSES)] if hidden else [nn.Linear(PLACES, CLASSES)]
    return PyTorchClassifier(nn.Sequential(nn.Flatten(), *inner).eval(), list("abcd"), (1, 2, 3), std=0.4)


def smallest(model: PyTorchClassifier, x: torch.Tensor, goal: Goal) -> int | None:
    """How few pixels suffice, by trying every set of them in black and white; None where all do not."""
    for count in range(1, PLACES + 1):
        tried = []
        for places in itertools.combinations(range(PLACES), count):
            for colours in itertools.product((0.0, 1.0), repeat=count):
                picture = x.clone()
                picture.view(-1)[list(places)] = torch.tensor(colours)
                tried.append(picture)
        with torch.no_grad():
            scores = model.scores(torch.stack(tried))
        if Goal(goal.classes.expand(len(tried)), targeted=True).reached(scores).any():
            return count
    return None


@pytest.mark.parametrize("hidden", [False, True])
def test_no_fewer_pixels_turn_a_picture_into_the_class(hidden):
    seen = []
    for seed in range(6):
        model = small(seed, hidden)
        x = torch.rand(1, 2, 3)
        own = model.predict_batch(x[None])[0].index
        for target in set(range(CLASSES)) - {own}:
            goal = Goal(torch.tensor([target]), targeted=True)
            found = catalog.attack("fewest-pixels")().perturb(model, x[None], goal)
            with torch.no_grad():
                reached = bool(goal.reached(model.scores(found.x))[0])
            least = smallest(model, x, goal)
            assert reached == (least is not None)
            if reached:
                assert found.notes[0]["pixels"] == least
                seen.append(least)
    assert len(seen) >= 10 and max(seen) >= 2  # the question is not trivial here


def test_a_heavier_pixel_that_helps_a_third_class_more_is_not_taken():
    """Towards b the second pixel pushes harder, but c harder still; the first one does it."""
    weights = torch.tensor([[0.0, 0.0], [2.0, 3.0], [0.0, 5.0]])
    module = nn.Sequential(nn.Flatten(), nn.Linear(2, 3))
    with torch.no_grad():
        module[1].weight.copy_(weights)
        module[1].bias.copy_(torch.tensor([1.0, 0.0, 0.0]))
    model = PyTorchClassifier(module.eval(), ["a", "b", "c"], (1, 1, 2))
    found = catalog.attack("fewest-pixels")()(model, np.zeros((1, 1, 2), np.float32), target="b")
    assert found.success and found.after.label == "b"
    assert found.adversarial.flatten().tolist() == [1.0, 0.0]


def test_a_digit_becomes_another_on_purpose_and_no_pixel_can_go_back(digit_model, digit):
    found = catalog.attack("fewest-pixels")()(digit_model, digit, target="3")
    assert found.success and found.after.label == "3" and found.before.label == "5"
    changed = np.argwhere((found.adversarial != found.image).any(0))
    assert len(changed) == found.notes["pixels"] == found.norms["l0"]
    assert set(np.unique(found.adversarial[:, changed[:, 0], changed[:, 1]])) <= {0.0, 1.0}
    back = np.repeat(found.adversarial[None], len(changed), 0)
    for picture, (row, column) in zip(back, changed, strict=True):
        picture[:, row, column] = found.image[:, row, column]
    with torch.no_grad():
        said = digit_model.scores(torch.from_numpy(back)).argmax(1)
    assert 3 not in said.tolist()
