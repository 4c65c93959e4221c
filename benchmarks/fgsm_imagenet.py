"""How many confident right answers FGSM turns wrong on ImageNet photographs, with a step too small to see.

Needs SEEWHY_DATA with weights/ and images/imagenet_samples/ (64 photographs, one a class, named after it). Prints a
table and the list, and writes both to benchmarks/results/fgsm-imagenet.json. The same for other models and folders:

    seewhy attack FOLDER --model MODEL --epsilon 0.007

    python -m benchmarks.fgsm_imagenet [--epsilon 0.007]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from seewhy.workbench import Workbench, kinds

MODELS = {
    "ResNet50": "torchvision:resnet50@{}/weights/resnet50_pqf.safetensors",
    "MobileNetV2": "timm:mobilenetv2_100@{}/weights/mobilenetv2_timm.safetensors?pad_type=same&mean=0.5&std=0.5",
}
OUT = Path(__file__).parent / "results" / "fgsm-imagenet.json"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epsilon", type=float, default=0.007)
    asked = parser.parse_args()
    folder = Path(os.environ["SEEWHY_DATA"])
    found = {name: attacked(address.format(folder), folder, asked.epsilon) for name, address in MODELS.items()}
    print(table(found))
    for name, facts in found.items():
        print(f"\n{name}: {facts['sentence']}\n\n{listing(facts)}")
    OUT.write_text(json.dumps({"epsilon": asked.epsilon, "models": found}, indent=1, ensure_ascii=False) + "\n")


def attacked(model: str, folder: Path, epsilon: float) -> dict[str, Any]:
    """What `seewhy attack` says, and the CPU seconds it took with one thread."""
    torch.set_num_threads(1)
    wish = {"kind": "survey", "model": model, "images": str(folder / "images" / "imagenet_samples")}
    with tempfile.TemporaryDirectory() as cache:
        bench = Workbench(cache=Path(cache))
        bench.model(model)
        started = time.process_time()
        facts = bench.ask(kinds.task_from(wish | {"settings": {"epsilon": epsilon}})).describe()
        seconds = time.process_time() - started
    kept = ("sure", "images", "labelled", "right_before", "right_after", "confident", "turned", "confidently_wrong")
    rows = [
        {"image": Path(row["image"]).name, "before": row["before"], "after": row["after"]}
        for row in facts["list"]
        if row["turned"]
    ]
    said = {name: facts[name] for name in kept}
    return said | {"sentence": facts["sentence"], "cpu_seconds": round(seconds, 1), "turned_list": rows}


def table(found: dict[str, dict[str, Any]]) -> str:
    """One row a model, as Markdown."""
    lines = [
        "| model | right | right under attack | confident and right | turned wrong | into confident wrong ones |",
        "|---|---|---|---|---|---|",
    ]
    for name, facts in found.items():
        low, high = facts["turned"]["interval"]
        wrong = facts["confidently_wrong"]
        cells = (
            name,
            f"{facts['right_before']} of {facts['images']}",
            f"{facts['right_after']}",
            f"{facts['confident']}",
            f"{facts['turned']['count']}, {facts['turned']['share']:.0%} ({100 * low:.0f}–{100 * high:.0f})",
            f"{wrong['count']}, {wrong['share']:.0%}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def listing(facts: dict[str, Any]) -> str:
    """The confident right answers that became confident wrong ones, the surest first, as Markdown."""
    wrong = [row for row in facts["turned_list"] if row["after"]["score"] >= facts["sure"]]
    rows = sorted(wrong, key=lambda row: -row["after"]["score"])
    lines = ["| photograph | before | after |", "|---|---|---|"]
    for row in rows:
        before, after = (f"{row[when]['label']} {row[when]['score']:.1%}" for when in ("before", "after"))
        lines.append(f"| {row['image']} | {before} | {after} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
