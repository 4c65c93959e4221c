"""`onnx:PATH`: an ONNX model; with gradients and layers where its steps are known in PyTorch, else scores only."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seewhy.classifiers import onnx
from seewhy.classifiers.base import Classifier, check_shape
from seewhy.classifiers.blackbox import BlackBox, probes
from seewhy.loading.address import Address
from seewhy.loading.labelling import labels_for
from seewhy.loading.wishes import Wishes


def open_address(address: Address, wishes: Wishes) -> Classifier:
    """The model; what it cannot do and why stands in `about`."""
    wishes.only("onnx:", ())
    file = Path(address.name).expanduser()
    model = onnx.read(file)
    name = wishes.name or file.stem
    own = model.shape
    if None in own and wishes.input_shape is None:
        raise ValueError(f"{name} takes images of any size; say which: input_shape=(3, 224, 224), or ?input=3x224x224")
    shape = check_shape([side for side in (own if None not in own else wishes.input_shape or ()) if side is not None])
    session = model.session()
    count = np.asarray(model.ask(session, probes(shape)[:1])).shape[1]
    labels = labels_for(name, count, wishes.labels)
    mean, std = wishes.normalisation()
    about = {"title": f"{file.name}, ONNX", "source": address.name}
    try:
        module = onnx.converted(model, shape)
    except ValueError as error:
        about["about"] = f"Scores only, from ONNX Runtime, for {error}."
        ask = lambda pixels: model.ask(session, pixels)  # noqa: E731
        return BlackBox(ask, "onnx", model.identity, labels, shape, mean, std, name, about)
    return onnx.OnnxClassifier(module, labels, shape, mean, std, name, about)
