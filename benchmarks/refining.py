"""Refined rules against those of the published greedy search: size, recall and precision on images not learned from.

Rules of the first training images of CIFAR-10, learned on 20,000 of them, counted on all test images; the published
network, its second pooling. Intervals are of the paired differences to the greedy search, over keys drawn again.

    SEEWHY_DATA=… python -m benchmarks.refining [--keys 100] [--folder RECORDINGS]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.published import published
from seewhy.datasets.cifar10 import Cifar10
from seewhy.inference.activations import record
from seewhy.interpolants.base import Interpolant
from seewhy.interpolants.beam import Beam
from seewhy.interpolants.keys import recorded
from seewhy.interpolants.refine import Refine
from seewhy.interpolants.search import Search
from seewhy.predicates import PredictsClass

LAYER = "14"
RESULTS = Path(__file__).parent / "results" / "refining.json"
RESAMPLES = 10_000

SEARCHES: Mapping[str, Search | Beam] = {"greedy": Search(), "beam": Beam()}


def main() -> None:
    """Learn, count, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    model, data = published(), Cifar10()
    train = record(model, data, "train", [LAYER], size=20_000, folder=given.folder)
    test = record(model, data, "test", [LAYER], size=10_000, folder=given.folder)
    found: dict[str, list[Interpolant]] = {}
    seconds: dict[str, list[float]] = {}
    for place in range(given.keys):
        key, conclusion = recorded(train, place), PredictsClass(int(train.predicted[place]))
        for name, search in SEARCHES.items():
            started = time.process_time()
            rule = search.learn(train, test, LAYER, conclusion, key)
            learned = time.process_time() - started
            refined = Refine().applied(rule, train, test)
            whole = time.process_time() - started
            for way, each, spent in ((name, rule, learned), (f"{name}, refined", refined, whole)):
                found.setdefault(way, []).append(each)
                seconds.setdefault(way, []).append(spent)
        if (place + 1) % 10 == 0 or place + 1 == given.keys:
            table = {name: summary(rules, found["greedy"], seconds[name]) for name, rules in found.items()}
            RESULTS.write_text(json.dumps({"keys": place + 1, "layer": LAYER, "ways": table}, indent=1) + "\n")
            print(f"{place + 1} keys\n{as_text(table)}", flush=True)


def summary(rules: list[Interpolant], usual: list[Interpolant], seconds: list[float]) -> dict[str, Any]:
    """Means over the keys, with the 95 % intervals of their differences to the usual rules."""
    mine, theirs = numbers(rules), numbers(usual)
    draws = np.random.default_rng(0).integers(0, len(rules), (RESAMPLES, len(rules)))
    told: dict[str, Any] = {"seconds": float(np.median(seconds))}
    for name, measure in MEASURES.items():
        differences = measure(mine[:, draws]) - measure(theirs[:, draws])
        low, high = np.quantile(differences, (0.025, 0.975))
        told[name] = {"value": float(measure(mine)), "difference": [float(low), float(high)]}
    told["test"] = {"n": int(mine[1].sum()), "f": int(mine[2].sum())}
    told["train_precision"] = 1 - sum(r.train.f for r in rules) / sum(r.train.n for r in rules)
    return told


def numbers(rules: list[Interpolant]) -> NDArray[np.float64]:
    """(4, K): size, and N, F and recall on the test images, of each rule."""
    each = [(len(rule.conjuncts), rule.test.n, rule.test.f, rule.test.recall or 0.0) for rule in rules]
    return np.array(each, dtype=np.float64).T


MEASURES: dict[str, Callable[[NDArray[np.float64]], Any]] = {
    "size": lambda each: each[0].mean(-1),
    "recall": lambda each: each[3].mean(-1),
    "precision": lambda each: 1 - each[2].sum(-1) / each[1].sum(-1),
}


def as_text(table: Mapping[str, Any]) -> str:
    """A table for docs."""
    lines = ["| search | bounds | recall | pooled precision | train precision | CPU s |", "|---|---|---|---|---|---|"]
    for name, told in table.items():
        cells = []
        for measure, form in (("size", ".2f"), ("recall", ".2%"), ("precision", ".1%")):
            low, high = told[measure]["difference"]
            signed = form.replace(".", "+.")
            extra = "" if name == "greedy" else f" ({format(low, signed)} … {format(high, signed)})"
            cells.append(format(told[measure]["value"], form) + extra)
        lines.append(f"| {name} | {' | '.join(cells)} | {told['train_precision']:.1%} | {told['seconds']:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
