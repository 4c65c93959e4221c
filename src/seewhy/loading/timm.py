"""`timm:NAME[@FILE][?…]`: a network of timm with its published weights, or with a local file."""

from __future__ import annotations

from seewhy.catalog import no_such
from seewhy.classifiers import timm
from seewhy.classifiers.pytorch import PyTorchClassifier, count_classes
from seewhy.images import Framing
from seewhy.loading.address import Address
from seewhy.loading.labelling import labels_for
from seewhy.loading.seeding import seeded
from seewhy.loading.wishes import Wishes
from seewhy.zoo.states import fill

SETTINGS = ("num_classes", "in_chans", "img_size", "pad_type", "global_pool", "output_stride", "drop_rate", "bn_eps")


def names() -> list[str]:
    """Every network of timm."""
    return timm.names()


def open_address(address: Address, wishes: Wishes) -> PyTorchClassifier:
    """The network with weights, preprocessing and labels.

    Options: weights=random with seed, and the simple ones of timm's constructors: pad_type=same for networks that were
    trained in TensorFlow, num_classes, in_chans and the like.
    """
    name = address.name
    if name.partition(".")[0] not in timm.names():
        raise LookupError(no_such("timm network", name, timm.names(), "`seewhy models timm:`"))
    settings = wishes.only("timm:", ("weights", "seed", *SETTINGS))
    which, seed = settings.pop("weights", None), settings.pop("seed", 0)
    if which not in (None, "random"):
        raise ValueError(f"weights of timm are named behind a dot, as in timm:{name}.a1_in1k, got weights={which!r}")
    fresh = address.weights is not None or which == "random"
    with seeded(seed):
        try:
            network = timm.network(name, settings, published=not fresh)
        except TypeError as error:
            raise ValueError(f"timm:{name} does not take these options: {error}; leave them out") from None
    if address.weights is not None:
        fill(network, address.weights, name)
    known = timm.wanted(network)
    shape = wishes.input_shape or known.shape
    mean, std = wishes.normalisation(known.mean, known.std)
    about = {
        "title": f"{name}, timm",
        "about": f"Weights: {address.weights.name if address.weights else which or name}.",
    }
    labels = labels_for(name, count_classes(network, shape), wishes.labels)
    framing = Framing(min(known.keep, 1.0), _RESAMPLING.get(known.interpolation, "bicubic"))  # type: ignore[arg-type]
    return PyTorchClassifier(network.eval(), labels, shape, mean, std, wishes.name or name, about, framing)


_RESAMPLING = {"bilinear": "bilinear", "bicubic": "bicubic", "nearest": "nearest", "lanczos": "lanczos"}
