"""Captum's methods through seewhy against Captum called directly, and what they say where they cannot work."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum import attr
from torch import nn

from seewhy import catalog
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.explainers import captum_methods
from seewhy.explainers.cams import enlarged
from seewhy.explainers.captum_models import Turns, prepared, unfit
from seewhy.explainers.captum_words import WORDS
from seewhy.targets import ClassScore

pytestmark = pytest.mark.filterwarnings("ignore")  # Captum's own, when it is called directly

TARGETS = [ClassScore(3), ClassScore(1, versus=4), ClassScore(2, output="probability")]


class Plain(nn.Module):
    """What Captum can take as it is: every activation is a layer, none in place, none used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.second = nn.Conv2d(6, 8, 3, padding=1)
        self.again = nn.ReLU()
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 5)."""
        x = self.again(self.second(self.pool(self.relu(self.first(x)))))
        return self.head(self.mean(x).flatten(1))


@pytest.fixture
def plain() -> PyTorchClassifier:
    """The plain net for 20 × 24 colour pictures."""
    torch.manual_seed(2)
    return PyTorchClassifier(Plain().eval(), ["ant", "bee", "cat", "dog", "eel"], (3, 20, 24), mean=0.4, std=0.3)


def normal(x: torch.Tensor) -> torch.Tensor:
    return (x - 0.4) / 0.3


def ours(name: str, model, x, target: ClassScore = TARGETS[0], **settings):
    return catalog.recipe(f"captum:{name}", settings).attribute(model, x, target)


def close(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-5 * float(expected.detach().abs().max()))


@pytest.mark.parametrize("target", TARGETS[:2], ids=["class", "versus"])
@pytest.mark.parametrize("baseline", ["black", "grey"])
@pytest.mark.parametrize(
    "name", ["DeepLift", "LayerDeepLift", "LayerConductance", "LayerIntegratedGradients", "InternalInfluence"]
)
def test_module_methods_with_a_baseline(plain, colours, name, baseline, target):
    found = ours(name, plain, colours, target, baseline=baseline)
    start = torch.full_like(colours, {"black": 0.0, "grey": 0.5}[baseline])
    layer = [plain.module.again] if name != "DeepLift" else []
    judge = getattr(attr, name)(plain.module, *layer)
    expected = []
    for image, begin in zip(colours, start, strict=True):
        x, b = normal(image[None]).requires_grad_(), normal(begin[None])
        one = judge.attribute(x, b, target=target.index)
        if target.versus is not None:
            one = one - judge.attribute(x, b, target=target.versus)
        expected.append(one.sum(1) if not layer else enlarged(one.sum(1), x))
    close(found.values, torch.cat(expected))


@pytest.mark.parametrize("name", ["LRP", "LayerLRP"])
def test_relevance_is_that_of_the_normalised_image(plain, colours, name):
    found = ours(name, plain, colours[:1], **({"layer": "second"} if name == "LayerLRP" else {}))
    layer = [plain.module.second] if name == "LayerLRP" else []
    expected = getattr(attr, name)(plain.module, *layer).attribute(normal(colours[:1]).requires_grad_(), target=3)
    close(found.values, expected.sum(1) if not layer else enlarged(expected.sum(1), colours))


def test_relevance_is_read_only_where_captum_keeps_it(plain, colours):
    assert ours("LayerLRP", plain, colours[:1]).notes[0]["layer"] == "second"
    with pytest.raises(ValueError, match=r"needs a convolution, a pooling or a batch norm, got 'again'; choose"):
        ours("LayerLRP", plain, colours[:1], layer="again")


def test_relevance_of_one_class_rather_than_another_is_the_difference(plain, colours):
    one, other = (ours("LRP", plain, colours, ClassScore(index)).values for index in (1, 4))
    close(ours("LRP", plain, colours, ClassScore(1, versus=4)).values, one - other)


def test_deconvolution_is_per_unit_of_brightness(plain, colours):
    found = ours("Deconvolution", plain, colours)
    expected = attr.Deconvolution(plain.module).attribute(normal(colours).requires_grad_(), target=3) / 0.3
    close(found.channels, expected)


@pytest.mark.parametrize("name", ["LayerActivation", "LayerGradientXActivation"])
def test_layers_alone(plain, colours, name):
    judge = getattr(attr, name)(plain.module, plain.module.again)
    told = {} if name == "LayerActivation" else {"target": 3}
    expected = judge.attribute(normal(colours).requires_grad_(), **told)
    close(ours(name, plain, colours).values, enlarged(expected.sum(1), colours))


@pytest.mark.parametrize("target", TARGETS, ids=["class", "versus", "probability"])
@pytest.mark.parametrize("name", ["FeatureAblation", "ShapleyValueSampling", "ShapleyValues"])
def test_segments_are_hidden_as_captum_hides_them(plain, colours, name, target):
    found = ours(name, plain, colours[:1], target, segmentation="grid", segments=4, baseline="grey")
    torch.manual_seed(0)
    judge = getattr(attr, name)(lambda x: target(plain, x))
    expected = judge.attribute(colours[:1], baselines=0.5, feature_mask=found.arrays["segments"][:, None])
    close(found.values, expected[:, 0])


def test_samples_are_captums_for_the_seed(plain, colours):
    recipe = catalog.recipe("captum:GradientShap", {"samples": 7, "noise": 0.1, "draws": 5, "seed": 3})
    found = recipe.attribute(plain, colours[:1], TARGETS[0])
    torch.manual_seed(3)
    np.random.seed(3)
    judge = attr.GradientShap(lambda x: TARGETS[0](plain, x))
    expected = judge.attribute(colours[:1], baselines=recipe._drawn(plain), n_samples=7, stdevs=0.1)
    close(found.channels, expected)
    others = recipe.model_copy(update={"seed": 4}).attribute(plain, colours[:1], TARGETS[0])
    assert not torch.allclose(found.values, others.values)


def test_the_global_generators_are_left_alone(plain, colours):
    torch.manual_seed(1)
    np.random.seed(1)
    expected = torch.rand(1), np.random.rand()
    torch.manual_seed(1)
    np.random.seed(1)
    ours("GradientShap", plain, colours[:1])
    assert (torch.rand(1), np.random.rand()) == expected


def test_activations_used_twice_and_in_place_are_taken_apart(residual, colours):
    """DeepLIFT's values add up where each activation runs once; Captum alone refuses this network."""
    with pytest.raises(Exception, match=r"more than once|used|attribute"):
        attr.DeepLift(residual.module).attribute(colours[:1].requires_grad_(), target=2)
    frozen = prepared(residual)
    assert [len(module.each) for module in frozen.modules() if isinstance(module, Turns)] == [2]
    assert not any(getattr(module, "inplace", False) for module in frozen.modules())
    assert residual.module.relu.inplace
    x = colours.detach()
    with torch.no_grad():
        torch.testing.assert_close(frozen(x), residual.scores(x))
    note = ours("DeepLift", residual, x[:1], ClassScore(2)).notes[0]
    assert note["delta"] < 1e-4 * abs(note["sum"])


def test_what_captum_needs_is_said():
    class Loose(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.conv(x)).mean((2, 3))

    class Twice(Loose):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(self.conv(x)[:, :3]).mean((2, 3))

    loose, twice = (
        PyTorchClassifier(kind(), list("abcd"), (3, 8, 8), name=kind.__name__.lower()) for kind in (Loose, Twice)
    )
    image = np.zeros((3, 8, 8), np.float32)
    for name in ("captum:DeepLift", "captum:LRP", "captum:LayerConductance"):
        recipe = catalog.recipe(name, {})
        with pytest.raises(TypeError, match=r"needs every activation to be a module, but loose calls relu as a func"):
            recipe(loose, image, 0)
        with pytest.raises(TypeError, match=r"needs layers that run once, but 'conv' of twice runs 2 times"):
            recipe(twice, image, 0)
    assert unfit(loose) is not None
    assert catalog.recipe("captum:FeatureAblation", {})(loose, image + 0.5, 0).values.any()


def test_lrp_says_which_layer_has_no_rule():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    model = PyTorchClassifier(net, ["a", "b"], (3, 8, 8), name="grouped")
    with pytest.raises(TypeError, match=r"LRP \(Captum\) has no rule for '1' of grouped, a GroupNorm; use"):
        catalog.recipe("captum:LRP", {})(model, np.ones((3, 8, 8), np.float32), 0)


def test_settings_are_captums_in_our_words():
    fields = {name: set(catalog.explainer(f"captum:{name}").model_fields) for name in WORDS}
    assert fields["DeepLift"] == {"times_change", "epsilon", "baseline"}
    assert fields["LayerConductance"] == {"layer", "baseline", "steps", "rule", "before"}
    assert fields["GradientShap"] == {"times_change", "baselines", "draws", "samples", "noise", "seed"}
    assert catalog.recipe("captum:GradientShap", {}).samples == 5
    with pytest.raises(ValueError, match="no setting of captum:DeepLift called 'basline'; did you mean 'baseline'"):
        catalog.recipe("captum:DeepLift", {"basline": "white"})


def test_every_attribution_of_captum_is_there_in_one_way_or_the_other():
    ours = {  # under our own names
        "IntegratedGradients", "Saliency", "InputXGradient", "GuidedBackprop", "GuidedGradCam", "Occlusion", "Lime",
        "KernelShap", "LayerGradCam", "NoiseTunnel",
    }  # fmt: skip
    not_for_images = {"LayerFeaturePermutation", "DataLoaderAttribution", "LimeBase"}
    theirs = {
        name
        for name in attr.__all__
        if isinstance(getattr(attr, name), type)
        and issubclass(getattr(attr, name), attr.Attribution)
        and not name.startswith(("Neuron", "LLM", "Remote", "VLLM"))
        and not name.endswith("Attribution")
    }
    assert theirs - ours - not_for_images == set(WORDS)


def test_without_captum_it_is_in_no_list_and_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(captum_methods, "find_spec", lambda name: None)
    captum_methods.captum_method.cache_clear()
    assert not any(name.startswith("captum:") for name in catalog.explainers())
    with pytest.raises(
        ModuleNotFoundError, match=r"captum:DeepLift needs the package captum; pip install 'seewhy\[captum\]'"
    ):
        catalog.recipe("captum:DeepLift", {})
    monkeypatch.undo()
    with pytest.raises(LookupError, match="did you mean 'captum:DeepLift'"):
        catalog.recipe("captum:DeepLifts", {})
