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
