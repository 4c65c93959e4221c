"""What every explainer must keep, whatever it computes; a new method is tested here without a line more."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from seewhy import catalog
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers.base import Explainer
from seewhy.targets import ClassScore

METHODS = sorted(catalog.explainers())


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> Explainer:
    """Every explainer with its defaults."""
    return catalog.explainer(request.param)()


def values(method: Explainer, model: Classifier, x: torch.Tensor, target: ClassScore | None = None) -> torch.Tensor:
    return method.attribute(model, x, target or ClassScore(2)).values


def test_values_are_finite_and_have_the_shape_of_the_image(method, residual, colours):
    found = method.attribute(residual, colours, ClassScore(2))
    assert found.values.shape == (4, 20, 24)
    assert torch.isfinite(found.values).all()
    assert found.values.any()
    assert len(found.notes) == 4
    assert all(len(array) == 4 for array in found.arrays.values())


def test_the_image_is_not_changed(method, residual, colours):
    before = colours.clone()
    values(method, residual, colours)
    assert torch.equal(colours, before)
    assert not colours.requires_grad


def test_no_hook_is_left(method, residual, colours):
    values(method, residual, colours)
    for module in residual.module.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks


def test_no_hook_is_left_when_the_model_fails(method, residual, colours):
    class Broken(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("broken on purpose")

    residual.layers()  # known before it breaks
    residual.module.head = Broken()
    residual.module.train()
    with pytest.raises(RuntimeError, match="on purpose"):
        values(method, residual, colours)
    assert not any(m._forward_hooks for m in residual.module.modules())
    assert residual.module.norm.training


def test_every_training_mode_is_restored_and_eval_is_used(method, residual, colours):
    in_eval = values(method, residual, colours)
    residual.module.train()
    residual.module.norm.eval()
    modes = {name: m.training for name, m in residual.module.named_modules()}
    statistics = residual.module.stem[1].running_mean.clone()
    in_train = values(method, residual, colours)
    assert {name: m.training for name, m in residual.module.named_modules()} == modes
    assert torch.equal(residual.module.stem[1].running_mean, statistics)
    torch.testing.assert_close(in_train, in_eval)


def test_parameter_gradients_are_left_alone(method, residual, colours):
    residual.module(colours).sum().backward()
    before = {name: p.grad.clone() for name, p in residual.module.named_parameters()}
    values(method, residual, colours)
    for name, parameter in residual.module.named_parameters():
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, before[name])
        assert parameter.requires_grad


def test_weights_are_left_alone(method, residual, colours):
    before = copy.deepcopy(residual.module.state_dict())
    values(method, residual, colours)
    assert all(torch.equal(before[name], tensor) for name, tensor in residual.module.state_dict().items())


def test_frozen_parameters_give_the_same_map(method, residual, colours):
    free = values(method, residual, colours)
    residual.module.requires_grad_(False)
    torch.testing.assert_close(values(method, residual, colours), free)


def test_a_batch_equals_its_images_one_by_one(method, residual, colours):
    together = values(method, residual, colours)
    alone = torch.cat([values(method, residual, image[None]) for image in colours])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5 * float(alone.abs().max()))


def test_the_same_question_gets_the_same_answer(method, residual, colours):
    assert torch.equal(values(method, residual, colours), values(method, residual, colours))


def test_different_classes_get_different_maps_where_the_method_asks_for_one(method, residual, colours):
    maps = [values(method, residual, colours, ClassScore(index)) for index in range(5)]
    assert all(torch.allclose(maps[0], other) != method.asks_target for other in maps[1:])


def test_versus_and_probability_are_honoured(method, residual, colours):
    plain = values(method, residual, colours, ClassScore(2))
    for other in (ClassScore(2, versus=1), ClassScore(2, output="probability")):
        assert torch.allclose(plain, values(method, residual, colours, other)) != method.asks_target


def test_it_works_within_no_grad_through_the_call(method, residual):
    image = np.random.default_rng(3).random((3, 20, 24), dtype=np.float32)
    outside = method(residual, image, "cat")
    with torch.no_grad():
        inside = method(residual, image, "cat")
    assert np.array_equal(inside.values, outside.values)
    assert inside.values.dtype == np.float32
    assert inside.target["label"] == "cat"


def test_a_model_that_overflows_is_said(method, residual, colours):
    class Overflowing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            maps = self.conv(x)
            return torch.cat([maps, maps.log()], 1).mean((2, 3))[:, [0, 2]]

    torch.manual_seed(0)
    model = PyTorchClassifier(Overflowing(), ["a", "b"], (3, 20, 24))
    with pytest.raises(ValueError, match=r"NaN|not finite"):
        method(model, colours[0].numpy(), 1)


def test_what_a_black_box_cannot_do_is_refused_in_words(method):
    from seewhy.classifiers.function import FunctionClassifier

    box = FunctionClassifier(lambda x: np.full((len(x), 2), 0.5), ["a", "b"], (3, 8, 8), name="box")
    image = np.zeros((3, 8, 8), dtype=np.float32)
    if method.needs == "scores":
        assert not method(box, image, 0).values.any()
    else:
        with pytest.raises(TypeError, match=r"needs .* box does not give"):
            method(box, image, 0)


def test_its_page_can_be_written(method):
    about = catalog.describe_method(type(method))
    assert len(about["about"]) > 80
    assert about["formula_mathml"].startswith("<math")
    assert about["limits"]
    assert about["link"].startswith("https://")
    for name, field in type(method).model_fields.items():
        assert field.description, f"setting {name} of {method.name} has no description"
