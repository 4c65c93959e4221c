"""Which method finds the cause, where the cause is known; and whether the trust figure tells the maps that do.

    python -m benchmarks.ground_truth [--count 200] [--methods occlusion,lime,…] [--captum] [--out FILE.json]

Both `shortcuts` networks, every method as it comes, and bad maps beside (`benchmarks/bad_maps.py`).

The images are those of the split `test` on which changing one thing alone moves the answer, and moves it to where the
change points: the mark for the network that cheats, the shape for the one that does not. A map finds the cause when it
has more of its positive values there than 95 % of random maps as smooth, and more densely than on the decoy (the other
of mark and shape). Time is CPU time an image, one thread, as a multiple of Integrated Gradients with 50 steps.

The area under the curve (AUC) is the chance that of two maps of which one finds the cause and one does not, the first
has the higher trust figure. Its interval draws the images anew 1,000 times, each with all of its maps. The figure was
chosen on images of the split `told`; none of them is here.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any, NamedTuple

from seewhy.web.threads import prepare_threads

prepare_threads()  # before torch is imported

import numpy as np  # noqa: E402
import torch  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy.stats import rankdata  # noqa: E402

from benchmarks.bad_maps import Maker, bad_maps, explained  # noqa: E402
from seewhy import catalog, load  # noqa: E402
from seewhy.classifiers.base import Classifier  # noqa: E402
from seewhy.datasets.shortcuts import Shortcuts  # noqa: E402
from seewhy.metrics.chance import random_maps  # noqa: E402
from seewhy.shares import wilson  # noqa: E402
from seewhy.targets import ClassScore  # noqa: E402
from seewhy.verdicts.figure import DOUBT, TRUST, figure  # noqa: E402
from seewhy.verdicts.squares import hide_squares  # noqa: E402
from seewhy.verdicts.truth import Cause, Sighting, Verified, reliance, sight  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "ground-truth.json"
NETWORKS: dict[str, Cause] = {"shortcuts-cheat": "mark", "shortcuts-honest": "shape"}
CHANCE = 200  # random maps beside each map
YARDSTICK = "integrated-gradients"


class Judged(NamedTuple):
    """A map that was judged."""

    sighting: Sighting
    figure: float
    seconds: float


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--methods", default=",".join(catalog.own_explainers()))
    parser.add_argument("--captum", action="store_true", help="also what Captum adds")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    torch.set_num_threads(1)
    names = given.methods.split(",") + [name for name in catalog.explainers() if given.captum and ":" in name]
    data, found, judged = Shortcuts(), dict[str, Any](), dict[str, dict[str, list[Judged]]]()
    for network, cause in NETWORKS.items():
        model = load(network)
        known = reliance(model, data, "test", cause)
        chosen = known.verified[: given.count]
        makers = {name: explained(name) for name in names if catalog.explainer(name).refusal(model) is None}
        judged[network] = {name: judge(model, chosen, maker) for name, maker in (makers | bad_maps(model)).items()}
        rows = {name: summary(maps) for name, maps in judged[network].items()}
        for row in rows.values():
            row["relative"] = row["seconds"] / rows[YARDSTICK]["seconds"]
        found[network] = {"cause": cause, "reliance": known.describe(), "images": len(chosen), "methods": rows}
        found[network]["figure"] = validated([judged[network]])
    facts = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "torch": torch.__version__,
        "split": "test",
        "chance": CHANCE,
        "networks": found,
        "figure": validated(list(judged.values())),
    }
    given.out.write_text(json.dumps(facts, indent=1) + "\n")
    print(as_text(facts))


def judge(model: Classifier, chosen: tuple[Verified, ...], maker: Maker) -> list[Judged]:
    """A map of every image, held against the cause; and its trust figure, which does not know of the cause."""
    maker(model, chosen[0])  # what is prepared once for a model is not counted
    found = []
    for one in chosen:
        started = time.process_time()
        values = maker(model, one)
        seconds = time.process_time() - started
        image = torch.from_numpy(one.image)
        squares = hide_squares(model, image, model.scores(image[None])[0].detach())
        value = figure(squares, ClassScore(one.said), values).value
        found.append(Judged(sight(values, one, _chance), value, seconds))
    return found


def summary(maps: list[Judged]) -> dict[str, Any]:
    """How often maps show the cause, how much of them lies there, what they cost, and what the figure says of them."""
    sightings = [one.sighting for one in maps]
    hits, pointed = sum(each.found for each in sightings), sum(each.pointed for each in sightings)
    return {
        "found": hits / len(maps),
        "found_interval": wilson(hits, len(maps)),
        "pointed": pointed / len(maps),
        "pointed_interval": wilson(pointed, len(maps)),
        "mass": float(np.mean([each.mass for each in sightings])),
        "chance_mass": float(np.mean([each.area for each in sightings])),
        "rank": float(np.mean([each.rank for each in sightings])),
        "figure": float(np.mean([one.figure for one in maps])),
        "seconds": float(np.median([one.seconds for one in maps])),
    }


def validated(networks: list[dict[str, list[Judged]]]) -> dict[str, Any]:
    """How well the figure tells maps that find the cause from those that do not, with an interval; and by its words."""
    rows = [list(each.values()) for each in networks]
    figures = [np.array([[one.figure for one in maps] for maps in each]) for each in rows]  # (M, N) each
    labels = [np.array([[one.sighting.found for one in maps] for maps in each]) for each in rows]

    def area(chosen: list[NDArray[np.int64]]) -> float:
        pairs = [(a[:, i].ravel(), b[:, i].ravel()) for a, b, i in zip(figures, labels, chosen, strict=True)]
        return auc(np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs]))

    rng = np.random.default_rng(0)
    draws = [area([rng.integers(0, each.shape[1], each.shape[1]) for each in figures]) for _ in range(1000)]
    every, truth = np.concatenate([a.ravel() for a in figures]), np.concatenate([b.ravel() for b in labels])
    words = {}
    for word, low, high in (("trust", TRUST, 2.0), ("doubt", DOUBT, TRUST), ("no better than chance", -1.0, DOUBT)):
        there = truth[(every >= low) & (every < high)]
        words[word] = {
            "maps": len(there),
            "found": float(there.mean()),
            "interval": wilson(int(there.sum()), len(there)),
        }
    return {
        "auc": area([np.arange(each.shape[1]) for each in figures]),
        "interval": np.percentile(draws, [2.5, 97.5]).tolist(),
        "maps": len(every),
        "words": words,
    }


def auc(figures: NDArray[np.float64], found: NDArray[np.bool_]) -> float:
    """The chance that a map that finds the cause has the higher figure, equal ones counted half."""
    good, bad = int(found.sum()), int((~found).sum())
    return float((rankdata(figures)[found].sum() - good * (good + 1) / 2) / (good * bad))


def as_text(facts: dict[str, Any]) -> str:
    """A table for docs, best first."""
    lines = []
    for network, told in facts["networks"].items():
        relied = told["reliance"]
        lines += [
            f"\n**{network}**, cause: the {told['cause']}. Of {relied['trials']:,} images changed, answers followed "
            f"the mark in {relied['follows_mark']:.0%} of the changes and the shape in {relied['follows_shape']:.0%}; "
            f"{told['images']} images whose cause is the {told['cause']} alone.\n",
            "| method | finds the cause (95 %) | its highest pixel is there | share of the map there "
            f"(chance {told['methods'][YARDSTICK]['chance_mass']:.0%}) | mean trust figure | CPU time, IG 50 = 1 |",
            "|---|---|---|---|---|---|",
        ]
        for name, row in sorted(told["methods"].items(), key=lambda each: -each[1]["found"]):
            low, high = row["found_interval"]
            lines.append(
                f"| {name} | {row['found']:.0%} ({low:.0%} … {high:.0%}) | {row['pointed']:.0%} | {row['mass']:.0%} | "
                f"{row['figure']:.2f} | {row['relative']:.2g} |"
            )
        lines.append(f"\nAUC of the trust figure: {_interval(told['figure'])}.")
    whole = facts["figure"]
    lines.append(f"\nBoth networks, {whole['maps']:,} maps: AUC {_interval(whole)}.\n")
    for word, told in whole["words"].items():
        low, high = told["interval"]
        lines.append(f"| {word} | {told['maps']:,} | {told['found']:.0%} ({low:.0%} … {high:.0%}) |")
    return "\n".join(lines)


def _interval(told: dict[str, Any]) -> str:
    low, high = told["interval"]
    return f"{told['auc']:.3f} ({low:.3f} … {high:.3f})"


def _chance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = random_maps(torch.as_tensor(np.ascontiguousarray(values)), CHANCE).numpy()
    return found


if __name__ == "__main__":
    main()
