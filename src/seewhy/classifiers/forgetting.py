"""A copy of a PyTorch classifier that forgets what it learned, layer by layer; the original is never touched."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from seewhy.classifiers.base import Classifier
from seewhy.classifiers.pytorch import PyTorchClassifier

Draw = Literal["initial", "shuffled"]


class Forgetting(PyTorchClassifier):
    """`model` with weights of its own, which `forget` overwrites with random ones.

    parts: the modules that have parameters, by name, in the order in which they run.
    """

    def __init__(self, model: Classifier) -> None:
        if not isinstance(model, PyTorchClassifier) or why_not(model) is not None:
            raise TypeError(why_not(model))
        layers = model.layers()
        try:
            with model._lock:
                module = copy.deepcopy(model.module)
                twin = copy.copy(model)
        except Exception as error:  # whatever the module's own parts raise
            raise TypeError(f"{model.name} cannot be copied ({type(error).__name__}: {error})") from error
        self.__dict__.update(twin.__dict__)
        self.module, self.framework = module, model.framework
        self._lock, self._fingerprint = threading.RLock(), None
        self.parts = _in_order(module, list(layers))

    def forget(self, parts: Sequence[str], draw: Draw, seed: int) -> None:
        """Draw the parameters of `parts` anew: as the layer does at the start, or its own in another order.

        A layer that has no start of its own is shuffled in any case.
        """
        modules = dict(self.module.named_modules())
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seed)
            for name in parts:
                start = getattr(modules[name], "reset_parameters", None)
                if draw == "initial" and callable(start):
                    start()
                else:
                    _shuffle(modules[name])


def why_not(model: Classifier) -> str | None:
    """Why the weights of `model` cannot be drawn anew, in one sentence; None where they can."""
    if isinstance(model, PyTorchClassifier) and model.framework != "keras":
        return None  # steps of Keras hold their weights in closures, which a copy would share
    return f"weights of {model.name} cannot be drawn anew; load it as a PyTorch module"


def _shuffle(module: nn.Module) -> None:
    for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
        if tensor.is_floating_point():
            flat: Tensor = tensor.flatten()
            tensor.copy_(flat[torch.randperm(len(flat)).to(flat.device)].view_as(tensor))


def _in_order(module: nn.Module, ran: Sequence[str]) -> tuple[str, ...]:
    """The modules with parameters of their own; those that were not seen to run follow what is named before them."""
    places = {name: place for place, name in enumerate(ran)}
    found, last = [], -1
    for name, part in module.named_modules():
        last = places.get(name, last) if not any(part.children()) else last
        if any(True for _ in part.parameters(recurse=False)):
            found.append((last, name))
    return tuple(name for _, name in sorted(found, key=lambda pair: pair[0]))
