"""ResNet50, DenseNet121 and MobileNetV2 as they were published, weights random, no downloads."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def resnet50() -> nn.Sequential:
    """ResNet50 (He et al., 2015), (N, 3, 224, 224) to (N, 1000)."""
    layers: list[nn.Module] = [*_normed(3, 64, 7, 2), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
    before = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            stride = 2 if block == 0 and width > 64 else 1
            layers.append(Bottleneck(before, width, stride))
            before = width * 4
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def densenet121() -> nn.Sequential:
    """DenseNet121 (Huang et al., 2017), (N, 3, 224, 224) to (N, 1000)."""
    layers: list[nn.Module] = [*_normed(3, 64, 7, 2), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
    width = 64
    for number, count in enumerate((6, 12, 24, 16)):
        if number:
            half = nn.Conv2d(width, width // 2, 1, bias=False)
            layers += [nn.BatchNorm2d(width), nn.ReLU(True), half, nn.AvgPool2d(2)]
            width //= 2
        for _ in range(count):
            layers.append(Growing(width))
            width += 32
    layers += [nn.BatchNorm2d(width), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 1000))


def mobilenet_v2() -> nn.Sequential:
    """MobileNetV2 (Sandler et al., 2018), (N, 3, 224, 224) to (N, 1000)."""
    layers: list[nn.Module] = [*_normed(3, 32, 3, 2), nn.ReLU6(True)]
    before = 32
    settings = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    for factor, width, blocks, stride in settings:
        for block in range(blocks):
            layers.append(Inverted(before, width, stride if block == 0 else 1, factor))
            before = width
    layers += [*_normed(320, 1280, 1), nn.ReLU6(True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1280, 1000))


class Bottleneck(nn.Module):
    """Three convolutions, narrow in the middle, and a way around them."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_normed(before, width, 1), nn.ReLU(True), *_normed(width, width, 3, stride), nn.ReLU(True),
            *_normed(width, width * 4, 1),
        )  # fmt: skip
        same = stride == 1 and before == width * 4
        self.around = nn.Identity() if same else nn.Sequential(*_normed(before, width * 4, 1, stride))
        self.relu = nn.ReLU(True)

    def forward(self, x: Tensor) -> Tensor:
        """Maps of 4 × width channels."""
        return self.relu(self.body(x) + self.around(x))


class Growing(nn.Module):
    """32 maps more, computed from all before."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(before), nn.ReLU(True), *_normed(before, 128, 1), nn.ReLU(True),
            nn.Conv2d(128, 32, 3, padding=1, bias=False),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Maps of 32 channels more."""
        return torch.cat([x, self.body(x)], 1)


class Inverted(nn.Module):
    """Wide in the middle, one channel at a time there, and a way around where the sides fit."""

    def __init__(self, before: int, width: int, stride: int, factor: int) -> None:
        super().__init__()
        middle = before * factor
        first = [*_normed(before, middle, 1), nn.ReLU6(True)] if factor > 1 else []
        self.body = nn.Sequential(
            *first, *_normed(middle, middle, 3, stride, middle), nn.ReLU6(True), *_normed(middle, width, 1)
        )
        self.same = stride == 1 and before == width

    def forward(self, x: Tensor) -> Tensor:
        """Maps of `width` channels."""
        return x + self.body(x) if self.same else self.body(x)


def _normed(before: int, width: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(before, width, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(width)]
