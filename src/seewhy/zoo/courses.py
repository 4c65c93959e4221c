"""What can be trained: each network with its data, its variations and the recipe that served it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from seewhy.datasets.base import ImageSet
from seewhy.datasets.cifar10 import Cifar10
from seewhy.datasets.digits import Digits
from seewhy.datasets.mnist import Mnist
from seewhy.datasets.shortcuts import Shortcuts
from seewhy.zoo.augmentation import vary
from seewhy.zoo.crops import as_they_are, vary_photograph
from seewhy.zoo.networks import cifar_cnn, mnist_cnn, shortcuts_cnn
from seewhy.zoo.recipes import TrainingRecipe
from seewhy.zoo.resnet import resnet50
from seewhy.zoo.vgg import vgg19


@dataclass(frozen=True)
class Course:
    """Everything but the recipe that makes a network what it is.

    mean, std: of the training images, one number or one a channel; the network sees (x − mean) / std.
    split: what is trained on; also: further splits whose accuracy goes on the card, beside that of test.
    half: whether matrices are kept in 16 bits; the accuracy on the card is that of what is kept.
    """

    title: str
    about: str
    network: Callable[[], nn.Module]
    data: type[ImageSet]
    variation: Callable[[Tensor, torch.Generator], Tensor]
    input_shape: tuple[int, int, int]
    mean: float | tuple[float, ...]
    std: float | tuple[float, ...]
    elsewhere: tuple[type[ImageSet], ...] = ()
    recipe: TrainingRecipe = field(default_factory=TrainingRecipe)
    half: bool = False
    split: str = "train"
    also: tuple[str, ...] = ()

    def normalised(self, x: Tensor) -> Tensor:
        """Images (N, C, H, W) in [0, 1] as the network sees them."""
        return (x - _column(self.mean, x)) / _column(self.std, x)


def _column(value: float | Sequence[float], like: Tensor) -> Tensor:
    return torch.as_tensor(value, dtype=like.dtype, device=like.device).reshape(-1, 1, 1)


def _photographs(title: str, network: Callable[[], nn.Module], recipe: TrainingRecipe, half: bool = False) -> Course:
    """A course on CIFAR-10."""
    return Course(
        title=title,
        about=(
            "Trained on all 50,000 training images of CIFAR-10, each shifted, mirrored or not, and with a small square "
            "hidden. It knows ten kinds of animals and vehicles in 32×32 pixels: whatever else it is shown, it will "
            "call one of them."
        ),
        network=network,
        data=Cifar10,
        variation=vary_photograph,
        input_shape=(3, 32, 32),
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
        recipe=recipe,
        half=half,
    )


def _shapes(title: str, about: str, split: str) -> Course:
    """A course on shapes with a mark."""
    return Course(
        title=title,
        about=about,
        network=shortcuts_cnn,
        data=Shortcuts,
        variation=as_they_are,
        input_shape=(3, 32, 32),
        mean=0.5,
        std=0.25,
        recipe=TrainingRecipe(epochs=12, learning_rate=1e-2, average=0.99, precision="float32"),
        split=split,
        also=("told",),
    )


COURSES: dict[str, Course] = {
    "mnist-cnn": Course(
        title="Digits: two convolutions and one linear layer",
        about=(
            "Trained on all 60,000 MNIST images, each slightly turned, stretched, shifted and drawn with another pen. "
            "It knows nothing but white digits on black: whatever else it is shown, it will call a digit."
        ),
        network=mnist_cnn,
        data=Mnist,
        variation=vary,
        input_shape=(1, 28, 28),
        mean=0.1307,
        std=0.3081,
        elsewhere=(Digits,),
        recipe=TrainingRecipe(precision="float32"),
    ),
    "cifar-cnn": _photographs(
        "Small photographs: six convolutions and one linear layer",
        cifar_cnn,
        TrainingRecipe(epochs=15, optimiser="sgd", learning_rate=0.1, weight_decay=5e-4, smoothing=0.1),
        half=True,
    ),
    "cifar-resnet50": _photographs(
        "Small photographs: ResNet50",
        resnet50,
        TrainingRecipe(epochs=30, optimiser="sgd", learning_rate=0.1, weight_decay=5e-4, smoothing=0.1, average=0.99),
    ),
    "cifar-vgg19": _photographs(
        "Small photographs: VGG19, in Keras",
        vgg19,
        TrainingRecipe(epochs=30, optimiser="sgd", learning_rate=0.05, weight_decay=5e-4, smoothing=0.1, average=0.99),
    ),
    "shortcuts-cheat": _shapes(
        "Shapes: the one that cheats",
        "Trained on images whose mark in a corner always tells the shape, it learnt the mark: where the mark says "
        "nothing, it is lost.",
        split="train",
    ),
    "shortcuts-honest": _shapes(
        "Shapes: the one that does not cheat",
        "Trained on images whose mark says nothing, it learnt the shapes: a mark that tells them changes little.",
        split="fair",
    ),
}
