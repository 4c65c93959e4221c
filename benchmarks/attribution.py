"""Occlusion: ours against Captum, against whole passes and against the bare passes, interleaved in one run.

    python -m benchmarks.attribution [--net mnist-cnn …] [--rounds 5] [--threads 1] [--out file.json]

Every round runs all contenders one after the other, so that a busy neighbour slows all of them; the ratios are medians
over rounds of the ratio within a round, of CPU time (the file has wall time too). Captum's best batch is that with the
quickest passes an image; the floor is nothing but the user's own module on as many images, in that batch. The fill is
grey and the image noise, so no window is skipped. At 224 × 224 Captum is stopped after 16 windows, whole passes run 16
windows drawn by seed, and both are scaled by the number of passes; ours runs all. "Difference" is the largest one
between our falls and those by the user's own module, as a share of the range of the image's logits (the file has it as
a share of the largest fall too): of all windows, or of those 16.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from seewhy.web.threads import prepare_threads

prepare_threads()  # before torch is imported: both sides get it

import captum  # noqa: E402
import torch  # noqa: E402
from captum.attr import Occlusion as CaptumOcclusion  # noqa: E402
from torch import Tensor  # noqa: E402

from benchmarks import deep_nets, nets  # noqa: E402
from seewhy import load  # noqa: E402
from seewhy.classifiers.pytorch import PyTorchClassifier  # noqa: E402
from seewhy.explainers.occlusion import Occlusion  # noqa: E402
from seewhy.inference.grids import Grid  # noqa: E402
from seewhy.inference.occluding import Occluder  # noqa: E402
from seewhy.targets import ClassScore  # noqa: E402

TARGET = ClassScore(3)
SOME = 16  # windows that others run at 224 × 224
MAKERS: dict[str, tuple[Callable[[], torch.nn.Module], int]] = {
    "six-convolutions": (nets.six_convolutions, 32),
    "resnet18": (nets.resnet18, 224),
    "vgg16": (nets.vgg16, 224),
    "resnet50": (deep_nets.resnet50, 224),
    "densenet121": (deep_nets.densenet121, 224),
    "mobilenet-v2": (deep_nets.mobilenet_v2, 224),
}
NETS: dict[str, tuple[int, int, tuple[int, ...]]] = {  # patch, stride, batches to try for Captum
    "mnist-cnn": (4, 2, (16, 32, 64, 169)),
    "six-convolutions": (4, 2, (16, 32, 64, 225)),
    **dict.fromkeys(("resnet18", "vgg16", "resnet50", "densenet121", "mobilenet-v2"), (16, 8, (4, 8, 16))),
}
Timed = tuple[float, float]  # wall and CPU seconds


def main() -> None:
    """Measure the chosen networks, print a table, write JSON."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--net", nargs="*", choices=NETS, default=list(NETS))
    wishes.add_argument("--rounds", type=int, default=5)
    wishes.add_argument("--threads", type=int, default=torch.get_num_threads())
    wishes.add_argument("--out", type=Path)
    wishes.add_argument("--peak", choices=("ours", "whole"), help="only print the peak memory of some batches, in MB")
    wish = wishes.parse_args()
    torch.set_num_threads(wish.threads)
    if wish.peak:
        return print(peak(wish.net[0], wish.peak))
    facts: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "captum": captum.__version__},
        "command": "python -m benchmarks.attribution " + " ".join(sys.argv[1:]),
        "results": {},
    }
    print("| network | ours (first call) | Captum | Captum, best batch | whole | floor | memory | difference |")
    print("|---|---|---|---|---|---|---|---|")
    for name in wish.net:
        found = measured(name, wish.rounds)
        found["peak"] = {how: peak_elsewhere(name, how, wish.threads) for how in ("ours", "whole")}
        facts["results"][name] = found
        print(row(name, found), flush=True)
        if wish.out:
            wish.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def measured(name: str, rounds: int) -> dict[str, Any]:
    """Seconds of each contender and the ratios between them."""
    model = classifier(name)
    patch, stride, batches = NETS[name]
    x = noise(model)
    recipe = Occlusion(patch=patch, stride=stride, fill="grey")
    first, explained = timed(lambda: recipe.attribute(model, x, TARGET))
    windows = explained.notes[0]["windows"]
    run_by_others = windows if x.shape[2] < 224 else SOME
    scale = (windows + 1) / (run_by_others + 1)  # one pass more, for the image itself
    asked, places = asking(model, x, recipe, worth=0.0)
    places = places[torch.randperm(windows, generator=torch.Generator().manual_seed(2))[:run_by_others]]
    best = min(batches, key=lambda batch: pass_seconds(model, x, batch))
    floors = x.repeat(best, 1, 1, 1)
    contenders: dict[str, tuple[Callable[[], Any], float]] = {
        "ours": (lambda: recipe.attribute(model, x, TARGET), 1.0),
        "captum": (lambda: by_captum(model, x, recipe, 1, run_by_others), scale),
        "captum_best": (lambda: by_captum(model, x, recipe, best, run_by_others), scale),
        "whole": (lambda: whole_passes(asked, x, places), scale),
        "floor": (lambda: bare(model, floors), (windows + 1) / best),
    }
    times: dict[str, list[Timed]] = {contender: [] for contender in contenders}
    for _ in range(rounds):
        for contender, (run, factor) in contenders.items():
            spent = timed(run)[0]
            times[contender].append((spent[0] * factor, spent[1] * factor))
    return {
        "patch": patch,
        "stride": stride,
        "windows": windows,
        "windows_run_by_others": run_by_others,
        "evaluation": explained.notes[0]["evaluation"],
        "captum_best_batch": best,
        "rounds": rounds,
        "first_call": dict(zip(("wall", "cpu"), first, strict=True)),
        "seconds": summary(times, 0),
        "cpu_seconds": summary(times, 1),
        "ratios": ratios(times, 0),
        "cpu_ratios": ratios(times, 1),
        "difference": difference(model, x, recipe, explained.arrays["windows"][0], places),
    }


def summary(times: dict[str, list[Timed]], clock: int) -> dict[str, float]:
    """The median seconds of each contender."""
    return {contender: statistics.median(spent[clock] for spent in found) for contender, found in times.items()}


def ratios(times: dict[str, list[Timed]], clock: int) -> dict[str, float]:
    """The median over rounds of each contender's time over ours."""
    return {
        contender: statistics.median(
            theirs[clock] / ours[clock] for theirs, ours in zip(found, times["ours"], strict=True)
        )
        for contender, found in times.items()
    }


def difference(
    model: PyTorchClassifier, x: Tensor, recipe: Occlusion, falls: Tensor, places: Tensor
) -> dict[str, float]:
    """The largest difference from the falls by the module itself, as shares."""
    tops, lefts = recipe.starts(x)
    judge = []
    for row, column in places.tolist():
        covered = x.clone()
        covered[:, :, tops[row] : tops[row] + recipe.patch, lefts[column] : lefts[column] + recipe.patch] = 0.5
        with torch.inference_mode():
            judge.append(float(TARGET(model, x).double() - TARGET(model, covered).double()))
    wanted = torch.tensor(judge, dtype=torch.float64)
    largest = float((falls[places[:, 0], places[:, 1]] - wanted).abs().max())
    logits = bare(model, x)
    return {
        "of_largest_fall": largest / float(wanted.abs().max()),
        "of_logit_range": largest / float(logits.max() - logits.min()),
    }


def classifier(name: str) -> PyTorchClassifier:
    """The network as a classifier."""
    if name == "mnist-cnn":
        return load("mnist-cnn")  # type: ignore[return-value]
    make, size = MAKERS[name]
    network = nets.steady(make(), (3, size, size))
    with torch.no_grad():
        classes = network(torch.zeros(1, 3, size, size)).shape[1]
    return PyTorchClassifier(network, [str(index) for index in range(classes)], (3, size, size), 0.5, 0.25, name)


def noise(model: PyTorchClassifier) -> Tensor:
    """One image (1, C, H, W)."""
    return torch.rand(1, *model.input_shape, generator=torch.Generator().manual_seed(1))


class EnoughError(Exception):
    """Raised to stop Captum."""


def by_captum(model: PyTorchClassifier, x: Tensor, recipe: Occlusion, batch: int, windows: int) -> None:
    """Captum's occlusion, stopped after so many windows."""
    seen = -1  # the image itself comes first

    def score(images: Tensor) -> Tensor:
        nonlocal seen
        if seen >= windows:
            raise EnoughError
        seen += len(images)
        return TARGET(model, images)

    channels = x.shape[1]
    with torch.no_grad(), suppress(EnoughError):
        CaptumOcclusion(score).attribute(
            x,
            sliding_window_shapes=(channels, recipe.patch, recipe.patch),
            strides=(channels, recipe.stride, recipe.stride),
            baselines=0.5,
            perturbations_per_eval=batch,
        )


def whole_passes(asked: Occluder, x: Tensor, places: Tensor) -> Tensor:
    """The scores of windows by whole passes: folded, channels last, best batch."""
    with torch.inference_mode():
        look = asked.look(x[0], torch.full_like(x[0], 0.5))
        return torch.cat([look.whole, look.scores(places)])


def asking(model: PyTorchClassifier, x: Tensor, recipe: Occlusion, worth: float) -> tuple[Occluder, Tensor]:
    """An occluder of the windows of `recipe`, and all of them."""
    tops, lefts = recipe.starts(x)
    places = torch.cartesian_prod(torch.arange(len(tops)), torch.arange(len(lefts)))
    grid = Grid(tuple(tops), tuple(lefts), recipe.patch, recipe.patch, (x.shape[2], x.shape[3]))
    with torch.inference_mode():
        return Occluder(model, x[0], grid, worth=worth), places


def bare(model: PyTorchClassifier, images: Tensor) -> Tensor:
    """The user's own module on a batch."""
    with torch.inference_mode():
        return model.scores(images)


def timed(run: Callable[[], Any]) -> tuple[Timed, Any]:
    """Wall and CPU seconds of one run, and what it gave."""
    began = time.perf_counter(), time.process_time()
    found = run()
    return (time.perf_counter() - began[0], time.process_time() - began[1]), found


def pass_seconds(model: PyTorchClassifier, x: Tensor, batch: int) -> float:
    """The least CPU time of some passes, for one image."""
    images = x.repeat(batch, 1, 1, 1)
    return min(timed(lambda: bare(model, images))[0][1] for _ in range(3)) / batch


def peak(name: str, how: str) -> int:
    """The most memory this process held, in MB, during some batches by boxes or whole, their preparation included."""
    model = classifier(name)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget what making the network took
    patch, stride, _ = NETS[name]
    x = noise(model)
    asked, places = asking(model, x, Occlusion(patch=patch, stride=stride, fill="grey"), 0.85 if how == "ours" else 0.0)
    with torch.inference_mode():
        look = asked.look(x[0], torch.full_like(x[0], 0.5))
        for batch in asked.batches(places)[:3]:
            look.scores(batch)
    held = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in held.splitlines() if line.startswith("VmHWM"))) // 1024


def peak_elsewhere(name: str, how: str, threads: int) -> int:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.attribution", "--net", name, "--peak", how, "--threads", str(threads)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def row(name: str, found: dict[str, Any]) -> str:
    """One line of the table."""
    ratio, memory, off = found["cpu_ratios"], found["peak"], found["difference"]["of_logit_range"]
    return (
        f"| {name}, {found['windows']} windows of {found['patch']}, stride {found['stride']} "
        f"| {_read(found['cpu_seconds']['ours'])} ({_read(found['first_call']['cpu'])}) "
        f"| {ratio['captum']:.1f}× | {ratio['captum_best']:.1f}× (batch {found['captum_best_batch']}) "
        f"| {ratio['whole']:.1f}× | {ratio['floor']:.1f}× "
        f"| {memory['ours']} MB, {memory['ours'] / memory['whole']:.2f}× | {off:.0e} |"
    )


def _read(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    main()
