"""Many small steps up the loss, inside a ball; what PGD and the momentum attack share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seewhy.attacks.balls import Norm, inside
from seewhy.attacks.base import climb
from seewhy.attacks.goals import Goal, Loss
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches
from seewhy.progress import track

Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]  # (gradient, memory) -> (step of length ≤ 1, memory)


def ascend(
    model: Classifier,
    x: Tensor,
    start: Tensor,
    goal: Goal,
    *,
    step: Step,
    length: float,
    steps: int,
    epsilon: float,
    norm: Norm,
    loss: Loss,
    early_stop: bool,
) -> Tensor:
    """The images after `steps` steps of `length` from `start`, each pulled back into the ball around `x`.

    early_stop: an image that has reached its goal stays where it is; the passes of a step tell which have.
    """
    found = []
    for batch in track(list(in_batches(len(x), batch_size(x))), "climbing"):
        chosen = torch.tensor(list(batch))
        found.append(start[chosen].clone())
        origin, aim = x[chosen], goal[chosen]
        going = torch.arange(len(chosen))
        memory = torch.zeros_like(origin)
        for _ in range(steps):
            here = found[-1][going]
            gradient, scores = climb(model, here, aim[going], loss)
            if early_stop:
                missing = ~aim[going].reached(scores.cpu())
                going, here, gradient = going[missing], here[missing], gradient[missing]
                if not len(going):
                    break
            change, memory[going] = step(gradient, memory[going])
            found[-1][going] = inside(here + length * change, origin[going], epsilon, norm)
    return torch.cat(found)
