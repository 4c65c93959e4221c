"""The growing rule on integrals that are known: jumps, kinks, bends."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.explainers.paths import FIRST, Refinement


def refined(function, points: int) -> Refinement:
    """The rule after at most `points` values of `function` (S,) -> (S, …)."""
    rule = Refinement()
    while wanted := rule.wanted(points - len(rule.points)):
        rule.add(wanted, function(torch.tensor(wanted, dtype=torch.float64)))
        if len(rule.points) >= points:
            break
    return rule


def jump(at: float):
    return lambda t: torch.stack([(t > at).double(), 2.0 * (t <= at)], 1)


def test_it_starts_with_even_points_and_ends_when_nothing_is_left_to_gain():
    rule = refined(lambda t: torch.full((len(t), 3), 2.0), 50)
    assert rule.points == [k / 8 for k in range(9)]
    assert rule.error() == 0
    torch.testing.assert_close(rule.integral(), torch.full((3,), 2.0))


def test_a_straight_line_is_exact_with_the_first_points():
    rule = refined(lambda t: torch.stack([t, 3 - t], 1), FIRST)
    torch.testing.assert_close(rule.integral(), torch.tensor([0.5, 2.5], dtype=torch.float64))


@pytest.mark.parametrize("at", [0.03, 0.3, 0.51, 0.987])
def test_points_gather_at_a_jump(at):
    rule = refined(jump(at), 33)
    around = [start for start, end in zip(rule.points, rule.points[1:], strict=False) if start <= at <= end]
    width = min(b - a for a, b in zip(rule.points, rule.points[1:], strict=False))
    assert len(around) == 1
    assert width < 1 / 1000  # 33 even points would be 1/32 apart
    assert float(rule.integral()[0]) == pytest.approx(1 - at, abs=1e-3)


def test_of_many_jumps_the_large_ones_are_found_first():
    rng = np.random.default_rng(0)
    places, sizes = (
        torch.from_numpy(rng.random(40)),
        torch.from_numpy(rng.standard_normal((40, 30)) * rng.random((40, 1)) ** 4),
    )

    def function(t):
        return (t[:, None] > places).double() @ sizes

    truth = ((1 - places)[:, None] * sizes).sum(0)
    even = torch.linspace(0, 1, 65, dtype=torch.float64)
    plain = torch.trapezoid(function(even), even, dim=0)
    rule = refined(function, 65)
    assert float((rule.integral() - truth).norm()) < 0.35 * float((plain - truth).norm())


def test_the_expected_error_of_jumps_is_right_on_the_average():
    ratios = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        places, sizes = torch.from_numpy(rng.random(200)), torch.from_numpy(rng.standard_normal((200, 50)))
        rule = refined(lambda t, p=places, s=sizes: (t[:, None] > p).double() @ s, 40)
        truth = ((1 - places)[:, None] * sizes).sum(0)
        ratios.append(rule.error() / float((rule.integral() - truth).norm()))
    assert 0.8 < np.median(ratios) < 1.3
    assert np.mean([1 / 3 < ratio < 3 for ratio in ratios]) >= 0.95


@pytest.mark.parametrize("points", [9, 17, 40, 80])
def test_the_expected_error_of_a_smooth_bend_is_near_the_true_one(points):
    rule = refined(lambda t: torch.stack([t**2, (2 * t).sin(), t.exp()], 1), points)
    truth = torch.tensor([1 / 3, np.sin(1.0) ** 2, np.e - 1], dtype=torch.float64)
    assert 1 / 3 < rule.error() / float((rule.integral() - truth).norm()) < 3


def test_values_that_are_not_finite_end_it():
    rule = refined(lambda t: torch.full((len(t), 2), float("nan")), 50)
    assert len(rule.points) == FIRST


def test_shares_add_up_to_one_and_the_way_ends_at_the_integral():
    rule = refined(lambda t: torch.stack([t.sqrt(), (t > 0.4) * t], 1), 30)
    assert len(rule.points) == 30
    assert sum(rule.shares()) == pytest.approx(1)
    torch.testing.assert_close(rule.collected()[-1], rule.integral())
