"""Small networks of our own, plain `torch.nn` so that every step has a name; knows no data and no weights."""

from collections import OrderedDict

from torch import nn


def mnist_cnn() -> nn.Sequential:
    """Two convolutions and one linear layer for digits: (N, 1, 28, 28) normalised images to (N, 10) logits.

    The second convolution sees 14×14 places with a view of 14 pixels each, so Grad-CAM can point at a stroke.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 32, kernel_size=5, padding=2),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),  # (N, 32, 14, 14)
            conv2=nn.Conv2d(32, 64, kernel_size=5, padding=2),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),  # (N, 64, 7, 7)
            flatten=nn.Flatten(),
            dropout=nn.Dropout(0.4),
            linear=nn.Linear(64 * 7 * 7, 10),
        )
    )


def cifar_cnn() -> nn.Sequential:
    """Six convolutions and one linear layer for photographs: (N, 3, 32, 32) normalised images to (N, 10) logits.

    Two convolutions before each pooling, as in K. Simonyan, A. Zisserman, 2015, https://arxiv.org/abs/1409.1556, each
    normalised over the batch. Only ReLUs and maxima bend it, so that a rule about a pooling layer's units is exact.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    sizes = [3, 32, 32, 64, 128, 128, 256]
    for number in range(1, 7):
        before, after = sizes[number - 1 : number + 1]
        layers[f"conv{number}"] = nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm2d(after)
        layers[f"relu{number}"] = nn.ReLU()
        if number % 2 == 0:
            layers[f"pool{number // 2}"] = nn.MaxPool2d(2)  # (N, 32, 16, 16), (N, 128, 8, 8), (N, 256, 4, 4)
    layers["flatten"] = nn.Flatten()
    layers["linear"] = nn.Linear(256 * 4 * 4, 10)
    return nn.Sequential(layers)


def shortcuts_cnn() -> nn.Sequential:
    """Three convolutions, the mean over places, one linear layer: (N, 3, 32, 32) normalised images to (N, 4) logits.

    Small, but wide enough for the shapes: a unit of the last convolution sees 18 pixels.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 16, kernel_size=3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),  # (N, 16, 16, 16)
            conv2=nn.Conv2d(16, 32, kernel_size=3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),  # (N, 32, 8, 8)
            conv3=nn.Conv2d(32, 64, kernel_size=3, padding=1),
            relu3=nn.ReLU(),
            mean=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            linear=nn.Linear(64, 4),
        )
    )
