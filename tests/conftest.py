"""Tiny seeded networks and pictures that every test may use; nothing here is downloaded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from seewhy.web.threads import prepare_threads

os.environ["SEEWHY_HOLES"] = tempfile.mkdtemp(prefix="seewhy-holes-")  # never the person's own
prepare_threads()  # before torch is imported: tests share their cores with others

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

from seewhy.classifiers.pytorch import PyTorchClassifier  # noqa: E402
from seewhy.cli import main  # noqa: E402
from seewhy.datasets.base import ImageSet  # noqa: E402
from seewhy.inference.activations import Activations, record  # noqa: E402


class Residual(nn.Module):
    """A small residual net with batch norm and in-place activations, as people really write them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.left = nn.Sequential(
            nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Conv2d(8, 8, 3, padding=1)
        )
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.down = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 5)."""
        x = self.stem(x)
        x = self.relu(self.norm(self.left(x)) + x)
        x = self.relu(self.down(x))
        return self.head(self.drop(self.pool(x).flatten(1)))


class Block(nn.Module):
    """A transformer's block with its norms in front."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.between = nn.LayerNorm(width)
        self.network = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Tokens (N, T, D) to tokens."""
        y = self.before(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.network(self.between(x))


class Transformer(nn.Module):
    """A tiny vision transformer: 4 × 4 patches of 5 × 6 pixels, a class token, two blocks."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, (5, 6), stride=(5, 6))
        self.asking = nn.Parameter(torch.randn(1, 1, width))
        self.places = nn.Parameter(torch.randn(1, 17, width) / 2)
        self.blocks = nn.Sequential(Block(width), Block(width))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 5), read from the class token."""
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.asking.expand(len(x), -1, -1), tokens], 1) + self.places
        return self.head(self.norm(self.blocks(tokens))[:, 0])


@pytest.fixture
def transformer() -> PyTorchClassifier:
    """The tiny transformer as a classifier of 20 × 24 colour pictures."""
    torch.manual_seed(4)
    labels = ["ant", "bee", "cat", "dog", "eel"]
    return PyTorchClassifier(Transformer(), labels, (3, 20, 24), mean=0.5, std=0.25, name="transformer")


@pytest.fixture
def residual_module() -> nn.Module:
    """A residual net whose batch norms have seen some data, in eval mode."""
    torch.manual_seed(0)
    module = Residual()
    module.train()
    with torch.no_grad():
        for _ in range(3):
            module(torch.rand(16, 3, 20, 24) * 2)
    for parameter in module.parameters():
        parameter.data.mul_(1.5)
    return module.eval()


@pytest.fixture
def residual(residual_module: nn.Module) -> PyTorchClassifier:
    """The residual net as a classifier of 20 × 24 colour pictures."""
    labels = ["ant", "bee", "cat", "dog", "eel"]
    return PyTorchClassifier(residual_module, labels, (3, 20, 24), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))


@pytest.fixture
def linear() -> PyTorchClassifier:
    """A linear model of 1 × 6 × 6 pictures with known weights."""
    torch.manual_seed(1)
    module = nn.Sequential(nn.Flatten(), nn.Linear(36, 3))
    return PyTorchClassifier(module, ["a", "b", "c"], (1, 6, 6), name="linear")


@pytest.fixture
def colours() -> torch.Tensor:
    """Four colour pictures (4, 3, 20, 24)."""
    return torch.from_numpy(np.random.default_rng(0).random((4, 3, 20, 24), dtype=np.float32))


@pytest.fixture
def seewhy(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: gives exit code, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            main(list(arguments))
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def data_folder() -> Path:
    """The folder SEEWHY_DATA names; the test is skipped where there is none."""
    folder = os.environ.get("SEEWHY_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs SEEWHY_DATA, a folder with mnist/ in it")
    return Path(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: their driver keeps an event loop in the main thread, where others want to start one."""
    items.sort(key=lambda item: "browser" in item.path.parts)


class Squares(ImageSet):
    """Pictures 8 × 8 of 4 × 4 random grey squares; every second one has a bright top left or bottom right corner."""

    name = title = "squares"
    about = "made up"
    labels = ("both", "not both")
    splits = ("train", "test")
    shape = (1, 8, 8)

    def size(self, split):
        return {"train": 800, "test": 400}[split]

    def pixels(self, split):
        random = np.random.default_rng(self.splits.index(split))
        squares = random.integers(0, 256, (self.size(split), 4, 4))
        for row, column in ((0, 0), (3, 3)):
            bright = random.random(len(squares)) < 0.5
            squares[bright, row, column] = random.integers(200, 256, bright.sum())
        return squares.repeat(2, 1).repeat(2, 2).astype(np.uint8)

    def truth(self, split):
        return np.zeros(self.size(split), np.int64)


class Corners(nn.Module):
    """Says "both" where two corners of the picture are bright together.

    light: the pixels and their negative (2, 8, 8); means: of each square (2, 4, 4); corners: their sum (1,).
    """

    def __init__(self) -> None:
        super().__init__()
        self.light, self.means = nn.Conv2d(1, 2, 1), nn.AvgPool2d(2)
        self.flat, self.corners, self.head = nn.Flatten(), nn.Linear(32, 1), nn.Linear(1, 2)
        with torch.no_grad():
            self.light.weight.copy_(torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))
            self.light.bias.copy_(torch.tensor([0.0, 1.0]))
            self.corners.weight.zero_()
            self.corners.weight[0, [0, 15]] = 1.0
            self.corners.bias.fill_(-1.5)
            self.head.weight.copy_(torch.tensor([[1.0], [-1.0]]))
            self.head.bias.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 2)."""
        return self.head(self.corners(self.flat(self.means(self.light(x)))))


class Planted(NamedTuple):
    """The network, its pictures, and what its layers say about them."""

    model: PyTorchClassifier
    data: Squares
    train: Activations
    test: Activations

    def images(self, places: np.ndarray) -> torch.Tensor:
        """Test images (N, 1, 8, 8)."""
        return torch.from_numpy(self.data.pixels("test")[places][:, None].astype(np.float32) / 255)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Everything recorded."""
    folder: Path = tmp_path_factory.mktemp("recorded")
    model, data = PyTorchClassifier(Corners().eval(), Squares.labels, (1, 8, 8), name="corners"), Squares()
    train, test = (record(model, data, s, ["light", "means", "corners"], folder=folder) for s in data.splits)
    return Planted(model, data, train, test)
