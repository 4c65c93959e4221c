"""Explain a model of your own: a module, the shape of its images, its labels, and how it wants them normalised."""

import torch
from torch import nn

import seewhy

torch.manual_seed(0)
network = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    nn.Linear(16, 10),
)  # fmt: skip
model = seewhy.load(network, labels=[str(digit) for digit in range(10)], input_shape=(1, 28, 28), mean=0.13, std=0.31)

why = seewhy.explain(model, "digits/test/3", "grad-cam")
print(why.caption)
print(why.sentence)
# seewhy.serve(model) opens the app on it
