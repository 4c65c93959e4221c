"""Batch norm folded into the layer before it, or put behind a convolution so that nothing changes."""

from __future__ import annotations

import torch
from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from seewhy.twins.tracing import layer_of, put


def folded(graph: fx.GraphModule) -> list[str]:
    """Fold each batch norm that stands alone behind a convolution or a linear layer; gives the norms' names."""
    gone = []
    for node in list(graph.graph.nodes):
        norm = layer_of(graph, node)
        before = node.args[0] if node.args else None
        if not isinstance(norm, nn.BatchNorm2d | nn.BatchNorm1d) or not isinstance(before, fx.Node):
            continue
        layer = layer_of(graph, before)
        if len(before.users) > 1 or not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        fused = fuse_conv_bn_eval(layer, norm) if isinstance(layer, nn.Conv2d) else fuse_linear_bn_eval(layer, norm)
        put(graph, before, fused)
        node.replace_all_uses_with(before)
        graph.graph.erase_node(node)
        gone.append(str(node.target))
    graph.graph.lint()
    graph.recompile()
    return gone


def unfolded(graph: fx.GraphModule, seed: int = 0) -> list[str]:
    """Put a random batch norm behind each convolution and undo it in the convolution; gives the new norms' names."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for node in list(graph.graph.nodes):
        layer = layer_of(graph, node)
        if not isinstance(layer, nn.Conv2d):
            continue
        norm = _random_norm(layer.out_channels, generator)
        _undo(layer, norm)
        name = f"{node.target}_norm"
        graph.add_submodule(name, norm)
        with graph.graph.inserting_after(node):
            behind = graph.graph.call_module(name, (node,))
        node.replace_all_uses_with(behind, delete_user_cb=lambda user, behind=behind: user is not behind)
        made.append(name)
    graph.graph.lint()
    graph.recompile()
    return made


def _random_norm(channels: int, generator: torch.Generator) -> nn.BatchNorm2d:
    """A batch norm as training might have left it; about half of its factors are negative."""

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(channels, generator=generator, dtype=torch.float64)

    norm = nn.BatchNorm2d(channels).double().eval()
    assert norm.running_mean is not None
    assert norm.running_var is not None
    signs = torch.randint(0, 2, (channels,), generator=generator) * 2 - 1
    with torch.no_grad():
        norm.running_mean.copy_(draw(-1, 1))
        norm.running_var.copy_(draw(0.5, 2))
        norm.weight.copy_(draw(0.5, 2) * signs)
        norm.bias.copy_(draw(-1, 1))
    return norm


def _undo(layer: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    """Change `layer` so that `norm` behind it gives what `layer` gave."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = (norm.running_var + norm.eps).sqrt() / norm.weight
    bias = torch.zeros(layer.out_channels, dtype=torch.float64) if layer.bias is None else layer.bias
    with torch.no_grad():
        layer.weight.mul_(scale.reshape(-1, 1, 1, 1))
        layer.bias = nn.Parameter((bias - norm.bias) * scale + norm.running_mean)
