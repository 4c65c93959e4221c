"""What an attack is after: away from a class, or towards one. Knows scores, nothing of models or steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Loss = Literal["cross-entropy", "margin"]


@dataclass(frozen=True)
class Goal:
    """For each of N images a class to leave, or to reach where `targeted`.

    classes: (N,) indices; when leaving, the true class where it is known, else the predicted one.
    """

    classes: Tensor
    targeted: bool = False

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, chosen: Tensor) -> Goal:
        """The goal of the chosen images."""
        return Goal(self.classes[chosen], self.targeted)

    def reached(self, scores: Tensor) -> Tensor:
        """Whether `scores` (N, K) are what the attack wanted, (N,); a tie for the first place is not enough."""
        return self.lead(scores) > 0

    def lead(self, scores: Tensor) -> Tensor:
        """How far the attack is ahead (N,): above 0 it has reached its goal, below 0 that much is missing."""
        return self._sign * (self._own(scores) - _others(scores, self.classes).amax(1))

    def loss(self, scores: Tensor, form: Loss) -> Tensor:
        """What the attack climbs, (N,).

        "margin": the lead. "cross-entropy": log Σ exp of the other scores minus the own one. Its gradient is that of
        the cross-entropy divided by 1 − p, a positive number, so every direction is the same; but it does not
        vanish where p rounds to 1, which is what makes confident models look robust to other attacks.
        """
        if form == "margin":
            return self.lead(scores)
        return self._sign * (self._own(scores) - _others(scores, self.classes).logsumexp(1))

    @property
    def _sign(self) -> int:
        return 1 if self.targeted else -1

    def _own(self, scores: Tensor) -> Tensor:
        return scores.gather(1, self.classes[:, None])[:, 0]


def _others(scores: Tensor, classes: Tensor) -> Tensor:
    """The scores (N, K) with −∞ at each image's own class."""
    own = torch.zeros_like(scores, dtype=torch.bool).scatter_(1, classes[:, None], True)
    return scores.masked_fill(own, -torch.inf)
