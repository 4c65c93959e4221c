"""What a test of robustness found: accuracy over epsilon with intervals, warnings, and the plot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy.pictures.charts import Line, chart
from seewhy.saving import Drawn
from seewhy.shares import wilson

RANDOM = "random"  # the attack that does not look: every value moves by ±epsilon, at random
WORST = "worst"
MARGIN = 0.01  # accuracies closer than this count as equal


@dataclass(frozen=True)
class Robustness(Drawn):
    """What was left of a model's accuracy.

    right: (A, E, N), whether image n is still right under attack a with epsilon e. epsilons: (E,), 0 first.
    blind: which of the attacks ask for no gradient.
    """

    called: ClassVar[str] = "robustness"

    attacks: tuple[str, ...]
    epsilons: tuple[float, ...]
    right: NDArray[np.bool_] = field(repr=False)
    settings: Mapping[str, Any]
    model: str
    seconds: float
    fingerprint: str = ""
    blind: tuple[str, ...] = (RANDOM,)

    @property
    def worst(self) -> NDArray[np.bool_]:
        """(E, N): right under every attack with this epsilon or a smaller one, which it could use as well."""
        return np.logical_and.accumulate(self.right.all(0), axis=0)

    def accuracy(self, attack: str) -> NDArray[np.float64]:
        """(E,): the share of the images that are right under `attack`, or under the "worst" of them."""
        right = self.worst if attack == WORST else self.right[self.attacks.index(attack)]
        return np.asarray(right.mean(1))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Signs that an attack is weak because the model's gradients hide, not because the model is robust.

        Attacks by gradient count together, each image with this or a smaller epsilon: one that only overshoots is
        not masked.
        """
        found = []
        by_gradient = [name for name in self.attacks if name not in self.blind]
        together = self.right[[self.attacks.index(name) for name in by_gradient]].all(0)  # (E, N)
        best = np.logical_and.accumulate(together, axis=0).mean(1)
        for e, epsilon in enumerate(self.epsilons[1:], start=1):
            for name in self.blind:
                if by_gradient and self.accuracy(name)[e] < best[e] - MARGIN:
                    found.append(
                        f"At epsilon {epsilon:g}, {name} leaves {self.accuracy(name)[e]:.1%} right and the attacks by "
                        f"gradient {best[e]:.1%}: the gradients are masked, so the model is less robust than they say."
                    )
        for name in by_gradient:
            curve = self.accuracy(name)
            if (np.diff(curve) > 5 * MARGIN).any():
                found.append(f"Under {name} a larger epsilon does less harm: read the worst case, not this curve.")
        return tuple(found)

    @property
    def sentence(self) -> str:
        """The outcome in words: without an attack, half the way, and at the end."""
        worst, middle = self.accuracy(WORST), len(self.epsilons) // 2
        places = sorted({middle, len(self.epsilons) - 1} - {0})
        left = " and ".join(f"{worst[e]:.1%} at epsilon {self.epsilons[e]:g}" for e in places)
        count = self.right.shape[2]
        return f"{self.model} is right about {worst[0]:.1%} of {count:,} images; in the worst case about {left}."

    def describe(self) -> dict[str, Any]:
        """Every accuracy with its 95 % interval, as plain data."""
        count = self.right.shape[2]
        rows = {name: self.right[a] for a, name in enumerate(self.attacks)} | {WORST: self.worst}
        return {
            "model": self.model,
            "images": count,
            "epsilons": list(self.epsilons),
            "epsilons_255": [epsilon * 255 for epsilon in self.epsilons],
            "curves": {
                name: [
                    {"accuracy": float(right.mean()), "interval": list(wilson(int(right.sum()), count) or (0, 1))}
                    for right in row
                ]
                for name, row in rows.items()
            },
            "blind": list(self.blind),
            "sentence": self.sentence,
            "warnings": list(self.warnings),
            "settings": dict(self.settings),
            "seconds": self.seconds,
            "fingerprint": self.fingerprint,
        }

    def picture(self, dark: bool = False) -> Image.Image:
        """Accuracy over epsilon: a line with its 95 % band for each attack, and the worst case."""
        return plot(self.describe(), dark)


def plot(facts: Mapping[str, Any], dark: bool = False) -> Image.Image:
    """The picture of what `Robustness.describe` gave."""
    model = str(facts["model"]).partition("@")[0].partition("?")[0]
    epsilons = facts["epsilons"]
    return chart(
        epsilons,
        [_line(name, points) for name, points in facts["curves"].items()],
        title=f"What attacks leave of {model}",
        up=f"right of {facts['images']:,} images, with 95 % intervals",
        across="epsilon: the largest change of a value, in units of [0, 1], and in 255ths below",
        ticks=[(epsilon, f"{epsilon:g}", f"{epsilon * 255:.3g}") for epsilon in epsilons],
        caption=" ".join(
            ["Worst case: right under every attack with this or a smaller epsilon.", *facts["warnings"][:2]]
        ),
        dark=dark,
    )


def _line(name: str, points: list[Mapping[str, Any]]) -> Line:
    low, high = zip(*(point["interval"] for point in points), strict=True)
    kind = {WORST: "main", RANDOM: "faint"}.get(name, "plain")
    return Line("worst case" if name == WORST else name, [point["accuracy"] for point in points], low, high, kind)
