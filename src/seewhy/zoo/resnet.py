"""ResNet50 for 32 × 32 pixels, with the names of its parts that PyTorch's users know; knows no data and no weights.

K. He, X. Zhang, S. Ren, J. Sun, 2016, https://arxiv.org/abs/1512.03385. Two halvings stand at the beginning of the
original, which leave 8 × 8 places of a small image; here stands one, a convolution of 3 × 3, which leaves 16 × 16.
"""

from __future__ import annotations

from torch import Tensor, nn

_DEPTHS = (3, 4, 6, 3)
_WIDER = 4  # a block gives four times the channels that its middle has


class Bottleneck(nn.Module):
    """Narrow, look around, widen; added to what came in."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        after = _WIDER * width
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.relu3 = nn.ReLU()
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or before != after:
            self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) to (N, 4 × width, H / stride, W / stride)."""
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.relu2(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu3(y + self.downsample(x))  # type: ignore[no-any-return]


class ResNet50(nn.Module):
    """(N, 3, 32, 32) normalised images to (N, 10) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.layer1 = _stage(64, 64, _DEPTHS[0], stride=1)  # (N, 256, 16, 16)
        self.layer2 = _stage(256, 128, _DEPTHS[1], stride=2)  # (N, 512, 8, 8)
        self.layer3 = _stage(512, 256, _DEPTHS[2], stride=2)  # (N, 1024, 4, 4)
        self.layer4 = _stage(1024, 512, _DEPTHS[3], stride=2)  # (N, 2048, 2, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(512 * _WIDER, 10)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if isinstance(module, Bottleneck):
                nn.init.zeros_(module.bn3.weight)  # each block begins as nothing, which makes the first steps safe

    def forward(self, x: Tensor) -> Tensor:
        """Stem, four stages, mean over places, one linear layer."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.flatten(self.avgpool(x)))  # type: ignore[no-any-return]


def resnet50() -> ResNet50:
    """50 layers that learn: 1 + 3 × (3 + 4 + 6 + 3) convolutions and one linear layer."""
    return ResNet50()


def _stage(before: int, width: int, depth: int, stride: int) -> nn.Sequential:
    rest = [Bottleneck(_WIDER * width, width, 1) for _ in range(depth - 1)]
    return nn.Sequential(Bottleneck(before, width, stride), *rest)
