"""`torchvision:NAME[@FILE][?…]`: a network of torchvision with its published weights, or with a local file."""

from __future__ import annotations

from seewhy.catalog import no_such
from seewhy.classifiers import torchvision
from seewhy.classifiers.pytorch import PyTorchClassifier, count_classes
from seewhy.datasets.fetching import fetch, user_cache
from seewhy.images import Framing
from seewhy.loading.address import Address
from seewhy.loading.labelling import labels_for
from seewhy.loading.seeding import seeded
from seewhy.loading.wishes import Wishes
from seewhy.zoo.states import fill

KNOWN = ("weights", "seed", "num_classes", "width_mult", "dropout", "transform_input", "aux_logits", "init_weights")


def names() -> list[str]:
    """Every classifier of torchvision."""
    return torchvision.names()


def open_address(address: Address, wishes: Wishes) -> PyTorchClassifier:
    """The network with weights, preprocessing and labels.

    Options: weights (a name that torchvision gives them, or random), seed (of random weights), and the simple ones of
    the network's own constructor.
    """
    name = address.name
    if name not in names():
        raise LookupError(no_such("torchvision classifier", name, names(), "`seewhy models torchvision:`"))
    settings = wishes.only("torchvision:", KNOWN)
    which, seed = settings.pop("weights", None), settings.pop("seed", 0)
    local = address.weights is not None or which == "random"
    known = torchvision.published(name, torchvision.first_weights(name) if local else which)
    with seeded(seed):
        try:
            network = torchvision.network(name, settings)
        except TypeError as error:
            raise ValueError(f"torchvision:{name} does not take these options: {error}; leave them out") from None
    if which != "random":
        file = address.weights or fetch([known.url], known.checksum, user_cache() / "models" / known.url.split("/")[-1])
        fill(network, file, name)
    shape = wishes.input_shape or (3, known.size, known.size)
    mean, std = wishes.normalisation(known.mean, known.std)
    about = {
        "title": f"{name}, torchvision",
        "about": f"Weights: {address.weights.name if address.weights else which or known.name}. {_PICTURES}",
        "source": str(address.weights) if address.weights else known.url,
    }
    framing = Framing(known.size / known.resize, known.interpolation)  # type: ignore[arg-type]
    labels = labels_for(name, count_classes(network, shape), wishes.labels)
    return PyTorchClassifier(network.eval(), labels, shape, mean, std, wishes.name or name, about, framing)


_PICTURES = "Classes of ImageNet-1k; of a picture it sees the middle."
