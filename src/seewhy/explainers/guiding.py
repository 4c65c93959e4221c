"""Guided gradients: on the way back through a ReLU only what is positive passes. Knows nothing of maps.

It steps in where PyTorch computes a ReLU, not in modules: functional, in-place and reused ones are guided too, other
threads are not touched, and nothing has to be put back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from seewhy.classifiers.base import Classifier
from seewhy.targets import ClassScore

RELUS = (F.relu, torch.relu, Tensor.relu)
RELUS_IN_PLACE = (F.relu_, torch.relu_, Tensor.relu_)


def guided_gradients(model: Classifier, x: Tensor, target: ClassScore) -> tuple[Tensor, int]:
    """Guided gradients (N, C, H, W) of `target` at `x`, and how many ReLUs were met on the way."""
    x = x.detach().requires_grad_()
    with Guiding() as guiding:
        score = target(model, x)
    (gradients,) = torch.autograd.grad(score.sum(), x)
    return gradients, guiding.met


class Guiding(TorchFunctionMode):
    """Inside, every ReLU that this thread computes is a guided one; `met` counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.met = 0

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        given: Sequence[Any] = (),
        named: Mapping[str, Any] | None = None,
    ) -> Any:
        """Whatever was called, unless it is a ReLU."""
        named = dict(named or {})
        if function not in RELUS and function not in RELUS_IN_PLACE:
            return function(*given, **named)
        self.met += 1
        x, inplace = _read(*given, **named)
        return GuidedReLU.apply(x, inplace or function in RELUS_IN_PLACE)  # type: ignore[no-untyped-call]


class GuidedReLU(torch.autograd.Function):
    """ReLU whose gradient is also cut at zero."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, inplace: bool) -> Tensor:
        """max(x, 0), in the same memory where asked."""
        out = x.clamp_(min=0) if inplace else x.clamp(min=0)
        if inplace:
            ctx.mark_dirty(x)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """What comes back, where both it and the output are positive."""
        (out,) = ctx.saved_tensors
        return torch.where(out > 0, gradients[0].clamp(min=0), 0), None


def _read(input: Tensor, inplace: bool = False) -> tuple[Tensor, bool]:
    """The arguments of `F.relu`, whichever way they were given."""
    return input, inplace
