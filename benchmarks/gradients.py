"""Integrated Gradients and Grad-CAM: ours against Captum, pytorch-grad-cam and the bare passes, interleaved in one run.

    SEEWHY_DATA=… python -m benchmarks.gradients [--net mnist-cnn …] [--rounds 5] [--threads 1] [--out file.json]

Every round runs all contenders one after the other; the ratios are medians over rounds of the ratio of CPU seconds
within a round. The floors: as many input gradients in the same batches and nothing else; and the body up to the layer
without gradients, then the head with them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, patch

from seewhy.web.threads import prepare_threads

prepare_threads()  # before torch is imported: all sides get it

import captum  # noqa: E402
import torch  # noqa: E402
from captum.attr import IntegratedGradients as CaptumIntegratedGradients  # noqa: E402
from captum.attr import LayerGradCam  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn.functional import interpolate, relu  # noqa: E402

from benchmarks import imagenet  # noqa: E402
from seewhy import load  # noqa: E402
from seewhy.classifiers.pytorch import PyTorchClassifier  # noqa: E402
from seewhy.explainers.grad_cam import GradCam  # noqa: E402
from seewhy.explainers.integrated_gradients import IntegratedGradients  # noqa: E402
from seewhy.inference.batches import batch_size, in_batches  # noqa: E402
from seewhy.targets import ClassScore  # noqa: E402

STEPS = 50
LAYERS = {"mnist-cnn": "relu2", "resnet18": "layer4", "resnet50": "layer4"}
Work = dict[str, Callable[[], Any]]


def main() -> None:
    """Measure the chosen networks, print tables, write JSON."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--net", nargs="*", choices=LAYERS, default=list(LAYERS))
    wishes.add_argument("--rounds", type=int, default=5)
    wishes.add_argument("--threads", type=int, default=1)
    wishes.add_argument("--skip-paths", action="store_true", help="only Grad-CAM")
    wishes.add_argument("--out", type=Path)
    wish = wishes.parse_args()
    torch.set_num_threads(wish.threads)
    warnings.simplefilter("ignore")
    facts: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "threads": wish.threads,
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "captum": captum.__version__},
        "command": "python -m benchmarks.gradients " + " ".join(sys.argv[1:]),
        "results": {},
    }
    for name in wish.net:
        model, x = case(name)
        found = {"grad-cam": measured(cam_works(name, model, x), wish.rounds)}
        if not wish.skip_paths:
            found["integrated-gradients"] = measured(path_works(model, x), wish.rounds)
        facts["results"][name] = found
        for kind, rows in found.items():
            for contender, row in rows.items():
                print(f"{name:10} {kind:21} {contender:28} {row['seconds'] * 1e3:8.1f} ms {row['ratio']:.2f} × floor")
        if wish.out:
            wish.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def case(name: str) -> tuple[PyTorchClassifier, Tensor]:
    """The network and one image (1, C, H, W)."""
    if name != "mnist-cnn":
        return imagenet.classifier(name), imagenet.photographs(1)
    model = load("mnist-cnn")
    assert isinstance(model, PyTorchClassifier)
    return model, torch.rand(1, *model.input_shape, generator=torch.Generator().manual_seed(0))


def path_works(model: PyTorchClassifier, x: Tensor) -> Work:
    """Integrated Gradients with the same fixed points everywhere."""
    target, size = ClassScore(3), batch_size(x)
    recipe = IntegratedGradients(steps=STEPS)
    judge = CaptumIntegratedGradients(lambda pictures: target(model, pictures))

    def floor() -> None:
        for batch in in_batches(STEPS, size):
            points = x.repeat(len(batch), 1, 1, 1).requires_grad_()
            torch.autograd.grad(target(model, points).sum(), points)

    return {
        "floor": floor,
        "seewhy": lambda: recipe.attribute(model, x, target),
        "captum, one batch": lambda: judge.attribute(x, n_steps=STEPS),
        f"captum, batches of {size}": lambda: judge.attribute(x, n_steps=STEPS, internal_batch_size=size),
    }


def cam_works(name: str, model: PyTorchClassifier, x: Tensor) -> Work:
    """Grad-CAM of one class, and of five."""
    helpers = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
    with patch.dict(sys.modules, {helper: MagicMock() for helper in helpers}):  # not used here, and may not fit torch
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    layer, image = LAYERS[name], x[0].numpy()
    body, head = halves(name, model)
    module = model.module.get_submodule(layer)
    judge = LayerGradCam(lambda pictures: ClassScore(3)(model, pictures), module)
    other = GradCAM(model=model.module, target_layers=[module])
    normal = (x - model.mean) / model.std

    def floor(classes: int = 1) -> None:
        with torch.no_grad():
            maps = body(normal)
        maps.requires_grad_()
        scores = head(maps)
        for index in range(classes):
            (gradients,) = torch.autograd.grad(scores[0, index], maps, retain_graph=index < classes - 1)
            small = relu((gradients.mean((2, 3), keepdim=True) * maps.detach()).sum(1, keepdim=True))
            interpolate(small, x.shape[2:], mode="bilinear")

    recipe = GradCam(layer=layer)
    return {
        "floor": floor,
        "seewhy, the map": lambda: recipe.attribute(model, x, ClassScore(3)),
        "seewhy, whole explanation": lambda: recipe(model, image, 3),
        "seewhy, five classes": lambda: recipe.many(model, [image], range(5)),
        "captum": lambda: judge.attribute(x),
        "captum, five classes": lambda: [
            LayerGradCam(lambda pictures, t=t: ClassScore(t)(model, pictures), module).attribute(x) for t in range(5)
        ],
        "pytorch-grad-cam": lambda: other(input_tensor=normal, targets=[ClassifierOutputTarget(3)]),
    }


def halves(name: str, model: PyTorchClassifier) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """The network up to the layer, and what follows, as plain functions."""
    net: Any = model.module
    if isinstance(net, nn.Sequential):
        cut = list(dict(net.named_children())).index(LAYERS[name]) + 1
        return net[:cut].eval(), net[cut:].eval()
    stages = (net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2, net.layer3, net.layer4)
    return nn.Sequential(*stages).eval(), lambda maps: net.fc(net.avgpool(maps).flatten(1))


def measured(works: Work, rounds: int) -> dict[str, dict[str, float]]:
    """Median CPU seconds of each contender, and its median ratio to the floor of the same round."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            began = time.process_time()
            work()
            if turn:  # the first prepares
                times[name].append(time.process_time() - began)
    return {
        name: {
            "seconds": statistics.median(spent),
            "ratio": statistics.median(s / f for s, f in zip(spent, times["floor"], strict=True)),
        }
        for name, spent in times.items()
    }


if __name__ == "__main__":
    main()
