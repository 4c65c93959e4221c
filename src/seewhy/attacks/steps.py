"""Many small steps up the loss, inside a ball; what PGD and the momentum attack share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seewhy.attacks.balls import Norm, way_back
from seewhy.attacks.base import climb
from seewhy.attacks.goals import Goal, Loss
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import gradient_batch_size, in_batches
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
    for batch in track(list(in_batches(len(x), gradient_batch_size(x))), "climbing"):
        rows = slice(batch.start, batch.stop)
        here, origin, aim = start[rows], x[rows], goal[torch.arange(batch.start, batch.stop)]
        memory, back, ended = torch.zeros_like(origin), way_back(origin, epsilon, norm), here.clone()
        going = torch.arange(len(here))  # which of the batch are still climbing; the others leave the passes
        for _ in range(steps):
            gradient, scores = climb(model, here, aim, loss)
            if early_stop:
                missing = ~aim.reached(scores.cpu())
                if not missing.all():
                    ended[going] = here
                    going, aim = going[missing], aim[missing]
                    here, origin, memory, gradient = (one[missing] for one in (here, origin, memory, gradient))
                    back = way_back(origin, epsilon, norm)
                if not len(going):
                    break
            change, memory = step(gradient, memory)
            here = back(torch.add(here, change, alpha=length))
        ended[going] = here
        found.append(ended)
    return torch.cat(found)
