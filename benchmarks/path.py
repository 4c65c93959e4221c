"""How exact Integrated Gradients are for how many gradients: Gauss-Legendre points against points that go where needed.

Prints a table for mnist-cnn, and for a six-convolution CIFAR-10 network where SEEWHY_DATA names a folder with the
pictures (cifar10/): with the weights of the file given, or else trained first. Then what a gradient costs beside the
bare passes.

    python -m benchmarks.path [WEIGHTS] [--images 50]
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks import cifar_net
from seewhy import load
from seewhy.classifiers.base import Classifier
from seewhy.datasets.digits import Digits
from seewhy.explainers.base import Attribution
from seewhy.explainers.integrated_gradients import IntegratedGradients
from seewhy.inference.batches import batch_size
from seewhy.targets import ClassScore, Output

BUDGETS = (25, 50, 100, 200)
REFERENCE = 2000
HEAD = """| gradients | Gauss-Legendre: error | gap | ρ | refined: error | gap | ρ | expected / true error | within ×3 |
|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", nargs="?", type=Path, help="of the CIFAR network; written here after training")
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--outputs", nargs="+", choices=["logit", "probability"], default=["logit", "probability"])
    asked = parser.parse_args()
    digits = Digits()
    cases = [
        (load("mnist-cnn"), torch.from_numpy(np.stack([digits.sample("test", i).image for i in range(asked.images)])))
    ]
    if "SEEWHY_DATA" in os.environ:
        cases.append((cifar_net.classifier(asked.weights), cifar_net.pictures("test")[: asked.images].float() / 255))
    for model, x in cases:
        for output in asked.outputs:
            print(
                f"\n{model.name}, {output} of the first choice, {len(x)} images; median (worst)\n\n{HEAD}", flush=True
            )
            for row in table(model, x, output):
                print(row, flush=True)
    for model, x in cases:
        print(f"\n{model.name}, 50 gradients of one image, and 500 of ten; times the bare passes")
        print("\n".join(cost(model, x)), flush=True)


def table(model: Classifier, x: Tensor, output: Output) -> list[str]:
    """One row a budget: map error and rank correlation against the reference, and the completeness gap."""
    targets = [ClassScore(int(scores.argmax()), output=output) for scores in model.scores(x).detach()]
    truth = [_channels(_explained(model, i, t, steps=REFERENCE)) for i, t in zip(x, targets, strict=True)]
    rows = []
    for budget in BUDGETS:
        cells, expected = [f"{budget}"], []
        for settings in ({}, {"tolerance": 1e-4}):
            found = [_explained(model, i, t, steps=budget, **settings) for i, t in zip(x, targets, strict=True)]
            errors = [_error(_channels(f), true) for f, true in zip(found, truth, strict=True)]
            gaps = [f.notes[0]["relative_gap"] for f in found]
            ranks = [_rank_correlation(_channels(f), true) for f, true in zip(found, truth, strict=True)]
            cells += [f"{np.median(v):.2%} ({max(v):.1%})" for v in (errors, gaps)]
            cells.append(f"{np.median(ranks):.4f} ({min(ranks):.3f})")
            if settings:
                expected = [f.notes[0]["estimated_error"] / e for f, e in zip(found, errors, strict=True)]
        near = np.mean([1 / 3 <= ratio <= 3 for ratio in expected])
        rows.append(f"| {' | '.join(cells)} | {np.median(expected):.2f} | {near:.0%} |")
    return rows


def cost(model: Classifier, x: Tensor) -> list[str]:
    """Seconds beside the bare passes at the same batch, the best of five, taken in turn."""
    lines, target = [], ClassScore(0)
    for count in (1, 10):
        images = x[:count]
        ways = {
            "bare passes": lambda images=images: _bare(model, images, target, 50),
            "Gauss-Legendre": lambda images=images: IntegratedGradients(steps=50).attribute(model, images, target),
            "refined": lambda images=images: IntegratedGradients(steps=50, tolerance=1e-4).attribute(
                model, images, target
            ),
        }
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(5):
            for name, way in ways.items():
                started = time.process_time()
                way()
                best[name] = min(best[name], time.process_time() - started)
        lines += [
            f"{count:3} {name:15} {1000 * s:8.1f} ms CPU  {s / best['bare passes']:.2f}" for name, s in best.items()
        ]
    return lines


def _bare(model: Classifier, x: Tensor, target: ClassScore, steps: int) -> None:
    """As many gradients, and nothing else."""
    for points in x.repeat(steps, 1, 1, 1).split(batch_size(x)):
        points = points.clone().requires_grad_()
        torch.autograd.grad(target(model, points).sum(), points)


def _explained(model: Classifier, image: Tensor, target: ClassScore, **settings: float) -> Attribution:
    return IntegratedGradients.model_validate(settings).attribute(model, image[None], target)


def _channels(found: Attribution) -> NDArray[np.float64]:
    assert found.channels is not None
    return found.channels[0].double().numpy()


def _error(values: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(values - truth) / np.linalg.norm(truth))


def _rank_correlation(values: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Spearman's, over pixels that are not zero in both; equal ranks do not occur among the others."""
    some = (values != 0) | (truth != 0)
    ranks = [v[some].argsort().argsort() for v in (values, truth)]
    return float(np.corrcoef(*ranks)[0, 1])


if __name__ == "__main__":
    main()
