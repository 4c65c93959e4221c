"""`http://HOST:PORT/v2/models/NAME`: a model behind a server that speaks the Open Inference Protocol; scores only."""

from __future__ import annotations

from seewhy.classifiers import served
from seewhy.classifiers.base import check_shape
from seewhy.classifiers.blackbox import BlackBox, probes
from seewhy.loading.address import Address
from seewhy.loading.labelling import labels_for
from seewhy.loading.wishes import Wishes


def open_address(address: Address, wishes: Wishes) -> BlackBox:
    """The model, asked once for its metadata and for a few pictures."""
    wishes.only("http:", ())
    model = served.read(address.name)
    name = wishes.name or address.name.rstrip("/").rpartition("/")[2]
    if None in model.shape and wishes.input_shape is None:
        raise ValueError(f"{name} takes images of any size; say which: input_shape=(3, 224, 224), or ?input=3x224x224")
    sides = wishes.input_shape if None in model.shape and wishes.input_shape else model.shape
    shape = check_shape([side for side in sides if side is not None])
    count = model.ask(probes(shape)[:1]).shape[1]
    labels = labels_for(name, count, wishes.labels)
    mean, std = wishes.normalisation()
    about = {"title": f"{name}, served", "source": address.name, "about": f"Asked at {address.name}."}
    identity = f"{address.name} {sorted(map(str, model.facts.items()))}"
    return BlackBox(model.ask, "http", identity, labels, shape, mean, std, name, about)
