"""Occlusion: ours against Captum and against whole passes, interleaved in one run.

    python -m benchmarks.attribution [--net mnist-cnn …] [--rounds 5] [--threads 1] [--out file.json]

Every round runs all contenders one after the other, so that a busy neighbour slows all of them; the ratios are medians
over rounds of the ratio within a round. Captum's best batch is that with the quickest passes an image. The fill is grey
and the image noise, so no window is skipped.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seewhy.web.threads import prepare_threads

prepare_threads()  # before torch is imported: both sides get it

import captum  # noqa: E402
import torch  # noqa: E402
from captum.attr import Occlusion as CaptumOcclusion  # noqa: E402
from torch import Tensor  # noqa: E402

from benchmarks import nets  # noqa: E402
from seewhy import load  # noqa: E402
from seewhy.classifiers.pytorch import PyTorchClassifier  # noqa: E402
from seewhy.explainers.occlusion import Occlusion  # noqa: E402
from seewhy.inference.grids import Grid  # noqa: E402
from seewhy.inference.occluding import Occluder  # noqa: E402
from seewhy.targets import ClassScore  # noqa: E402

TARGET = ClassScore(3)
NETS: dict[str, tuple[int, int, tuple[int, ...]]] = {  # patch, stride, batches to try for Captum
    "mnist-cnn": (4, 2, (16, 32, 64, 169)),
    "six-convolutions": (4, 2, (16, 32, 64, 225)),
    "resnet18": (16, 8, (4, 8, 16)),
    "vgg16": (16, 8, (2, 4, 8)),
}


def main() -> None:
    """Measure the chosen networks, print a table, write JSON."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--net", nargs="*", choices=NETS, default=list(NETS))
    wishes.add_argument("--rounds", type=int, default=5)
    wishes.add_argument("--size", type=int, default=224, help="side of the images of resnet18 and vgg16, in pixels")
    wishes.add_argument("--stride", type=int, help="another stride than the network's usual one, to be done sooner")
    wishes.add_argument("--threads", type=int, default=torch.get_num_threads())
    wishes.add_argument("--out", type=Path)
    wish = wishes.parse_args()
    torch.set_num_threads(wish.threads)
    facts: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "captum": captum.__version__},
        "command": "python -m benchmarks.attribution " + " ".join(sys.argv[1:]),
        "results": {},
    }
    print("| network | ours | against Captum | against Captum, best batch | against our whole passes | difference |")
    print("|---|---|---|---|---|---|")
    for name in wish.net:
        found = measured(name, wish.rounds, wish.size, wish.stride)
        facts["results"][name] = found
        print(row(name, found), flush=True)
        if wish.out:
            wish.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def measured(name: str, rounds: int, size: int, step: int | None = None) -> dict[str, Any]:
    """Seconds of each contender and the ratios between them."""
    model = classifier(name, size)
    patch, stride, batches = NETS[name]
    stride = step or stride
    x = torch.rand(1, *model.input_shape, generator=torch.Generator().manual_seed(1))
    recipe = Occlusion(patch=patch, stride=stride, fill="grey")
    notes = recipe.attribute(model, x, TARGET).notes[0]  # measures batch sizes and plans, once
    go_whole(model, x, recipe)
    best = min(batches, key=lambda batch: pass_seconds(model, x.repeat(batch, 1, 1, 1)))
    contenders: dict[str, Callable[[], Tensor]] = {
        "ours": lambda: recipe.attribute(model, x, TARGET).values,
        "captum": lambda: by_captum(model, x, recipe, 1),
        "captum_best": lambda: by_captum(model, x, recipe, best),
        "whole": lambda: go_whole(model, x, recipe),
    }
    times: dict[str, list[float]] = {contender: [] for contender in contenders}
    maps: dict[str, Tensor] = {}
    for _ in range(rounds):
        for contender, run in contenders.items():
            spent, maps[contender] = seconds(run)
            times[contender].append(spent)
    ratios = {
        contender: statistics.median(theirs / ours for theirs, ours in zip(spent, times["ours"], strict=True))
        for contender, spent in times.items()
    }
    return {
        "patch": patch,
        "stride": stride,
        "windows": notes["windows"],
        "evaluation": notes["evaluation"],
        "captum_best_batch": best,
        "rounds": rounds,
        "seconds": {contender: statistics.median(spent) for contender, spent in times.items()},
        "ratios": ratios,
        "difference": float((maps["ours"] - maps["captum"]).abs().max() / maps["captum"].abs().max()),
    }


def classifier(name: str, size: int) -> PyTorchClassifier:
    """The network as a classifier."""
    if name == "mnist-cnn":
        return load("mnist-cnn")  # type: ignore[return-value]
    shape = (3, 32, 32) if name == "six-convolutions" else (3, size, size)
    makers = {"six-convolutions": nets.six_convolutions, "resnet18": nets.resnet18, "vgg16": nets.vgg16}
    network = nets.steady(makers[name](), shape)
    with torch.no_grad():
        classes = network(torch.zeros(1, *shape)).shape[1]
    return PyTorchClassifier(network, [str(index) for index in range(classes)], shape, 0.5, 0.25, name)


def by_captum(model: PyTorchClassifier, x: Tensor, recipe: Occlusion, batch: int) -> Tensor:
    """Captum's map (1, H, W)."""
    channels = x.shape[1]
    with torch.no_grad():
        found = CaptumOcclusion(lambda images: TARGET(model, images)).attribute(
            x,
            sliding_window_shapes=(channels, recipe.patch, recipe.patch),
            strides=(channels, recipe.stride, recipe.stride),
            baselines=0.5,
            perturbations_per_eval=batch,
        )
    return found[:, 0]


def go_whole(model: PyTorchClassifier, x: Tensor, recipe: Occlusion) -> Tensor:
    """The scores of every window by whole passes: folded, channels last, best batch."""
    tops, lefts = recipe.starts(x)
    places = torch.cartesian_prod(torch.arange(len(tops)), torch.arange(len(lefts)))
    grid = Grid(tuple(tops), tuple(lefts), recipe.patch, recipe.patch, (x.shape[2], x.shape[3]))
    with torch.inference_mode():
        asked = Occluder(model, x[0], grid, worth=0.0)
        return asked.look(x[0], torch.full_like(x[0], 0.5)).scores(places)


def seconds(run: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """Wall time of one run, and what it gave."""
    began = time.perf_counter()
    found = run()
    return time.perf_counter() - began, found


def pass_seconds(model: PyTorchClassifier, images: Tensor) -> float:
    """The least time of three passes, for one image."""
    with torch.no_grad():
        return min(seconds(lambda: model.scores(images))[0] for _ in range(3)) / len(images)


def row(name: str, found: dict[str, Any]) -> str:
    """One line of the table."""
    ratios = found["ratios"]
    return (
        f"| {name}, patch {found['patch']}, stride {found['stride']} | {found['seconds']['ours'] * 1000:.0f} ms "
        f"| {ratios['captum']:.1f}× | {ratios['captum_best']:.1f}× (batch {found['captum_best_batch']}) "
        f"| {ratios['whole']:.1f}× | {found['difference']:.0e} |"
    )


if __name__ == "__main__":
    main()
