"""A PyTorch module as a classifier."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import load
from seewhy.classifiers.pytorch import PyTorchClassifier


def test_scores_are_those_of_the_module_on_normalised_pixels(residual, colours):
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in ((0.4, 0.5, 0.6), (0.2, 0.3, 0.25)))
    torch.testing.assert_close(residual.scores(colours), residual.module((colours - mean) / std))


def test_probabilities_are_the_softmax_of_the_scores(residual, colours):
    prediction = residual.predict(colours[0].numpy())
    expected = torch.softmax(residual.scores(colours[:1]).double(), 1)[0]
    np.testing.assert_allclose(prediction.probabilities, expected.detach().numpy(), atol=1e-7)
    assert prediction.label == residual.labels[int(expected.argmax())]
    assert [guess.probability for guess in prediction.top(5)] == sorted(prediction.probabilities, reverse=True)


def test_activations_are_the_layers_own_output_despite_an_inplace_layer_behind(residual, colours):
    scores, kept = residual.activations(colours, ["stem.0", "stem.1", "down"])
    torch.testing.assert_close(scores, residual.scores(colours))
    normalised = (colours - residual.mean) / residual.std
    torch.testing.assert_close(kept["stem.0"], residual.module.stem[0](normalised))
    assert (kept["stem.1"] < 0).any(), "the in-place ReLU behind batch norm reached back"


def test_gradients_at_a_layer_equal_those_of_a_whole_backward_pass(residual, colours):
    _, from_the_layer = residual.activations(colours, ["down"])
    x = colours.clone().requires_grad_()
    scores, through = residual.activations(x, ["stem.0", "down"])
    whole = torch.autograd.grad(scores[:, 1].sum(), [through["down"], through["stem.0"], x])
    scores, _ = residual.activations(colours, ["down"])
    scores, kept = residual.activations(colours, ["down"])
    (head,) = torch.autograd.grad(scores[:, 1].sum(), kept["down"])
    torch.testing.assert_close(head, whole[0])
    assert whole[1].abs().sum() > 0
    assert whole[2].abs().sum() > 0
    assert from_the_layer["down"].is_leaf


def test_layers_come_in_forward_order_with_shapes(residual):
    layers = residual.layers()
    assert list(layers)[:4] == ["stem.0", "stem.1", "stem.2", "stem"]
    assert list(layers)[-1] == "head"
    assert layers["down"].shape == (16, 10, 12)
    assert layers["down"].parameters == 16 * 8 * 9 + 16
    assert not layers["pool"].spatial


def test_fingerprint_follows_the_weights(residual):
    before = residual.fingerprint
    assert residual.fingerprint == before
    with torch.no_grad():
        residual.module.head.weight[0, 0] += 1
    assert residual.fingerprint != before


def test_hooks_of_one_thread_do_not_disturb_another(residual, colours):
    expected = residual.scores(colours).detach()
    wrong: list[str] = []

    def look(turns: int) -> None:
        for _ in range(turns):
            _, kept = residual.activations(colours, ["down"])
            if not kept["down"].requires_grad:
                wrong.append("lost its gradient")

    def ask(turns: int) -> None:
        for _ in range(turns):
            with torch.no_grad():
                scores = residual.scores(colours)
            if scores.requires_grad or not torch.allclose(scores, expected, atol=1e-5):
                wrong.append("saw a hook")

    threads = [threading.Thread(target=work, args=(60,)) for work in (look, ask, look, ask)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_half_precision_model_takes_ordinary_pictures():
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).to(torch.bfloat16)
    assert load(module, labels=["a", "b"], input_shape=(1, 2, 2)).scores(torch.rand(3, 1, 2, 2)).shape == (3, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["a"]}, "1 labels and must give scores"),
        ({"input_shape": (2, 2, 2)}, "1 or 3 channels, got"),
        ({"labels": None}, "labels is missing"),
        ({"input_shape": None}, "input_shape is missing"),
        ({"std": 0}, "std must not be 0"),
        ({"mean": [0.1, 0.2]}, "one for each of 1 channels, got 2"),
        ({"labels": []}, "at least one label"),
    ],
)
def test_what_does_not_fit_is_said(change, message):
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    settings = {"labels": ["a", "b"], "input_shape": (1, 2, 2)} | change
    with pytest.raises(ValueError, match=message):
        load(module, **settings).predict(np.zeros((1, 2, 2), np.float32))


def test_nan_weights_are_refused_by_name():
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    with torch.no_grad():
        module[1].weight[0, 0] = float("nan")
    with pytest.raises(ValueError, match=r"'1\.weight' holds NaN"):
        load(module, labels=["a", "b"], input_shape=(1, 2, 2))


def test_a_wrong_batch_and_an_unknown_layer_are_said(residual, colours):
    with pytest.raises(ValueError, match=r"takes images \(N, 3, 20, 24\), got \(4, 3, 20, 23\)"):
        residual.scores(colours[..., :23])
    with pytest.raises(LookupError, match="no layer 'stm'; its layers are stem"):
        residual.activations(colours, ["stm"])


def test_a_module_that_gives_no_tensor_is_said():
    class Pair(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return x, x

    with pytest.raises(TypeError, match="one tensor of logits, got tuple"):
        PyTorchClassifier(Pair(), ["a"], (1, 2, 2)).predict(np.zeros((1, 2, 2), np.float32))


def test_what_is_no_model_is_said():
    with pytest.raises(TypeError, match="a module, a callable or an estimator"):
        load(3, labels=["a"], input_shape=(1, 2, 2))
    with pytest.raises(LookupError, match="did you mean 'mnist-cnn'"):
        load("mnist-cn")
