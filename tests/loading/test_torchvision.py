"""Networks of torchvision and timm, with local weights that are known to be good."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

import seewhy
from seewhy.classifiers import torchvision
from seewhy.classifiers.base import Classifier
from seewhy.loading import torchvision as opening
from seewhy.progress import reporting_to
from seewhy.zoo import imagenet

NETS = {
    "resnet50": "torchvision:resnet50@{}/weights/resnet50_pqf.safetensors",
    "mobilenetv2": "timm:mobilenetv2_100@{}/weights/mobilenetv2_timm.safetensors?pad_type=same&mean=0.5&std=0.5",
}


@pytest.fixture(params=sorted(NETS))
def net(request, shared):
    return seewhy.load(NETS[request.param].format(shared))


def test_most_photographs_are_named_rightly(net, shared):
    """The names of the files are the labels; the preprocessing decides whether this holds."""
    found = []
    for file in sorted((shared / "images" / "imagenet_samples").glob("*.jpg")):
        index, _, name = file.stem.partition("_")
        assert net.labels[int(index)] == name.replace("_", " ")
        found.append(int(index) in [guess.index for guess in net.predict(file).top(5)])
    assert len(found) >= 60
    assert np.mean(found) >= 0.85


def evidence_above(net: Classifier, picture: Path, method: str, **settings: int) -> dict[str, float]:
    """For each animal, the part of the positive evidence that lies in the upper half."""
    parts = {}
    for label in ("bull mastiff", "boxer", "tiger cat"):
        positive = np.maximum(seewhy.explain(net, picture, method, target=label, **settings).values, 0)
        parts[label] = float(positive[: len(positive) // 2].sum() / positive.sum())
    return parts


def test_grad_cam_lies_on_the_animal_that_is_asked_for(net, shared):
    picture = shared / "images" / "both.png"  # a dog above, a cat below
    parts = evidence_above(net, picture, "grad-cam")
    assert parts["bull mastiff"] >= 0.7
    assert parts["boxer"] >= 0.7
    assert parts["tiger cat"] <= 0.3


def test_occlusion_finds_the_same_animals(net, shared):
    picture = shared / "images" / "both.png"
    parts = evidence_above(net, picture, "occlusion", patch=56, stride=56)
    assert parts["bull mastiff"] > 0.5 > parts["tiger cat"]
    assert parts["boxer"] > parts["tiger cat"] + 0.2


def test_two_paddings_of_one_network_are_two_networks(shared):
    address = NETS["mobilenetv2"].format(shared)
    same, other = seewhy.load(address), seewhy.load(address.replace("pad_type=same&", ""))
    picture = shared / "images" / "both.png"
    assert not np.allclose(same.predict(picture).logits, other.predict(picture).logits, atol=1e-2)
    assert same.fingerprint != other.fingerprint


def test_options_of_the_call_and_of_the_address_are_one(shared):
    file = f"torchvision:mobilenet_v2@{shared}/weights/mobilenetv2_torchvision.safetensors"
    called, written = seewhy.load(file, mean=0.5, std=0.5), seewhy.load(f"{file}?mean=0.5&std=0.5")
    assert called.fingerprint == written.fingerprint != seewhy.load(file).fingerprint


@pytest.mark.parametrize(
    ("name", "size", "resize"),
    [("inception_v3", 299, 342), ("resnet50", 224, 256), ("vgg19", 224, 256), ("efficientnet_b3", 300, 320)],
)
def test_sizes_are_those_the_weights_were_published_with(name, size, resize):
    known = torchvision.published(name, torchvision.first_weights(name))
    assert (known.size, known.resize) == (size, resize)
    assert known.mean == (0.485, 0.456, 0.406)


def test_random_weights_are_the_same_every_time_and_leave_the_generator_alone():
    torch.manual_seed(5)
    first = seewhy.load("torchvision:squeezenet1_1?weights=random&seed=3&num_classes=7")
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))
    assert first.fingerprint == seewhy.load("torchvision:squeezenet1_1?weights=random&seed=3&num_classes=7").fingerprint
    assert first.labels == tuple("0123456")


class Ear:
    """Listens to progress."""

    cancelled = False

    def __init__(self) -> None:
        self.stages: list[str] = []

    def progress(self, done: int, total: int | None, stage: str) -> None:
        self.stages.append(stage)

    def partial(self, values: object) -> None: ...


def test_published_weights_are_downloaded_once_with_progress(tmp_path, monkeypatch):
    """From a server of our own, with the checksum that the address carries in its name."""
    import threading
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    torch.manual_seed(1)
    state = torchvision.network("squeezenet1_1", {}).state_dict()
    torch.save(state, tmp_path / "w.pth")
    digest = hashlib.sha256((tmp_path / "w.pth").read_bytes()).hexdigest()[:8]
    (tmp_path / "w.pth").rename(tmp_path / f"squeezenet1_1-{digest}.pth")
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/squeezenet1_1-{digest}.pth"
        known = torchvision.published("squeezenet1_1")
        mine = torchvision.Published(known.name, url, digest, 224, 256, known.mean, known.std, "bilinear")
        monkeypatch.setattr(opening.torchvision, "published", lambda name, which: mine)
        monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
        ear = Ear()
        with reporting_to(ear):
            model = seewhy.load("torchvision:squeezenet1_1")
        seewhy.load("torchvision:squeezenet1_1")
        server.shutdown()
    assert any("downloading squeezenet1_1" in stage for stage in ear.stages)
    assert len(asked) == 1
    assert torch.equal(model.module.state_dict()["classifier.1.bias"], state["classifier.1.bias"])
    assert model.labels == imagenet.labels()


def test_weights_that_nobody_published_are_said():
    with pytest.raises(LookupError, match="IMAGENET1K_V1"):
        torchvision.published("resnet50", "IMAGENET22K")
    with pytest.raises(ValueError, match="does not take these options"):
        seewhy.load("torchvision:resnet18?weights=random&width_mult=2")
    with pytest.raises(ValueError, match="behind a dot"):
        seewhy.load("timm:resnet18?weights=a1_in1k")
