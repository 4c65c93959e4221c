"""Metrics beside the libraries that have them: CPU seconds as ratios, and how far the scores differ.

    OMP_NUM_THREADS=1 python -m benchmarks.metrics [--rounds 5] [--side 28 224] [--out file.json]

Every round runs all contenders one after the other; ratios are medians over rounds of the ratio within a round. Maps,
pictures, noise and settings are the same for all sides. Quantus and pytorch-grad-cam are left out where they are not
installed. "With chance" is our metric with its 20 random maps, which nobody else has; "bare" is the one map alone.
At 224 × 224 chance is left out, and Quantus's pixel flipping, which takes every colour of a pixel for itself.
"""

from __future__ import annotations

import argparse
import itertools
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
from unittest.mock import MagicMock

from seewhy.web.threads import prepare_threads

prepare_threads()  # before torch is imported: all sides get it

import captum.metrics  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from benchmarks import nets  # noqa: E402
from seewhy import load  # noqa: E402
from seewhy.classifiers.pytorch import PyTorchClassifier  # noqa: E402
from seewhy.datasets.digits import Digits  # noqa: E402
from seewhy.explainers.input_x_gradient import InputXGradient  # noqa: E402
from seewhy.metrics.base import Metric  # noqa: E402
from seewhy.metrics.deletion import Deletion  # noqa: E402
from seewhy.metrics.imputing import impute  # noqa: E402
from seewhy.metrics.infidelity import Infidelity  # noqa: E402
from seewhy.metrics.sensitivity import MaxSensitivity  # noqa: E402
from seewhy.targets import ClassScore  # noqa: E402

TARGET = ClassScore(3)
STEPS = 28
Work = Callable[[], Any]


def main() -> None:
    """Measure, print a table, write JSON."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--rounds", type=int, default=5)
    wishes.add_argument("--side", type=int, nargs="*", choices=(28, 224), default=[28, 224])
    wishes.add_argument("--only", nargs="*", help="some of the metrics, by name")
    wishes.add_argument("--out", type=Path)
    wish = wishes.parse_args()
    facts: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "threads": torch.get_num_threads(),
        "command": "python -m benchmarks.metrics " + " ".join(sys.argv[1:]),
        "results": {},
    }
    print("| side | metric | contender | CPU ms | ratio to ours, bare |")
    print("|---|---|---|---|---|")
    for side in wish.side:
        for name, contenders in works(side).items():
            if wish.only and name not in wish.only:
                continue
            rounds = 2 if side == 224 else wish.rounds
            facts["results"][f"{side} {name}"] = found = compared(contenders, rounds)
            for who, (milliseconds, ratio) in found.items():
                print(f"| {side} | {name} | {who} | {milliseconds:.0f} | {ratio:.2f} |", flush=True)
    if wish.out:
        wish.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def compared(contenders: dict[str, Work], rounds: int) -> dict[str, tuple[float, float]]:
    """For each contender, the median CPU milliseconds and the median ratio to the first; once unmeasured first."""
    for work in contenders.values():
        work()
    spent: dict[str, list[float]] = {who: [] for who in contenders}
    for _ in range(rounds):
        for who, work in contenders.items():
            started = time.process_time()
            work()
            spent[who].append(time.process_time() - started)
    first = spent[next(iter(spent))]
    return {
        who: (1000 * statistics.median(times), statistics.median(a / b for a, b in zip(times, first, strict=True)))
        for who, times in spent.items()
    }


def works(side: int) -> dict[str, dict[str, Work]]:
    """The contenders of each metric on one picture."""
    model = load("mnist-cnn") if side == 28 else _resnet()
    assert isinstance(model, PyTorchClassifier)
    x = model.prepare(Digits().sample("test", 12).image) if side == 28 else _noise(model)
    recipe = InputXGradient()
    values = recipe.attribute(model, x, TARGET).values[0]

    def ours(metric: Metric) -> dict[str, Work]:
        ask = (model, x, TARGET)
        more = {"recipe": recipe} if metric.needs_recipe else {}
        found: dict[str, Work] = {"ours, bare": lambda: metric.measure_many(*ask, values[None], **more)}
        if side == 28:
            found["ours, with chance"] = lambda: metric.measure(*ask, values, **more)
        return found

    moving = MaxSensitivity(samples=10)
    squares = Infidelity(samples=100 if side == 28 else 32, scaled=False, relative=False)
    steps = Deletion(steps=STEPS, output="logit")
    found = {
        "deletion": ours(steps) | _flipping_by_quantus(model, x, values),
        "max-sensitivity": ours(moving) | {"Captum": _sensitivity_by_captum(model, x, recipe, moving)},
        "infidelity": ours(squares) | {"Captum": _infidelity_by_captum(model, x, values, squares)},
        "imputing": _imputing(x),
    }
    if (by_quantus := _sensitivity_by_quantus(model, x, recipe, moving)) is not None:
        found["max-sensitivity"]["Quantus"] = by_quantus
    return found


def _sensitivity_by_captum(model: PyTorchClassifier, x: torch.Tensor, recipe: Any, metric: MaxSensitivity) -> Work:
    def explain(inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        with torch.enable_grad():
            return (recipe.attribute(model, inputs[0].detach(), TARGET).values,)

    return lambda: captum.metrics.sensitivity_max(
        explain, (x,), perturb_func=lambda _: (metric.noisy(x),), n_perturb_samples=metric.samples
    )


def _infidelity_by_captum(model: PyTorchClassifier, x: torch.Tensor, values: torch.Tensor, metric: Infidelity) -> Work:
    spread = (values / x.shape[1]).expand_as(x)

    squares = itertools.cycle(metric.squares((x.shape[2], x.shape[3])))

    def perturb(given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gone = torch.stack(list(itertools.islice(squares, len(given))))[:, None]
        return gone.expand(-1, x.shape[1], -1, -1).float(), x * ~gone

    def score(inputs: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return model.scores(inputs)

    return lambda: captum.metrics.infidelity(
        score, perturb, x, spread, target=TARGET.index, n_perturb_samples=metric.samples,
        max_examples_per_batch=metric.samples if x.shape[2] < 100 else 16,
    )  # fmt: skip


def _flipping_by_quantus(model: PyTorchClassifier, x: torch.Tensor, values: torch.Tensor) -> dict[str, Work]:
    if (quantus := _quantus()) is None or x.shape[2] != 28:
        return {}
    spread = np.broadcast_to(values.numpy(), x.shape).copy()
    judge = quantus.PixelFlipping(
        features_in_step=x[0].numel() // STEPS, perturb_baseline=0.0, abs=False, normalise=False,
        disable_warnings=True, display_progressbar=False,
    )  # fmt: skip
    return {"Quantus": lambda: judge(**_asked(model, x, spread), softmax=False)}


def _sensitivity_by_quantus(
    model: PyTorchClassifier, x: torch.Tensor, recipe: Any, metric: MaxSensitivity
) -> Work | None:
    if (quantus := _quantus()) is None:
        return None

    def explain(inputs: Any, **_: Any) -> Any:
        given = torch.as_tensor(np.asarray(inputs), dtype=torch.float32)
        return recipe.attribute(model, given, TARGET).values[:, None].numpy()

    def work() -> Any:
        noisy = iter(metric.noisy(x).numpy())
        judge = quantus.MaxSensitivity(
            nr_samples=metric.samples, perturb_func=lambda arr, **_: next(noisy).reshape(arr.shape), abs=False,
            normalise=False, disable_warnings=True, display_progressbar=False,
        )  # fmt: skip
        return judge(
            **_asked(model, x, explain(x)), explain_func=lambda model, inputs, targets, **_: explain(inputs)
        )  # fmt: skip

    return work


def _imputing(x: torch.Tensor) -> dict[str, Work]:
    """Half of the pixels, in clouds, eight times."""
    from seewhy.metrics.chance import smooth_noise

    gone = smooth_noise((x.shape[2], x.shape[3]), 8, x.shape[2] / 50) > 0
    found: dict[str, Work] = {"ours, bare": lambda: impute(x, gone)}
    for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
        sys.modules.setdefault(name, MagicMock())  # imported for helpers that are not used here
    from pytorch_grad_cam.metrics.road import NoisyLinearImputer

    judge = NoisyLinearImputer(noise=0)
    found["pytorch-grad-cam"] = lambda: [judge(x[0], (~hole).float()) for hole in gone]
    return found


def _asked(model: PyTorchClassifier, x: torch.Tensor, maps: Any) -> dict[str, Any]:
    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = model.module

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            return self.module((given - model.mean) / model.std)

    return {
        "model": Whole().eval(), "x_batch": x.numpy(), "y_batch": np.array([TARGET.index]), "a_batch": maps,
        "device": "cpu", "channel_first": True,
    }  # fmt: skip


def _quantus() -> Any:
    try:
        import quantus
    except ImportError:
        return None
    return quantus


def _resnet() -> PyTorchClassifier:
    return PyTorchClassifier(nets.resnet18().eval(), [str(k) for k in range(1000)], (3, 224, 224))


def _noise(model: PyTorchClassifier) -> torch.Tensor:
    return torch.rand(1, *model.input_shape, generator=torch.Generator().manual_seed(0))


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
