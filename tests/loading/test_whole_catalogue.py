"""The networks people ask about most run every method of ours at their full input size, on a photograph.

Captum's are left out: some ask once for every unit of a layer, which is a hundred thousand passes of a ResNet50.
"""

from __future__ import annotations

import numpy as np
import pytest
from skimage.data import chelsea

import seewhy
from seewhy import catalog

NETS = {
    "inception_v3": ("torchvision:inception_v3?weights=random", 299),
    "resnet50": ("torchvision:resnet50?weights=random", 224),
    "vgg19": ("torchvision:vgg19?weights=random", 224),
    "keras-vgg19": ("keras:VGG19?weights=random", 224),
}
CHEAPEST = {"steps": 1, "samples": 2, "channels": 1, "patch": 150, "stride": 150, "segments": 2, "cells": 2}
MORE = {"lime": {"samples": 10}, "kernel-shap": {"samples": 10}, "rise": {"samples": 10}}  # no less is taken


@pytest.mark.slow
@pytest.mark.parametrize("net", sorted(NETS))
def test_every_method_runs_at_full_size(net):
    address, side = NETS[net]
    model = seewhy.load(address)
    assert model.input_shape == (3, side, side)
    assert len(model.labels) == 1000
    for method in catalog.EXPLAINERS:
        name = method.name
        settings = {key: value for key, value in CHEAPEST.items() if key in method.model_fields} | MORE.get(name, {})
        found = seewhy.explain(model, chelsea(), name, target="tabby", **settings)
        print(f"{net} {name} {found.seconds:.1f} s")
        assert found.values.shape == (side, side), name
        assert np.isfinite(found.values).all(), name
