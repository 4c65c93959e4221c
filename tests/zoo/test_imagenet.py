"""The thousand names."""

from __future__ import annotations

from seewhy.classifiers import torchvision
from seewhy.zoo import imagenet


def test_every_class_has_a_name_of_its_own():
    assert len(imagenet.labels()) == 1000
    assert len(set(imagenet.labels())) == 1000
    assert all(name == name.strip() and name for name in imagenet.labels())


def test_the_order_is_that_of_published_weights():
    ours = imagenet.labels()
    theirs = torchvision.imported().ResNet50_Weights.DEFAULT.meta["categories"]
    same = sum(a.split(" (")[0].casefold() == b.split(" (")[0].casefold() for a, b in zip(ours, theirs, strict=True))
    assert same >= 950, f"only {same} names agree"  # the rest are spelt otherwise
    assert (ours[134], ours[517], ours[282]) == ("crane (bird)", "crane (machine)", "tiger cat")
