"""Rules: how long recording, searching, hovering and the first answer of a new process take, and how much memory.

    SEEWHY_DATA=folder python -m benchmarks.interpolants [--rounds 5] [--images 4096] [--threads 2] [--out file.json]

On the published CIFAR-10 network, its second max-pooling (4,096 units) and 20,000 images; the recording is made first
where --folder has none. Contenders take turns, and ratios are medians of the ratios within a round, so that a busy
neighbour slows both. CPU seconds count all threads.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

from seewhy.web.threads import prepare_threads

prepare_threads()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from benchmarks.published import POOLS, published  # noqa: E402
from seewhy.datasets.base import as_image  # noqa: E402
from seewhy.datasets.cifar10 import Cifar10  # noqa: E402
from seewhy.inference.activations import Activations, record  # noqa: E402
from seewhy.interpolants.examples import examples, spread  # noqa: E402
from seewhy.interpolants.keys import recorded  # noqa: E402
from seewhy.interpolants.search import Search, fraction  # noqa: E402
from seewhy.predicates import Bound, PredictsClass  # noqa: E402

IMPORTED = time.process_time()
LAYER, CONCLUSION, KEY = POOLS[1], PredictsClass(0), 80
SIZE = 20_000


def main() -> None:
    """Measure, print, and write JSON where asked."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--rounds", type=int, default=5)
    wishes.add_argument("--images", type=int, default=4096, help="of one recording that is timed")
    wishes.add_argument("--threads", type=int, default=torch.get_num_threads())
    wishes.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "seewhy-benchmark"))
    wishes.add_argument("--out", type=Path)
    wishes.add_argument("--only", choices=["first", "build"], help="measure this in this process, and print JSON")
    wish = wishes.parse_args()
    torch.set_num_threads(wish.threads)
    if wish.only == "first":
        print(json.dumps(first(wish.folder)))
        return
    if wish.only == "build":
        print(json.dumps(build(wish.images, 1)))
        return
    train, _ = splits(wish.folder)
    facts: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load": os.getloadavg()[0],
        "threads": wish.threads,
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
        "command": "python -m benchmarks.interpolants " + " ".join(sys.argv[1:]),
        "search": search(train, wish.rounds),
        "hover": hover(train),
        "build": build(wish.images, wish.rounds),
        "first": _apart("first", wish),
        "peak_build": _apart("build", wish)["peak_mib"],
    }
    print(json.dumps(facts, indent=2))
    if wish.out:
        wish.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def splits(folder: Path) -> tuple[Activations, Activations]:
    """Both splits at the layer, recorded where they are not."""
    data = Cifar10(_data())
    model = published()
    train, test = (record(model, data, split, [LAYER], SIZE, folder) for split in ("train", "test"))
    return train, test


def search(train: Activations, rounds: int) -> dict[str, Any]:
    """The same rule by ours and by plain NumPy."""
    key, layer = recorded(train, KEY), train.layer(LAYER)
    values = np.ascontiguousarray(layer.values)  # in memory, as somebody without a recording would have it
    own, positive = values[:, KEY].copy(), train.of(CONCLUSION)
    ours: list[Any] = []
    plain: list[Any] = []
    ways = {
        "ours": lambda: ours.append(Search().find(train, LAYER, CONCLUSION, key)[0].parts),
        "numpy": lambda: plain.append(straightforward(values, positive, own)),
    }
    seconds = _in_turn(ways, rounds + 1)
    assert [(layer.index(b.unit), b.op, b.threshold) for b in ours[-1]] == plain[-1], "they must agree"
    return _compared(seconds, "numpy", "ours") | {"units": layer.count, "images": train.count, "bounds": len(ours[-1])}


def straightforward(
    values: NDArray[Any], positive: NDArray[np.bool_], own: NDArray[Any], alpha: float = 0.95
) -> list[tuple[int, str, float]]:
    """The search as one would write it in NumPy: sort the positives, compare everything, count."""
    pos, neg = values[:, positive], values[:, ~positive]
    gamma = share = 0.6
    found = []
    while neg.shape[1] > (1 - alpha) * (neg.shape[1] + pos.shape[1]) and share > 0.001:
        k = ceil(share * pos.shape[1])
        ordered = np.sort(pos, axis=1)
        at_least, at_most = np.minimum(ordered[:, -k], own), np.maximum(ordered[:, k - 1], own)
        t = [(neg >= at_least[:, None]).sum(1), (neg <= at_most[:, None]).sum(1)]
        f = [(pos >= at_least[:, None]).sum(1), (pos <= at_most[:, None]).sum(1)]
        costs = [a / (a + b) for a, b in zip(t, f, strict=True)]
        side = int(costs[1].min() < costs[0].min())
        unit = int(costs[side].argmin())
        if t[side][unit] == neg.shape[1]:
            share *= gamma
            continue
        threshold = (at_least, at_most)[side][unit]
        found.append((unit, "<=" if side else ">=", float(threshold)))
        pos, neg = (a[:, a[unit] <= threshold if side else a[unit] >= threshold] for a in (pos, neg))
        share *= 0.9
    return found


def hover(train: Activations, count: int = 200) -> dict[str, Any]:
    """What the page asks about one bound when the pointer rests: its share, its examples, its histogram."""
    layer, random = train.layer(LAYER), np.random.default_rng(0)
    taken: dict[str, list[float]] = {"fraction": [], "examples": [], "strongest tenth": [], "histogram": []}
    for unit in random.choice(layer.count, count, replace=False):
        bound = Bound(LAYER, layer.unit(int(unit)), ">=", float(layer.values[unit, KEY]))
        for name, ask in {
            "fraction": lambda b=bound: fraction(train, b),
            "examples": lambda b=bound: examples(train, b, predicted=0),
            "strongest tenth": lambda b=bound: examples(train, b, percentile=90, order="strongest"),
            "histogram": lambda b=bound: spread(train, b),
        }.items():
            started = time.perf_counter()
            ask()
            taken[name].append(1000 * (time.perf_counter() - started))
    return {n: {"median_ms": statistics.median(t), "largest_ms": max(t)} for n, t in taken.items()}


def build(images: int, rounds: int) -> dict[str, Any]:
    """Recording one and two poolings beside the bare passes over as many images, in batches of the same size."""
    data, model = Cifar10(_data()), published()
    x = torch.from_numpy(np.stack([as_image(p) for p in data.pixels("train")[:256]]))

    def bare() -> None:
        with torch.no_grad():
            for start in range(0, images, 64):
                model.scores(x[start % 256 : start % 256 + min(64, images - start)])

    def ours(*layers: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            record(model, data, "train", layers, images, Path(folder))

    record(model, data, "train", [], 64, Path(tempfile.mkdtemp()))  # reads the data set, once for a process
    seconds = _in_turn({"one": lambda: ours(LAYER), "two": lambda: ours(*POOLS), "bare": bare}, rounds)
    found = {name: _compared({k: seconds[k] for k in (name, "bare")}, name, "bare") for name in ("one", "two")}
    units = [model.layers()[name].shape for name in POOLS]
    return found | {"images": images, "units": [int(np.prod(shape)) for shape in units], "peak_mib": _peak()}


def first(folder: Path) -> dict[str, Any]:
    """From nothing but imports to the first rule, with the recordings on disk."""
    started = time.process_time()
    train, test = splits(folder)
    opened = time.process_time()
    Search().learn(train, test, LAYER, CONCLUSION, recorded(train, KEY))
    assert train.passes == test.passes == 0, "the recordings must be there already"
    done = time.process_time()
    return {
        "imports_cpu": IMPORTED,
        "opening_cpu": opened - started,
        "rule_cpu": done - opened,
        "cpu": done - started,
        "peak_mib": _peak(),
    }


def _in_turn(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """(wall, CPU) seconds of each way, round by round; the first of several warms up."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            seconds[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: taken[1:] if rounds > 2 else taken for name, taken in seconds.items()}


def _compared(seconds: dict[str, list[tuple[float, float]]], upper: str, lower: str) -> dict[str, Any]:
    pairs = list(zip(seconds[upper], seconds[lower], strict=True))
    return {
        name: {
            "median_s": statistics.median(wall for wall, _ in taken),
            "median_cpu_s": statistics.median(cpu for _, cpu in taken),
        }
        for name, taken in seconds.items()
    } | {
        "ratio": f"{upper} / {lower}",
        "wall_ratio": statistics.median(a[0] / b[0] for a, b in pairs),
        "cpu_ratio": statistics.median(a[1] / b[1] for a, b in pairs),
    }


def _apart(what: str, wish: argparse.Namespace) -> dict[str, Any]:
    """Measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.interpolants", "--only", what, "--folder", str(wish.folder)]
    command += ["--threads", str(wish.threads), "--images", str(SIZE if what == "build" else wish.images)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _data() -> Path:
    return Path(os.environ["SEEWHY_DATA"])


if __name__ == "__main__":
    main()
