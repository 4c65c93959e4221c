"""A Keras model as a classifier: the same answers, gradients and layers as Keras itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import seewhy
from seewhy.classifiers import keras as adapter
from seewhy.classifiers.keras import KerasClassifier

keras = adapter.imported()
LABELS = ["a", "b", "c", "d"]


def functional(softmax: str = "dense") -> Any:
    """Branches, a model inside, an operation that is no layer, a layer used twice."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    inner = keras.Sequential([layers.Conv2D(6, 3, padding="same", name="deep"), layers.LeakyReLU()], name="inner")
    x = keras.Input((12, 10, 3))
    start = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="start")(x)
    shared = layers.BatchNormalization(name="shared")
    y = shared(inner(shared(start)))
    y = keras.ops.add(layers.Add(name="sum")([y, start]), 0.5)
    y = layers.Concatenate(name="both")([y, layers.DepthwiseConv2D(3, padding="same", name="depth")(start)])
    y = layers.Flatten(name="flat")(layers.MaxPooling2D(name="pool")(y))
    y = layers.Dense(4, activation="softmax" if softmax == "dense" else None, name="end")(y)
    if softmax == "layer":
        y = layers.Softmax(name="soft")(y)
    if softmax == "activation":
        y = layers.Activation("softmax", name="soft")(y)
    model = keras.Model(x, y)
    for variable in model.non_trainable_variables:
        if "variance" in variable.path or "mean" in variable.path:
            variable.assign(np.random.default_rng(2).random(variable.shape) + 0.1)
    return model


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(20, 3, 12, 10, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("softmax", ["dense", "layer", "activation", "none"])
def test_logits_are_kerass_before_its_softmax(softmax, images):
    model = functional(softmax)
    theirs = model(images.permute(0, 2, 3, 1), training=False).detach()  # (20, 4)
    ours = KerasClassifier(model, LABELS, (3, 12, 10)).scores(images).detach()
    wanted = theirs if softmax == "none" else theirs.log()
    difference = (ours - ours.mean(1, keepdim=True)) - (wanted - wanted.mean(1, keepdim=True))
    assert difference.abs().max() <= 1e-4
    assert ours.std() > 0.1


def test_gradients_are_those_of_finite_differences(images):
    net = KerasClassifier(functional(), LABELS, (3, 12, 10))
    x = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net.scores(x)[:, 2].sum(), x)
    for seed in range(3):
        way = torch.rand(images.shape, generator=torch.Generator().manual_seed(seed)) * gradient.sign()
        step = 1e-4
        with torch.no_grad():
            rise = (net.scores(images + step * way) - net.scores(images - step * way))[:, 2].double() / (2 * step)
        wanted = (gradient * way).double().flatten(1).sum(1)
        torch.testing.assert_close(rise, wanted, rtol=0.01, atol=0.05)


def test_layers_have_kerass_names_in_forward_order_with_channels_first(images):
    net = KerasClassifier(functional(), LABELS, (3, 12, 10))
    found = net.layers()
    names = list(found)
    assert names.index("start") < names.index("inner.deep") < names.index("sum") < names.index("flat")
    assert names[-1] == "end"
    assert found["start"].kind == "Conv2D"
    assert found["start"].shape == (6, 6, 5)
    assert found["start"].parameters == 3 * 3 * 3 * 6 + 6
    assert found["both"].shape == (12, 6, 5)


def test_activations_are_those_of_a_keras_model_cut_there(images):
    model = functional()
    cut = keras.Model(model.inputs, model.get_layer("both").output)
    theirs = cut(images.permute(0, 2, 3, 1), training=False).detach().permute(0, 3, 1, 2)
    _, kept = KerasClassifier(model, LABELS, (3, 12, 10)).activations(images, ["both", "inner.deep"])
    torch.testing.assert_close(kept["both"].detach(), theirs)
    assert kept["inner.deep"].shape == (20, 6, 6, 5)


def test_normalisation_and_order_of_channels_come_before(images):
    model = functional("none")
    net = KerasClassifier(model, LABELS, (3, 12, 10), (0.1, 0.2, 0.3), (0.5, 0.6, 0.7), bgr=True)
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in ((0.1, 0.2, 0.3), (0.5, 0.6, 0.7)))
    seen = ((images - mean) / std).flip(1).permute(0, 2, 3, 1)
    torch.testing.assert_close(net.scores(images).detach(), model(seen, training=False).detach())


@pytest.mark.parametrize("name", ["vgg19", "mobilenet_v2", "densenet", "efficientnet"])
def test_preprocessing_is_found_by_asking(name):
    """Against Keras's own function, whatever its mode is."""
    preprocess = getattr(keras.applications, name).preprocess_input
    mean, std, bgr = adapter.normalisation_of(preprocess)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 3)).astype("float32")
    ours = (pixels / 255 - np.array(mean)) / np.array(std)
    np.testing.assert_allclose(ours[..., ::-1] if bgr else ours, preprocess(pixels.copy()), atol=1e-3)
    assert bgr == (name == "vgg19")


def test_the_fingerprint_tells_structures_and_weights_apart():
    a, b = functional(), functional("none")
    one, same = (KerasClassifier(a, LABELS, (3, 12, 10)).fingerprint for _ in range(2))
    assert one == same
    assert one != KerasClassifier(b, LABELS, (3, 12, 10)).fingerprint
    assert one != KerasClassifier(a, LABELS, (3, 12, 10), bgr=True).fingerprint
    weight = a.get_layer("end").bias
    weight.assign(weight + 1)
    assert one != KerasClassifier(a, LABELS, (3, 12, 10)).fingerprint


def test_a_model_object_is_loaded_like_any_other():
    net = seewhy.load(functional(), labels=LABELS)
    assert net.framework == "keras"
    assert net.input_shape == (3, 12, 10)
    assert seewhy.load(functional()).labels == tuple("0123")
    with pytest.raises(ValueError, match="4 classes, got 2 labels"):
        seewhy.load(functional(), labels=["a", "b"])


def test_other_ends_are_refused():
    keras.utils.set_random_seed(0)
    sigmoid = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "sigmoid")])
    with pytest.raises(ValueError, match="logits or a softmax, got sigmoid"):
        KerasClassifier(sigmoid, ["a", "b"], (1, 4, 4))
    two = keras.Input((4, 4, 1))
    both = keras.Model(two, [keras.layers.Flatten()(two), keras.layers.Flatten()(two)])
    with pytest.raises(ValueError, match="one output, got 2"):
        KerasClassifier(both, ["a", "b"], (1, 4, 4))
    open_sided = keras.Sequential([keras.Input((None, None, 3)), keras.layers.GlobalAveragePooling2D()])
    with pytest.raises(ValueError, match="input_shape"):
        seewhy.load(open_sided)
    assert seewhy.load(open_sided, input_shape=(3, 8, 8)).input_shape == (3, 8, 8)


def test_the_persons_model_is_left_as_it_was(images):
    model = functional()
    before = model(images.permute(0, 2, 3, 1), training=False).detach()
    net = KerasClassifier(model, LABELS, (3, 12, 10))
    net.scores(images)
    assert torch.equal(model(images.permute(0, 2, 3, 1), training=False).detach(), before)
    assert before.sum(1).allclose(torch.ones(20))
