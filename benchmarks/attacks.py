"""What FGSM and PGD cost beside the bare passes, and beside Foolbox and torchattacks, on the 10,000 MNIST test images.

Needs SEEWHY_DATA with mnist/. On every chunk of images all contenders take their turn, in another order each time; a
ratio is that of the CPU times on the same images, and the table shows the median. One thread, batches of 128 (what the
bare passes like best). The bare passes, Foolbox and torchattacks get the network with its parameters frozen, seewhy
gets it as it comes. Foolbox is asked by `run`, which leaves out its own check of success. Contenders that are not
installed are left out, and that is said.

    python -m benchmarks.attacks [--images 10000] [--chunk 500]
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seewhy import catalog, load
from seewhy.attacks.goals import Goal
from seewhy.datasets.base import as_image
from seewhy.datasets.mnist import Mnist

EPSILON, STEPS, BATCH = 0.1, 10, 128
OUT = Path(__file__).parent / "results" / "attacks.json"

Way = Callable[[Tensor, Tensor], Tensor]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--chunk", type=int, default=500)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    data = Mnist()
    x = torch.from_numpy(np.stack([as_image(pixels) for pixels in data.pixels("test")[: asked.images]]))
    y = torch.from_numpy(data.truth("test")[: asked.images].copy())
    model = load("mnist-cnn")
    found = {
        name: raced(ways, x, y, asked.chunk, lambda x: model.scores(x).argmax(1)) for name, ways in races(model).items()
    }
    print("\n".join(table(found)))
    OUT.write_text(json.dumps({"images": len(x), "chunk": asked.chunk, "races": found}, indent=1) + "\n")


def races(model: Any) -> dict[str, dict[str, Way]]:
    """The contenders of each race by name, the bare passes first."""
    net = model.frozen()
    fgsm = catalog.attack("fgsm")(epsilon=EPSILON)
    settings = {"epsilon": EPSILON, "steps": STEPS, "step": EPSILON / 4}
    pgd, early = (catalog.attack("pgd")(early_stop=early, **settings) for early in (False, True))
    found: dict[str, dict[str, Way]] = {
        "FGSM": {
            "bare passes": lambda x, y: bare(net, x, y, 1),
            "seewhy": lambda x, y: fgsm.perturb(model, x, Goal(y)).x,
        },
        "PGD-10": {
            "bare passes": lambda x, y: bare(net, x, y, STEPS),
            "seewhy": lambda x, y: pgd.perturb(model, x, Goal(y)).x,
            "seewhy, stopping early (its default)": lambda x, y: early.perturb(model, x, Goal(y)).x,
        },
    }
    for add in (_foolbox, _torchattacks):
        try:
            ways = add(net)
        except ImportError as error:
            print(f"left out: {error}")
            continue
        for race, way in ways.items():
            found[race][add.__name__.strip("_")] = _in_batches(way)
    return found


def bare(net: torch.nn.Module, x: Tensor, y: Tensor, times: int) -> Tensor:
    """As many passes there and back as the attack needs, and nothing else."""
    for images, labels in zip(x.split(BATCH), y.split(BATCH), strict=True):
        for _ in range(times):
            leaf = images.detach().requires_grad_()
            torch.autograd.grad(net(leaf).gather(1, labels[:, None]).sum(), leaf)
    return x


def raced(
    ways: dict[str, Way], x: Tensor, y: Tensor, chunk: int, answer: Callable[[Tensor], Tensor]
) -> dict[str, dict[str, Any]]:
    """Seconds of each way on each chunk, taken in turn, and how many images stay right."""
    names = list(ways)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    right = dict.fromkeys(names, 0)
    for way in ways.values():
        way(x[:BATCH], y[:BATCH])  # what is prepared once is no part of the race
    for turn, (images, labels) in enumerate(zip(x.split(chunk), y.split(chunk), strict=True)):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            started = time.process_time()
            attacked = ways[name](images, labels)
            seconds[name].append(time.process_time() - started)
            with torch.no_grad():
                guesses = torch.cat([answer(part) for part in attacked.split(BATCH)])
            right[name] += int((guesses == labels).sum())
        print(turn, {name: round(times[-1], 2) for name, times in seconds.items()}, flush=True)
    floor = np.array(seconds[names[0]])
    return {
        name: {
            "ms_an_image": 1000 * sum(times) / len(x),
            "ratio": float(np.median(np.array(times) / floor)),
            "ratio_quartiles": [float(q) for q in np.quantile(np.array(times) / floor, (0.25, 0.75))],
            "right": right[name] / len(x),
            "seconds": [round(one, 4) for one in times],
        }
        for name, times in seconds.items()
    }


def table(found: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """As Markdown."""
    lines = [
        "| attack | who | ms an image | times the bare passes (quartiles) | still right |",
        "|---|---|---|---|---|",
    ]
    for race, rows in found.items():
        for name, facts in rows.items():
            low, high = facts["ratio_quartiles"]
            cells = (race, name, f"{facts['ms_an_image']:.2f}", f"{facts['ratio']:.2f} ({low:.2f}–{high:.2f})")
            lines.append(f"| {' | '.join(cells)} | {facts['right']:.1%} |")
    return lines


def _in_batches(way: Way) -> Way:
    def whole(x: Tensor, y: Tensor) -> Tensor:
        return torch.cat([way(*part) for part in zip(x.split(BATCH), y.split(BATCH), strict=True)])

    return whole


def _foolbox(net: torch.nn.Module) -> dict[str, Way]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import foolbox
    model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
    fgsm = foolbox.attacks.LinfFastGradientAttack()
    pgd = foolbox.attacks.LinfPGD(rel_stepsize=0.25, steps=STEPS)

    def asked(attack: Any) -> Way:
        return lambda x, y: attack.run(model, x, foolbox.criteria.Misclassification(y), epsilon=EPSILON)

    return {"FGSM": asked(fgsm), "PGD-10": asked(pgd)}


def _torchattacks(net: torch.nn.Module) -> dict[str, Way]:
    import torchattacks

    return {
        "FGSM": torchattacks.FGSM(net, eps=EPSILON),
        "PGD-10": torchattacks.PGD(net, eps=EPSILON, alpha=EPSILON / 4, steps=STEPS),
    }


if __name__ == "__main__":
    main()
