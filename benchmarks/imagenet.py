"""ImageNet networks to measure with: their definitions, the weights and photographs in SEEWHY_DATA, never shipped."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

from seewhy.classifiers.pytorch import PyTorchClassifier

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE = 224


class Basic(nn.Module):
    """Two 3 × 3 convolutions and a way around them; the names are those of the weights."""

    expansion = 1

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = around(before, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Maps of `width` channels."""
        found = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(found + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """A 3 × 3 convolution between two of 1 × 1, and a way around them."""

    expansion = 4

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = around(before, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Maps of 4 × `width` channels."""
        found = self.relu(self.bn1(self.conv1(x)))
        found = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(found)))))
        return self.relu(found + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Residual network (He et al., 2015), (N, 3, 224, 224) normalised to (N, 1000)."""

    def __init__(self, block: type[Basic] | type[Bottleneck], depths: tuple[int, ...]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        before = 64
        for number, depth in enumerate(depths):
            blocks: list[nn.Module] = []
            for index in range(depth):
                width = 64 * 2**number
                blocks.append(block(before, width, 2 if number and not index else 1))
                before = width * block.expansion
            setattr(self, f"layer{number + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(before, 1000)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for number in range(1, 5):
            x = getattr(self, f"layer{number}")(x)
        return self.fc(self.avgpool(x).flatten(1))


def around(before: int, after: int, stride: int) -> nn.Module | None:
    """The way around a block where its input has another shape; None where it fits."""
    if stride == 1 and before == after:
        return None
    return nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))


NETWORKS = {
    "resnet18": (Basic, (2, 2, 2, 2), "resnet18_ktb.safetensors"),
    "resnet50": (Bottleneck, (3, 4, 6, 3), "resnet50_pqf.safetensors"),
}


def classifier(name: str) -> PyTorchClassifier:
    """The network called `name` with its trained weights."""
    block, depths, weights = NETWORKS[name]
    net = ResNet(block, depths)
    found = net.load_state_dict(load_file(folder() / "weights" / weights), strict=False)
    if found.unexpected_keys or any(not key.endswith("num_batches_tracked") for key in found.missing_keys):
        raise ValueError(f"{weights} does not fit {name}: {found}")
    labels = json.loads((folder() / "imagenet_classes.json").read_text())
    return PyTorchClassifier(net.eval(), labels, (3, SIDE, SIDE), mean=MEAN, std=STD, name=name)


def photographs(count: int) -> Tensor:
    """(count, 3, 224, 224), values from 0 to 1: spread over the samples, shorter side 256, the middle cut out."""
    paths = sorted((folder() / "images" / "imagenet_samples").glob("*.jpg"))
    return torch.stack([photograph(path) for path in paths[:: len(paths) // count][:count]])


def photograph(path: Path) -> Tensor:
    """One photograph (3, 224, 224)."""
    with Image.open(path) as file:
        picture = file.convert("RGB")
    scale = 256 / min(picture.size)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BILINEAR)
    left, top = (picture.width - SIDE) // 2, (picture.height - SIDE) // 2
    cut = picture.crop((left, top, left + SIDE, top + SIDE))
    return torch.frombuffer(bytearray(cut.tobytes()), dtype=torch.uint8).reshape(SIDE, SIDE, 3).permute(2, 0, 1) / 255


def folder() -> Path:
    """The folder that SEEWHY_DATA names."""
    return Path(os.environ["SEEWHY_DATA"])
