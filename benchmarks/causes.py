"""Does the conclusion follow from what a rule names? Interventions on the published network, beside random rules.

Rules of the first training images of CIFAR-10 that hold for at least 30 training images; trials on test images.

    SEEWHY_DATA=… python -m benchmarks.causes [--keys 20] [--folder RECORDINGS]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from benchmarks.published import published
from seewhy.datasets.cifar10 import Cifar10
from seewhy.inference.activations import record
from seewhy.interpolants.beam import Beam
from seewhy.interpolants.causal import Causal, CausalTest, Rate, reader
from seewhy.interpolants.keys import recorded
from seewhy.interpolants.search import Search
from seewhy.predicates import PredictsClass

LAYER = "14"
RESULTS = Path(__file__).parent / "results" / "causes.json"
CAUSAL = Causal(images=40, draws=5)


def main() -> None:
    """Test the rules of both searches, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    model, data = published(), Cifar10()
    train = record(model, data, "train", [LAYER], size=20_000, folder=given.folder)
    test = record(model, data, "test", [LAYER], size=10_000, folder=given.folder)
    read = reader(model, data, "test")
    found: dict[str, list[CausalTest]] = {"greedy": [], "beam": []}
    place = 0
    while len(found["beam"]) < given.keys:
        key, conclusion = recorded(train, place), PredictsClass(int(train.predicted[place]))
        rules = [search.learn(train, test, LAYER, conclusion, key) for search in (Search(), Beam())]
        if all(rule.train.n >= 30 for rule in rules):
            x = model.prepare(data.sample("train", place).image)
            for name, rule in zip(found, rules, strict=True):
                found[name].append(CAUSAL(rule, model, torch.as_tensor(x), train, test, read))
            print(f"{len(found['beam'])} of {given.keys}", flush=True)
        place += 1
    table = {name: pooled(tests) for name, tests in found.items()}
    RESULTS.write_text(json.dumps({"keys": given.keys, "layer": LAYER, "searches": table}, indent=1) + "\n")
    print(as_text(table))


def pooled(tests: list[CausalTest]) -> dict[str, Any]:
    """All rules of one search together, trial by trial."""
    told: dict[str, Any] = {"covered": sum(t.covered[0] for t in tests) / len(tests)}
    for trial in tests[0].trials:
        same = [test[trial.name] for test in tests]
        told[trial.name] = {
            "rule": _sum([each.rule for each in same]).describe(),
            "control": _sum([each.control for each in same]).describe(),
            "without": _sum([each.without for each in same]).describe(),
            "beaten": sum((each.rule.share or 0) > (each.control.share or 0) for each in same),
        }
    return told


def _sum(rates: list[Rate]) -> Rate:
    return Rate(sum(rate.hits for rate in rates), sum(rate.trials for rate in rates))


def as_text(table: dict[str, Any]) -> str:
    """A table for docs."""
    lines = ["| search | trial | rule | random rules | nothing kept or changed |", "|---|---|---|---|---|"]
    for name, told in table.items():
        for trial, rates in told.items():
            if trial != "covered":
                cells = [_percent(rates[which]) for which in ("rule", "control", "without")]
                lines.append(f"| {name} | {trial} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _percent(rate: dict[str, Any]) -> str:
    if rate["share"] is None:
        return "n/a"
    low, high = rate["interval"]
    return f"{rate['share']:.0%} ({low:.0%} … {high:.0%})"


if __name__ == "__main__":
    main()
