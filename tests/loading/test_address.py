"""What an address says."""

from __future__ import annotations

import pytest

import seewhy
from seewhy.loading.address import parse
from seewhy.loading.wishes import Wishes


@pytest.mark.parametrize(
    ("text", "kind", "name", "weights", "options"),
    [
        ("mnist-cnn", "", "mnist-cnn", None, {}),
        ("mnist-cnn@my/own.safetensors", "", "mnist-cnn", "my/own.safetensors", {}),
        ("torchvision:resnet50", "torchvision", "resnet50", None, {}),
        ("timm:a_b@w.pth?pad_type=same&mean=1,2,3", "timm", "a_b", "w.pth", {"pad_type": "same", "mean": [1, 2, 3]}),
        ("keras:folder/a@b.keras?std=1", "keras", "folder/a@b.keras", None, {"std": 1}),
        ("onnx:what?.onnx", "onnx", "what?.onnx", None, {}),
        ("http://host:80/v2/models/net?labels=a,b", "http", "http://host:80/v2/models/net", None, {"labels": "a,b"}),
        ("timm:net?x=true&y=none&z=", "timm", "net", None, {"x": True, "y": None, "z": []}),
    ],
)  # fmt: skip
def test_an_address_is_read_in_parts(text, kind, name, weights, options):
    found = parse(text)
    assert (found.kind, found.name, found.options) == (kind, name, options)
    assert (None if found.weights is None else str(found.weights)) == weights


@pytest.mark.parametrize("text", ["timm:a?x=1&x=2", 'timm:a?x={"a":1}', "timm:a?x=[[1]]"])
def test_options_that_are_no_plain_values_are_refused(text):
    with pytest.raises(ValueError, match="option x"):
        parse(text)


def test_what_is_said_in_words_overrules_the_address():
    wishes = Wishes(mean=0.1).and_options({"mean": 0.5, "std": 0.25, "input": "1x8x9", "labels": "a, b", "pad": 1})
    assert (wishes.mean, wishes.std, wishes.input_shape, wishes.labels) == (0.1, 0.25, (1, 8, 9), ("a", "b"))
    assert wishes.others == {"pad": 1}
    assert Wishes().and_options({"input": 299}).input_shape == (3, 299, 299)


def test_labels_come_from_a_data_set_a_file_or_imagenet(tmp_path):
    (tmp_path / "names.txt").write_text("cat\ndog\n", encoding="utf-8")
    assert Wishes().and_options({"labels": "mnist"}).labels == tuple("0123456789")
    assert len(Wishes().and_options({"labels": "imagenet"}).labels or ()) == 1000
    assert Wishes().and_options({"labels": str(tmp_path / "names.txt")}).labels == ("cat", "dog")
    with pytest.raises(LookupError, match="labels are a data set's name"):
        Wishes().and_options({"labels": "nothing"})


@pytest.mark.parametrize(
    ("address", "meant"),
    [("torchvison:resnet50", "torchvision"), ("torchvision:resnet5", "resnet50"), ("mnist-cn", "mnist-cnn")],
)
def test_a_misspelt_address_gets_a_suggestion(address, meant):
    with pytest.raises(LookupError, match=f"did you mean '{meant}'"):
        seewhy.load(address)


@pytest.mark.parametrize(
    "option", ["pretrained_cfg=x", "checkpoint_path=/etc/passwd", "cache_dir=x", "scriptable=true"]
)
def test_options_outside_the_list_are_refused(option):
    with pytest.raises(ValueError, match="no option of timm"):
        seewhy.load(f"timm:resnet18?weights=random&{option}")


@pytest.mark.parametrize("settings", [{"mean": 0.5}, {"labels": ["a"] * 10}])
def test_what_ships_brings_its_own(settings):
    with pytest.raises(ValueError, match="mnist-cnn brings its own"):
        seewhy.load("mnist-cnn", **settings)
    with pytest.raises(ValueError, match="leave out std"):
        seewhy.load("mnist-cnn?std=1")
