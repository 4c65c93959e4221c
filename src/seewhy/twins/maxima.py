"""Max pooling written with ReLUs: max(a, b) = a + ReLU(b − a); the same function by other layers."""

from __future__ import annotations

from torch import Tensor, fx, nn

from seewhy.twins.tracing import layer_of, put


class MaxByRelu(nn.Module):
    """What `nn.MaxPool2d` computes, as a chain of differences; each ReLU is a layer of its own."""

    def __init__(self, kernel: tuple[int, int], stride: tuple[int, int]) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.bends = nn.ModuleList(nn.ReLU() for _ in range(kernel[0] * kernel[1] - 1))

    def forward(self, x: Tensor) -> Tensor:
        """Maxima (N, C, H', W')."""
        rows, columns = ((x.shape[2 + axis] - self.kernel[axis]) // self.stride[axis] + 1 for axis in (0, 1))
        parts = [
            x[:, :, i : i + rows * self.stride[0] : self.stride[0], j : j + columns * self.stride[1] : self.stride[1]]
            for i in range(self.kernel[0])
            for j in range(self.kernel[1])
        ]
        most = parts[0]
        for part, bend in zip(parts[1:], self.bends, strict=True):
            most = most + bend(part - most)
        return most


def by_relus(graph: fx.GraphModule) -> list[str]:
    """Replace each plain max pooling; gives their names."""
    found = []
    for node in graph.graph.nodes:
        pool = layer_of(graph, node)
        if isinstance(pool, nn.MaxPool2d) and _plain(pool):
            put(graph, node, MaxByRelu(_both(pool.kernel_size), _both(pool.stride)))
            found.append(str(node.target))
    graph.recompile()
    return found


def _plain(pool: nn.MaxPool2d) -> bool:
    return _both(pool.padding) == (0, 0) and _both(pool.dilation) == (1, 1) and not pool.ceil_mode


def _both(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])
