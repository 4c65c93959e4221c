"""The image in question: one pass where it is new, none where it was recorded, and the same answer both ways."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seewhy.datasets.base import ImageSet, as_image
from seewhy.inference.activations import record
from seewhy.interpolants.keys import forwarded, places_among, recorded
from seewhy.interpolants.search import Search
from seewhy.predicates import PredictsClass


class Noise(ImageSet):
    """Random colour pictures."""

    name = title = about = "noise"
    labels = tuple("abcde")
    splits = ("train", "test")
    shape = (3, 20, 24)

    def size(self, split):
        return 200

    def pixels(self, split):
        return np.random.default_rng(split == "test").integers(0, 256, (200, 20, 24, 3), dtype=np.uint8)

    def truth(self, split):
        return np.zeros(200, np.int64)


@pytest.fixture
def splits(residual, tmp_path):
    return [record(residual, Noise(), split, ["relu", "pool"], folder=tmp_path) for split in ("train", "test")]


def test_a_new_image_costs_one_pass_of_one_image(residual, splits):
    x = residual.prepare(as_image(Noise().pixels("test")[5]))
    seen = []
    residual.module.register_forward_hook(lambda m, inputs, out: seen.append(len(inputs[0])))
    key = forwarded(residual, x, splits[0])
    found = Search().learn(*splits, "relu", PredictsClass(int(key.scores[0].argmax())), key)
    assert seen == [1] and found.key_values


@pytest.mark.parametrize("values", ["float16", "float32"])
def test_an_image_of_the_sample_gives_the_same_rule_as_new_one(residual, tmp_path, values):
    train, test = (record(residual, Noise(), s, ["relu"], folder=tmp_path, values=values) for s in ("train", "test"))
    x = torch.cat([residual.prepare(as_image(p)) for p in Noise().pixels("train")[:64]])  # the batch it was recorded in
    new = forwarded(residual, x, train)
    for place in (0, 63):
        known = recorded(train, place)
        conclusion = PredictsClass(int(train.predicted[place]))
        one = type(new)(new.scores[[place]], {"relu": new.units["relu"][[place]]}, new.shapes)
        np.testing.assert_array_equal(one.units["relu"], known.units["relu"])
        a, b = (Search().learn(train, test, "relu", conclusion, key) for key in (one, known))
        assert (a.premise, a.test, a.key_values) == (b.premise, b.test, b.key_values)


def test_places_say_how_a_value_compares_with_every_recorded_one(residual, splits):
    layer, x = splits[0].layer("pool"), residual.prepare(as_image(Noise().pixels("test")[7]))
    key = forwarded(residual, torch.cat([x, x * 0]), splits[0])
    places = places_among(key, layer)
    for each in range(2):
        own = key.units["pool"][each][:, None]
        np.testing.assert_array_equal(layer.ranks >= places.below[each][:, None], layer.values >= own)
        np.testing.assert_array_equal(layer.ranks.astype(int) <= places.upto[each][:, None], layer.values <= own)


def test_a_predicate_is_true_of_a_key_as_it_is_of_the_recording(residual, splits):
    key = recorded(splits[0], 3, 9)
    found = Search().learn(*splits, "relu", PredictsClass(int(splits[0].predicted[3])), recorded(splits[0], 3))
    np.testing.assert_array_equal(key.of(found.premise), splits[0].of(found.premise)[[3, 9]])
    with pytest.raises(LookupError, match="images 0 to 199"):
        recorded(splits[0], 200)
