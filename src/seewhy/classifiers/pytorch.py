"""Any PyTorch module as a classifier; the only file that knows how PyTorch modules are hooked and switched."""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from seewhy.classifiers.base import Ability, Classifier, LayerInfo
from seewhy.images import WHOLE, Framing


class PyTorchClassifier(Classifier):
    """An `nn.Module` that maps normalised images (N, C, H, W) to logits (N, K).

    mean, std: per channel (or one number), in units of [0, 1]; the module sees (x − mean) / std.
    The module is run in eval mode whatever its mode was, and gets its mode back; its parameters and their
    gradients are left as they are.
    """

    framework = "torch"
    abilities: frozenset[Ability] = frozenset({"scores", "gradients", "layers"})

    def __init__(
        self,
        module: nn.Module,
        labels: Sequence[str],
        input_shape: Sequence[int],
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
        name: str | None = None,
        about: Mapping[str, Any] | None = None,
        framing: Framing = WHOLE,
    ) -> None:
        super().__init__(name or type(module).__name__.lower(), labels, input_shape, about, framing)
        _refuse_nan(module, self.name)
        self.module = module
        self.mean, self.std = (_per_channel(v, self.input_shape[0], n) for v, n in ((mean, "mean"), (std, "std")))
        if bool((self.std == 0).any()):
            raise ValueError("std must not be 0; pass the standard deviation of the training images in [0, 1]")
        self._lock = threading.RLock()  # hooks are seen by every thread that runs the module
        self._layers: dict[str, LayerInfo] | None = None
        self._fingerprint: tuple[tuple[int, ...], str] | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over structure, weights, normalisation and framing; computed again when a weight was changed."""
        state = self.module.state_dict()
        version = tuple(part for tensor in state.values() for part in (tensor.data_ptr(), tensor._version))
        if self._fingerprint is None or self._fingerprint[0] != version:
            digest = hashlib.sha256(f"{self.module} {self.mean} {self.std} {self.framing}".encode())
            for key, tensor in state.items():
                digest.update(key.encode())
                digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
            self._fingerprint = (version, digest.hexdigest())
        return self._fingerprint[1]

    def scores(self, x: Tensor) -> Tensor:
        """Logits (N, K)."""
        self.check_input(x)
        with self._lock, _evaluating(self.module):
            scores = self.module(self._normalised(x))
        return self.check_scores(_only_tensor(scores, self.name), len(x))

    def activations(self, x: Tensor, layers: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits (N, K) and the outputs of `layers`.

        A layer that runs more than once counts by its last run. What is kept is the layer's own output, whatever
        a later in-place layer does to it. Where no gradient reaches a kept layer from below, it becomes the start
        of the graph, so that a method which needs only the head pays only for the head.
        """
        self.check_input(x)
        kept: dict[str, Tensor] = {}
        with self._lock, ExitStack() as stack:
            stack.enter_context(_evaluating(self.module))
            wants_gradients = torch.is_grad_enabled()
            stack.enter_context(torch.set_grad_enabled(wants_gradients and x.requires_grad))
            for name in layers:
                hook = _keeping(kept, name, wants_gradients)
                stack.callback(self._submodule(name).register_forward_hook(hook).remove)
            scores = self.module(self._normalised(x))
        missing = [name for name in layers if name not in kept]
        if missing:
            raise ValueError(f"layer {missing[0]!r} of {self.name} did not run for this image; choose another layer")
        return self.check_scores(_only_tensor(scores, self.name), len(x)), kept

    def edited(
        self, x: Tensor, layer: str, edit: Callable[[Tensor], Tensor], layers: Sequence[str] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """`activations`, where `layer` gives `edit` of its own output, in each of its runs."""

        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
            return edit(output.clone())

        with self._lock:
            handle = self._submodule(layer).register_forward_hook(hook)
            try:
                return self.activations(x, layers)
            finally:
                handle.remove()

    def layers(self) -> dict[str, LayerInfo]:
        """Every module that runs and gives one tensor, blocks too, in the order in which they finish."""
        if self._layers is None:
            self._layers = self._traced_layers()
        return self._layers

    def frozen(self) -> nn.Module:
        """Normalisation and module in one, as a copy in eval mode without gradients, for fast passes.

        The copy shares the weights, so it costs no memory and must not be changed.

        Raises: ValueError where the module cannot be copied or has hooks, which a copy must not call.
        """
        if any(m._forward_hooks or m._forward_pre_hooks for m in self.module.modules()):
            raise ValueError("its module has hooks")
        shared: dict[int, Tensor] = {id(t): t.detach() for t in self.module.buffers()}
        shared |= {id(t): nn.Parameter(t.detach(), requires_grad=False) for t in self.module.parameters()}
        try:
            module = copy.deepcopy(self.module, shared)
        except Exception as error:  # whatever the module's own parts raise
            raise ValueError(f"its module cannot be copied ({type(error).__name__})") from error
        like = next((t for t in module.parameters() if t.is_floating_point()), torch.zeros(()))
        return _Normalised(self.mean.to(like), self.std.to(like), module).eval()

    def _traced_layers(self) -> dict[str, LayerInfo]:
        found: dict[str, LayerInfo] = {}

        def note(name: str, module: nn.Module, output: object) -> None:
            if isinstance(output, Tensor):
                parameters = sum(p.numel() for p in module.parameters())
                found.pop(name, None)  # the last run decides the place
                found[name] = LayerInfo(name, _kind(module), tuple(output.shape[1:]), parameters)

        with self._lock, ExitStack() as stack, torch.no_grad():
            stack.enter_context(_evaluating(self.module))
            for name, module in self.module.named_modules():
                if name:
                    handle = module.register_forward_hook(lambda m, _, out, name=name: note(name, m, out))
                    stack.callback(handle.remove)
            self.module(self._normalised(torch.zeros(1, *self.input_shape)))
        return found

    def _submodule(self, name: str) -> nn.Module:
        modules: dict[str, nn.Module] = dict(self.module.named_modules())
        if name not in modules or not name:
            raise LookupError(f"{self.name} has no layer {name!r}; its layers are {', '.join(self.layers())}")
        return modules[name]

    def _normalised(self, x: Tensor) -> Tensor:
        like = next((p for p in self.module.parameters() if p.is_floating_point()), None)
        if like is not None:
            x = x.to(like.device, like.dtype)
        mean, std = (v.to(x.device, x.dtype) for v in (self.mean, self.std))
        return (x - mean) / std


def count_classes(module: nn.Module, input_shape: Sequence[int]) -> int:
    """How many logits `module` gives for an image (C, H, W); asking it also shows that its weights and input fit.

    Raises: ValueError where it gives no logits (N, K) for such an image.
    """
    wanted = f"({', '.join(map(str, input_shape))})"
    with torch.no_grad(), _evaluating(module):
        try:
            found = module(torch.zeros(2, *input_shape))
        except (RuntimeError, ValueError, AssertionError, IndexError) as error:  # what layers say of other sizes
            reason = " ".join(str(error).split())[:200]
            raise ValueError(
                f"{type(module).__name__} takes no images {wanted}: {reason}; pass its input size"
            ) from None
    if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != 2:
        got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(
            f"a classifier must give logits (2, K) for two images {wanted}, got {got}; wrap it so that it does"
        )
    return found.shape[1]


class _Normalised(nn.Module):
    """A module behind its normalisation."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Tensor, std: Tensor, module: nn.Module) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.module = module

    def forward(self, x: Tensor) -> Any:
        return self.module((x - self.mean) / self.std)


def _keeping(kept: dict[str, Tensor], name: str, wants_gradients: bool) -> Any:
    def hook(_module: nn.Module, _inputs: object, output: object) -> Tensor:
        if not isinstance(output, Tensor):
            raise TypeError(f"layer {name!r} gives {type(output).__name__}, not one tensor; choose another layer")
        if wants_gradients:
            torch.set_grad_enabled(True)  # from here on; `activations` sets it back
            if not output.requires_grad:
                output = output.detach().requires_grad_()
        kept[name] = output
        return output.clone()  # an in-place layer that follows must not change what was kept

    return hook


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Run the block in eval mode; every submodule gets its own mode back."""
    training = [m for m in module.modules() if m.training]
    for m in training:
        m.training = False
    try:
        yield
    finally:
        for m in training:
            m.training = True


def _per_channel(value: float | Sequence[float], channels: int, what: str) -> Tensor:
    numbers = torch.as_tensor(value, dtype=torch.float32).flatten()
    if len(numbers) not in (1, channels):
        raise ValueError(f"{what} must be one number or one for each of {channels} channels, got {len(numbers)}")
    return numbers.expand(channels).reshape(1, channels, 1, 1)


def _kind(module: nn.Module) -> str:
    """The name of the module's class, or of what it stands for."""
    kind = getattr(module, "kind", None)
    return kind if isinstance(kind, str) else type(module).__name__


def _refuse_nan(module: nn.Module, name: str) -> None:
    for key, tensor in module.state_dict().items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"weights of {name} must be finite, but {key!r} holds NaN or infinity; load other weights")


def _only_tensor(scores: object, name: str) -> Tensor:
    if not isinstance(scores, Tensor):
        raise TypeError(f"{name} must give one tensor of logits, got {type(scores).__name__}; wrap it so that it does")
    return scores
