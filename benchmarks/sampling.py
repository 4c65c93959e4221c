"""What the methods that sample cost beyond the model's own passes, as CPU seconds and as a ratio to those passes.

The passes are the pictures that the method really showed to the model, kept, and shown again in the same batches.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from seewhy import catalog, load
from seewhy.datasets.digits import Digits
from seewhy.targets import ClassScore

REPEATS = 15
RECIPES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lime", {"samples": 1000, "segmentation": "grid"}),
    ("lime", {"samples": 1000, "segmentation": "slic"}),
)


def main() -> None:
    """Measure every recipe on mnist-cnn and one digit."""
    model = load("mnist-cnn")
    x = torch.from_numpy(np.array(Digits().sample("test", 12).image))[None]
    print(f"medians of {REPEATS}, {torch.get_num_threads()} thread(s)")
    for name, settings in RECIPES:
        recipe = catalog.recipe(name, settings)
        batches: list[torch.Tensor] = []
        kept = model.scores

        def keep(pictures: torch.Tensor) -> torch.Tensor:
            batches.append(pictures.clone())  # noqa: B023
            return kept(pictures)  # noqa: B023

        model.scores = keep  # type: ignore[method-assign]
        recipe.attribute(model, x, ClassScore(5))
        model.scores = kept  # type: ignore[method-assign]

        def bare() -> None:
            with torch.no_grad():
                for pictures in batches:  # noqa: B023
                    model.scores(pictures)

        whole, passes = _medians(lambda: recipe.attribute(model, x, ClassScore(5)), bare)  # noqa: B023
        shown = sum(len(pictures) for pictures in batches)
        told = ", ".join(f"{key} {value}" for key, value in settings.items())
        print(
            f"{name + ' (' + told + ')':55} {shown:5} pictures: {whole * 1e3:6.1f} ms, passes {passes * 1e3:6.1f} ms, "
            f"beyond them {(whole - passes) * 1e3:5.1f} ms, ratio {whole / passes:.2f}"
        )


def _medians(*works: Callable[[], Any]) -> list[float]:
    """The median CPU seconds of each, measured in turn."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS + 2):
        for spent, work in zip(seconds, works, strict=True):
            started = time.process_time()
            work()
            spent.append(time.process_time() - started)
    return [statistics.median(spent[2:]) for spent in seconds]


if __name__ == "__main__":
    main()
