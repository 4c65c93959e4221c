"""Rules, cones and chains on a network of the size that people use."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from benchmarks.nets import resnet18, steady

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.base import ImageSet
from seewhy.inference.activations import record
from seewhy.interpolants.chains import chain
from seewhy.interpolants.keys import recorded
from seewhy.interpolants.regions import Cones
from seewhy.interpolants.search import Search
from seewhy.predicates import Bound


class Colours(ImageSet):
    """Random coarse colours 96 × 96."""

    name = title = "colours"
    about = "made up"
    labels = ("?",)
    splits = ("train", "test")
    shape = (3, 96, 96)

    def size(self, split):
        return {"train": 120, "test": 60}[split]

    def pixels(self, split):
        random = np.random.default_rng(self.splits.index(split))
        return random.integers(0, 256, (self.size(split), 6, 6, 3)).repeat(16, 1).repeat(16, 2).astype(np.uint8)

    def truth(self, split):
        return np.zeros(self.size(split), np.int64)


@pytest.mark.slow
def test_a_resnet18_is_explained_at_its_blocks(tmp_path):
    net = steady(resnet18(), (3, 96, 96))
    model = PyTorchClassifier(net, [str(i) for i in range(1000)], (3, 96, 96), name="resnet18")
    layers = ["9", "7", "4"]  # the ends of blocks, 6 × 6, 12 × 12 and 24 × 24
    train, test = (record(model, Colours(), split, ["10", *layers], folder=tmp_path) for split in Colours.splits)
    values = train.layer("10").row((1, 1, 5))
    place = int(np.argsort(values)[-24])  # one image in five has more
    conclusion = Bound("10", (1, 1, 5), ">=", float(values[place]))
    x = model.prepare(Colours().sample("train", place).image)
    key, cones = recorded(train, place), Cones(model)
    assert cones.notes == {"cones": "traced"}
    found = chain(Search(alpha=0.9, gamma=0.7, size=120), train, test, layers, conclusion, key, cones)
    assert found.root.rule.conjuncts
    rng = torch.Generator().manual_seed(0)
    for link in found.root:
        assert key.of(link.rule.premise).all()
        for bound, box in zip(link.rule.conjuncts, link.rule.regions, strict=True):
            row, column, channel = bound.unit
            outside = torch.ones(96, 96, dtype=torch.bool)
            outside[box.top : box.bottom + 1, box.left : box.right + 1] = False
            changed = torch.where(outside, torch.rand(1, 3, 96, 96, generator=rng), x)
            with torch.no_grad():
                before, after = (model.activations(each, [bound.layer])[1][bound.layer] for each in (x, changed))
            torch.testing.assert_close(before[0, channel, row, column], after[0, channel, row, column])
