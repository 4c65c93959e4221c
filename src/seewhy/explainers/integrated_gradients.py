"""Integrated Gradients: the gradient collected on the straight way from a baseline to the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from seewhy import progress
from seewhy.classifiers.base import Ability, Classifier
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.completeness import completeness
from seewhy.explainers.paths import FIRST, Refinement, gauss_legendre
from seewhy.inference.batches import batch_size, in_batches
from seewhy.inference.fills import FILLS, filled, pictures_in
from seewhy.targets import ClassScore

FILM = 250_000  # keep the growing maps of a path up to this many values
SKETCH = 16  # steps while somebody draws
OPEN_GAP = 0.05  # a relative completeness gap above this is worth a warning
ROUNDING = 1e-6  # of all that a map holds: a gap below this cannot be told from rounding


class IntegratedGradients(Explainer):
    """Walk from a black picture to yours and add up, pixel by pixel, what each bit of light adds to the score.

    The value of a pixel is its change of brightness times the mean gradient on the straight path from the baseline
    to the image. All values together give the rise of the score from the baseline to the image (completeness), so
    the map says in the score's own units who speaks for and who against.
    """

    name: ClassVar[str] = "integrated-gradients"
    title: ClassVar[str] = "Integrated Gradients"
    needs: ClassVar[Ability] = "gradients"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>IG</mi><mi>i</mi></msub><mo>=</mo>"
        "<mo>(</mo><msub><mi>x</mi><mi>i</mi></msub><mo>−</mo><msubsup><mi>x</mi><mi>i</mi><mo>′</mo></msubsup><mo>)</mo>"
        "<mo>·</mo><msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup>"
        "<mfrac><mrow><mo>∂</mo><mi>F</mi><mo>(</mo><msup><mi>x</mi><mo>′</mo></msup><mo>+</mo><mi>α</mi>"
        "<mo>(</mo><mi>x</mi><mo>−</mo><msup><mi>x</mi><mo>′</mo></msup><mo>)</mo><mo>)</mo></mrow>"
        "<mrow><mo>∂</mo><msub><mi>x</mi><mi>i</mi></msub></mrow></mfrac><mi>d</mi><mi>α</mi></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "A pixel that equals the baseline gets exactly 0: with a black baseline, black pixels never speak, even where "
        "it is their being black that matters.",
        "The baseline is part of the question; white instead of black can turn a map around.",
        "Finite steps leave a gap between the sum of the map and the rise of the score; it is always shown.",
    )
    source: ClassVar[str] = "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017"
    link: ClassVar[str] = "https://arxiv.org/abs/1703.01365"

    steps: int = Field(
        50,
        ge=1,
        le=2000,
        description="gradients on the path (Gauss-Legendre points); with a tolerance, the most allowed",
    )
    tolerance: float | None = Field(
        None,
        ge=1e-4,
        le=0.5,
        description="error wanted, as a share of the map; the steps then go where the gradient changes, and end there",
    )
    baseline: str = Field(
        "black",
        min_length=1,
        description="where the path starts: black, white, grey, blur, mean, noise, mean:SPLIT, or a picture's address",
        json_schema_extra={"examples": list(FILLS), "image": True},
    )

    def sketch(self) -> Self:
        """Fewer steps, without refining: on a digit the gap stays under a percent."""
        return self.model_copy(update={"steps": min(self.steps, SKETCH), "tolerance": None})

    def addresses(self) -> tuple[str, ...]:
        """The baseline, where it is a picture."""
        return pictures_in(self.baseline)

    @model_validator(mode="after")
    def _room_to_refine(self) -> Self:
        if self.tolerance is not None and self.steps < FIRST:
            raise ValueError(f"steps must be at least {FIRST} with a tolerance, got {self.steps}; allow more")
        return self

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed values whose sum is the score's rise from the baseline, up to the gap in the notes."""
        x = x.detach()
        baseline = filled(self.baseline, x, model)
        path = _Path(model, target, baseline, x - baseline)
        with torch.no_grad():
            ends = target(model, torch.cat([x, baseline])).double().cpu()
        if self.tolerance is None:
            channels, arrays = _even(path, self.steps, float(ends[0] - ends[len(x)]))
            notes = self._completeness(x, baseline, ends, channels)
        else:
            channels, arrays, facts = _refined(path, self.steps, self.tolerance)
            notes = self._completeness(x, baseline, ends, channels)
            notes = tuple(_judged(note, fact, self.tolerance) for note, fact in zip(notes, facts, strict=True))
        return Attribution(channels.sum(1), notes, channels, arrays | {"baseline": baseline})

    def _completeness(self, x: Tensor, baseline: Tensor, ends: Tensor, channels: Tensor) -> tuple[dict[str, Any], ...]:
        score, start = ends[: len(x)], ends[len(x) :]
        total = channels.double().sum((1, 2, 3)).cpu()
        same = (x == baseline).all(1).flatten(1).double().mean(1).cpu()
        return tuple(
            _notes(float(s), float(b), float(t), float(share))
            for s, b, t, share in zip(score, start, total, same, strict=True)
        )


class _Path(NamedTuple):
    """The straight ways from baselines (N, C, H, W) along changes (N, C, H, W)."""

    model: Classifier
    target: ClassScore
    baseline: Tensor
    change: Tensor

    def gradients(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and gradients of any points on the ways; the weights' gradients are neither computed nor touched."""
        points = points.requires_grad_()
        score = self.target(self.model, points)
        (gradient,) = torch.autograd.grad(score.sum(), points)
        return score.detach(), gradient


def _even(path: _Path, steps: int, rise: float) -> tuple[Tensor, dict[str, Tensor]]:
    """The map (N, C, H, W) by Gauss-Legendre points, the same for every image, and what it looked like on the way.

    rise: of the first image's score, which its map is to add up to.
    """
    _, _, baseline, change = path
    count, side = len(change), change.shape[-2] * change.shape[-1]
    alphas, weights = gauss_legendre(steps)
    gradients = torch.zeros_like(change)
    sums, scores, films = [], [], []
    batches = list(in_batches(steps, max(1, batch_size(change) // count)))
    for batch in progress.track(batches, "integrating"):
        alpha = alphas[batch].to(change).reshape(-1, 1, 1, 1, 1)
        score, gradient = path.gradients((baseline + alpha * change).flatten(0, 1))  # (S·N, C, H, W)
        parts = weights[batch].to(change).reshape(-1, 1, 1, 1, 1) * gradient.reshape(-1, *change.shape)
        sums.append((parts * change).sum((2, 3, 4)))
        scores.append(score.reshape(-1, count))
        if steps * side <= FILM:
            films.append((gradients + parts.cumsum(0)) * change)
        gradients = gradients + parts.sum(0)
        progress.note(lambda: {"relative_gap": _gap(sums, rise)})
        progress.partial(lambda: (change * gradients)[0].sum(0).cpu().numpy())  # noqa: B023
    arrays = {
        "alphas": alphas.float().expand(count, -1),
        "path_scores": torch.cat(scores).T,
        "partial_sums": torch.cat(sums).cumsum(0).T,
    }
    if films:
        arrays["partial_maps"] = torch.cat(films).sum(2).transpose(0, 1)
    return change * gradients, arrays


def _gap(sums: list[Tensor], rise: float) -> float:
    """How far the first image's map is from adding up to `rise`, as a share of it."""
    return completeness(sum(float(part[:, 0].double().sum()) for part in sums), rise, 0.0)["relative_gap"]


class _Way:
    """One image's refinement, with the scores met on the way."""

    def __init__(self) -> None:
        self.rule = Refinement()
        self.scores: dict[float, float] = {}

    def wanted(self, most: int, tolerance: float) -> list[float]:
        """The next points; none when the tolerance is reached or no more than `most` points may be used."""
        room = most - len(self.scores)
        if self.scores and (room <= 0 or self.reached(tolerance)):
            return []
        return self.rule.wanted(room)

    def reached(self, tolerance: float) -> bool:
        """Whether both the expected error of the map and its gap are within the tolerance."""
        values = self.rule.integral()
        rise = self.scores[1.0] - self.scores[0.0]
        gap = abs(float(values.sum()) - rise)
        return gap <= tolerance * abs(rise) + ROUNDING * float(values.abs().sum()) and self.error() <= tolerance

    def error(self) -> float:
        """The expected error as a share of the map; 0 for a map that is zero everywhere on the way."""
        error = self.rule.error()
        return error / float(self.rule.integral().norm().clamp(min=1e-30)) if error else error


def _refined(path: _Path, most: int, tolerance: float) -> tuple[Tensor, dict[str, Tensor], list[dict[str, Any]]]:
    """The map (N, C, H, W) by points that each image chooses for itself; images share passes, but not points."""
    ways = [_Way() for _ in path.change]
    for wanted in progress.track(_rounds(ways, most, tolerance), "refining"):
        where = [(image, alpha) for image, alphas in wanted.items() for alpha in alphas]
        found = [
            _measured(path, where[part.start : part.stop]) for part in in_batches(len(where), batch_size(path.change))
        ]
        scores, values = (torch.cat(parts) for parts in zip(*found, strict=True))
        sizes = [len(alphas) for alphas in wanted.values()]
        for (image, alphas), score, value in zip(wanted.items(), scores.split(sizes), values.split(sizes), strict=True):
            ways[image].scores.update(zip(alphas, score.tolist(), strict=True))
            ways[image].rule.add(alphas, value)
        progress.note(lambda: {"estimated_error": ways[0].error()})
        progress.partial(lambda: ways[0].rule.integral().sum(0).cpu().numpy())
    facts = [
        {"gradients": len(way.scores), "estimated_error": way.error(), "tolerance_reached": way.reached(tolerance)}
        for way in ways
    ]
    return torch.stack([way.rule.integral() for way in ways]), _walked(ways), facts


def _rounds(ways: list[_Way], most: int, tolerance: float) -> Iterator[dict[int, list[float]]]:
    """What each image that is not done wants to know next."""
    while wanted := {i: alphas for i, way in enumerate(ways) if (alphas := way.wanted(most, tolerance))}:
        yield wanted


def _measured(path: _Path, where: list[tuple[int, float]]) -> tuple[Tensor, Tensor]:
    """Scores (S,), and gradient times change (S, C, H, W), at points given by image and α."""
    images = torch.tensor([image for image, _ in where], device=path.change.device)
    alpha = torch.tensor([alpha for _, alpha in where]).to(path.change).reshape(-1, 1, 1, 1)
    change = path.change[images]
    score, gradient = path.gradients(path.baseline[images] + alpha * change)
    return score, gradient * change


def _walked(ways: list[_Way]) -> dict[str, Tensor]:
    """The growing maps and what goes with them; an image with fewer points than another stays at its end."""
    longest, side = max(len(way.scores) for way in ways), ways[0].rule.integral()[0].numel()
    rows: dict[str, list[Tensor]] = {"alphas": [], "path_scores": [], "partial_sums": []}
    films = []
    for way in ways:
        points = way.rule.points
        collected = way.rule.collected().sum(1)  # (S, H, W)
        rows["alphas"].append(torch.tensor(points))
        rows["path_scores"].append(torch.tensor([way.scores[point] for point in points]))
        rows["partial_sums"].append(collected.sum((1, 2)))
        if longest * side <= FILM:
            films.append(_stretched(collected, longest))
    arrays = {name: torch.stack([_stretched(row, longest) for row in found]) for name, found in rows.items()}
    return arrays | ({"partial_maps": torch.stack(films)} if films else {})


def _stretched(steps: Tensor, length: int) -> Tensor:
    """The last step repeated until there are `length`."""
    return torch.cat([steps, steps[-1:].expand(length - len(steps), *steps.shape[1:])])


def _judged(note: dict[str, Any], fact: dict[str, Any], tolerance: float) -> dict[str, Any]:
    """The notes of a refined map; says where the tolerance was missed, and which half of it."""
    if fact["tolerance_reached"]:
        return note | fact
    missed = (
        f"the map is expected to be off by {fact['estimated_error']:.1%}"
        if fact["estimated_error"] > tolerance
        else f"its sum is off by {note['relative_gap']:.1%} of the score's rise"
    )
    warning = (
        f"The tolerance of {tolerance:.2%} was not reached with {fact['gradients']} steps: {missed}; allow more steps."
    )
    return note | fact | {"warnings": [*note["warnings"], warning]}


def _notes(score: float, start: float, total: float, share: float) -> dict[str, Any]:
    facts = completeness(total, score, start)
    warnings = []
    if share == 1:
        warnings.append("The image equals the baseline, so by definition there is nothing to explain.")
    elif facts["relative_gap"] > OPEN_GAP:
        warnings.append(f"The map adds up to {total:+.3g} but the score rose by {score - start:+.3g}; use more steps.")
    return {**facts, "share_equal_to_baseline": share, "warnings": warnings}
