"""Models as Captum's module methods need them: a copy whose activations each run once, and never in place."""

from __future__ import annotations

import copy
from collections import Counter
from contextlib import ExitStack
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from seewhy.classifiers.base import Classifier
from seewhy.targets import ClassScore

ACTIVATIONS = {
    getattr(place, name)
    for place in (torch, torch.Tensor, nn.functional)
    for name in ("relu", "relu_", "leaky_relu", "elu", "sigmoid", "sigmoid_", "tanh", "tanh_", "softplus")
    if hasattr(place, name)
}


class Asked(nn.Module):
    """The target's score, (N, 1), as a module: what Captum hooks into.

    normalise: whether pictures come in [0, 1]; otherwise as the module inside takes them.
    """

    def __init__(self, frozen: Any, target: ClassScore, normalise: bool = True) -> None:
        super().__init__()
        self.network: nn.Module = frozen.module
        self.softmax = nn.Softmax(1) if target.output == "probability" else None
        self._target = ClassScore(target.index, target.versus)
        self._scale = (frozen.mean, frozen.std) if normalise else None
        self._turns = [module for module in self.modules() if isinstance(module, Turns)]

    def forward(self, x: Tensor) -> Tensor:
        """The score of each image."""
        for turns in self._turns:
            turns.place = 0
        if self._scale is not None:
            x = (x - self._scale[0]) / self._scale[1]
        scores = self.network(x)
        return self._target.of(scores if self.softmax is None else self.softmax(scores))[:, None]

    def layer(self, name: str) -> nn.Module:
        """The layer called `name` in the model; LookupError where it has none."""
        try:
            found = self.network.get_submodule(name)
        except AttributeError:
            raise LookupError(f"the model has no layer {name!r}; `seewhy models NAME` lists them") from None
        return found.each[-1] if isinstance(found, Turns) else found  # the last run counts, as everywhere


class Turns(nn.Module):
    """A module that ran several times in a pass, as one module for each time."""

    def __init__(self, module: nn.Module, times: int) -> None:
        super().__init__()
        self.each = nn.ModuleList(copy.deepcopy(module) for _ in range(times))
        self.place = 0

    def forward(self, *inputs: Any) -> Any:
        """What the module whose turn it is makes of the input."""
        module = self.each[self.place % len(self.each)]
        self.place += 1
        return module(*inputs)


def prepared(model: Classifier) -> Any:
    """The model's frozen copy, with separate activations that leave their input alone; TypeError where it is unfit."""
    problem = unfit(model)
    if problem:
        raise TypeError(f"Captum {problem}")
    frozen: Any = model.frozen()
    runs, _ = _watched(frozen, _blank(model, frozen))
    for name, module in list(frozen.named_modules()):
        if getattr(module, "inplace", False):
            module.inplace = False
        if runs[name] > 1:
            frozen.set_submodule(name, Turns(module, runs[name]))
    return frozen


def unfit(model: Classifier) -> str | None:
    """What Captum's module methods need and `model` does not give, as the end of a sentence; None where it is fit."""
    fingerprint = model.fingerprint
    with _lock:
        known = _unfit.get(model)
    if known is None or known[0] != fingerprint:
        known = (fingerprint, _problem(model))
        with _lock:
            _unfit[model] = known
    return known[1]


def _problem(model: Classifier) -> str | None:
    try:
        frozen: Any = model.frozen()
    except ValueError as error:
        return f"needs a PyTorch module to hook into, which {model.name} does not give: {error}"
    runs, loose = _watched(frozen, _blank(model, frozen))
    if loose:
        return (
            f"needs every activation to be a module, but {model.name} calls {', '.join(sorted(loose))} as a function; "
            "write it as a layer, such as nn.ReLU()"
        )
    for name, module in frozen.named_modules():
        if runs[name] > 1 and any(True for _ in module.parameters()):
            place = name.removeprefix("module.")
            return (
                f"needs layers that run once, but {place!r} of {model.name} runs {runs[name]} times; "
                "give each place a layer of its own"
            )
    return None


def without_rule(model: Classifier) -> str | None:
    """The layer for which Captum's LRP has no rule, as the end of a sentence; None where there is none."""
    for name, module in _leaves(model.frozen()):
        if not _ruled(module) and any(True for _ in module.parameters()):
            place = name.removeprefix("module.")
            return f"has no rule for {place!r} of {model.name}, a {type(module).__name__}; use 'captum:DeepLift'"
    return None


def give_rules(asked: nn.Module) -> None:
    """Give the ε rule, which hands on what only changes shape, to layers without weights that lack a rule."""
    from captum.attr._utils.lrp_rules import EpsilonRule

    for _, module in _leaves(asked):
        if not _ruled(module):
            module.rule = EpsilonRule()


def readable(model: Classifier, size: tuple[int, ...]) -> list[str]:
    """The layers with maps of this size that LRP keeps the relevance of: those that add or choose, not activations."""
    kinds = {"Conv2d", "MaxPool2d", "AvgPool2d", "BatchNorm2d"}
    return [name for name, info in model.layers().items() if info.kind in kinds and info.shape[1:] == size]


def _ruled(module: nn.Module) -> bool:
    from captum.attr._core.lrp import SUPPORTED_LAYERS_WITH_RULES, SUPPORTED_NON_LINEAR_LAYERS

    return type(module) in SUPPORTED_LAYERS_WITH_RULES or type(module) in SUPPORTED_NON_LINEAR_LAYERS


def _leaves(frozen: nn.Module) -> list[tuple[str, Any]]:
    return [(name, module) for name, module in frozen.named_modules() if not any(True for _ in module.children())]


def _blank(model: Classifier, frozen: Any) -> Tensor:
    return torch.zeros(1, *model.input_shape, device=frozen.mean.device, dtype=frozen.mean.dtype)


class _Functions(TorchFunctionMode):
    """Notes the activations that are called outside any layer."""

    def __init__(self) -> None:
        super().__init__()
        self.loose: set[str] = set()
        self.inside = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not self.inside and func in ACTIVATIONS:
            self.loose.add(func.__name__.rstrip("_"))
        return func(*args, **(kwargs or {}))


def _watched(frozen: nn.Module, x: Tensor) -> tuple[Counter[str], set[str]]:
    """How often each layer without parts of its own runs in a pass, and the activations that are no layers."""
    runs: Counter[str] = Counter()
    functions = _Functions()

    def enter(name: str) -> Any:
        def hook(*_: Any) -> None:
            runs[name] += 1
            functions.inside += 1

        return hook

    def leave(*_: Any) -> None:
        functions.inside -= 1

    with ExitStack() as stack, torch.no_grad():
        for name, module in _leaves(frozen):
            stack.callback(module.register_forward_pre_hook(enter(name)).remove)
            stack.callback(module.register_forward_hook(leave).remove)
        with functions:
            frozen(x)
    return runs, functions.loose


_unfit: WeakKeyDictionary[Classifier, tuple[str, str | None]] = WeakKeyDictionary()
_lock = Lock()
