"""Expected Gradients: Integrated Gradients whose baselines are drawn from a data set."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from seewhy import progress
from seewhy.classifiers.base import Ability, Classifier
from seewhy.datasets.named import open_split, split_of
from seewhy.explainers.base import Attribution, Explainer
from seewhy.explainers.completeness import completeness
from seewhy.inference.batches import batch_size, in_batches
from seewhy.targets import ClassScore

SKETCH = 16  # samples while somebody draws
OPEN_GAP = 0.25  # a relative completeness gap above this is worth a warning; sampling alone leaves some


def _a_split(address: str) -> str:
    split_of(address)
    return address


class ExpectedGradients(Explainer):
    """Compare the image with many real ones: start from each a way to yours, and take one gradient on it by chance.

    Integrated Gradients asks what differs from one baseline, such as black. Here the baselines are images of a data
    set, so that a black pixel may speak too; the values add up, but for chance, to how far the score lies above its
    mean over the data.
    """

    name: ClassVar[str] = "expected-gradients"
    title: ClassVar[str] = "Expected Gradients"
    needs: ClassVar[Ability] = "gradients"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>EG</mi><mi>i</mi></msub><mo>=</mo>"
        "<munder><mi>E</mi><mrow><msup><mi>x</mi><mo>′</mo></msup><mo>∼</mo><mi>D</mi><mo>,</mo>"
        "<mi>α</mi><mo>∼</mo><mi>U</mi><mo>(</mo><mn>0</mn><mo>,</mo><mn>1</mn><mo>)</mo></mrow></munder>"
        "<mo>[</mo><mo>(</mo><msub><mi>x</mi><mi>i</mi></msub><mo>−</mo>"
        "<msubsup><mi>x</mi><mi>i</mi><mo>′</mo></msubsup><mo>)</mo><mo>·</mo>"
        "<mfrac><mrow><mo>∂</mo><mi>F</mi><mo>(</mo><msup><mi>x</mi><mo>′</mo></msup><mo>+</mo><mi>α</mi>"
        "<mo>(</mo><mi>x</mi><mo>−</mo><msup><mi>x</mi><mo>′</mo></msup><mo>)</mo><mo>)</mo></mrow>"
        "<mrow><mo>∂</mo><msub><mi>x</mi><mi>i</mi></msub></mrow></mfrac><mo>]</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "The data set is part of the question: the map says why this image and not its typical picture.",
        "Baselines must be images of the kind that the model knows; others are fitted to its size, and warned of.",
        "The map is an estimate from finitely many draws; its standard error and its gap are in the notes.",
    )
    source: ClassVar[str] = "Erion et al.: Improving performance of deep learning models with expected gradients, 2021"
    link: ClassVar[str] = "https://arxiv.org/abs/1906.10670"

    samples: int = Field(100, ge=2, le=2000, description="baselines drawn, with one gradient on the way from each")
    baselines: Annotated[str, AfterValidator(_a_split)] = Field(
        "digits/train",
        description="where baselines are drawn from: a data set and its split",
        json_schema_extra={"examples": ["digits/train", "mnist/train"]},
    )
    seed: int = Field(0, ge=0, lt=2**32, description="the draws are the same for the same seed")

    def sketch(self) -> Self:
        """Fewer baselines."""
        return self.model_copy(update={"samples": min(self.samples, SKETCH)})

    def attribute(self, model: Classifier, x: Tensor, target: ClassScore) -> Attribution:
        """Signed values in units of the target.

        arrays: `error` (H, W), the standard error of each value; `drawn` (S,), the baselines' indices in their split.
        """
        x = x.detach()
        generator = torch.Generator().manual_seed(self.seed)
        drawn, baselines, warnings = self._draw(model, generator)
        baselines, alphas = baselines.to(x), torch.rand(self.samples, 1, 1, 1, generator=generator).to(x)
        batches = list(in_batches(self.samples, batch_size(x)))
        with torch.no_grad():
            starts = torch.cat([target(model, baselines[list(batch)]) for batch in progress.track(batches, "scoring")])
            scores = target(model, x)
        found: list[list[Tensor]] = [[] for _ in x]
        work = [(index, batch) for index in range(len(x)) for batch in batches]
        for index, batch in progress.track(work, "integrating"):
            change = x[index] - baselines[list(batch)]
            points = (baselines[list(batch)] + alphas[list(batch)] * change).requires_grad_()
            (gradients,) = torch.autograd.grad(target(model, points).sum(), points)
            found[index].append(change * gradients)
            if index == 0:
                progress.partial(lambda: torch.cat(found[0]).mean(0).sum(0).cpu().numpy())
        terms = [torch.cat(parts) for parts in found]  # (S, C, H, W) an image
        channels = torch.stack([term.mean(0) for term in terms])
        error = torch.stack([term.sum(1).std(0) / self.samples**0.5 for term in terms])
        arrays = {"error": error, "drawn": drawn.expand(len(x), -1)}
        start = float(starts.double().mean())
        notes = tuple(
            _notes(float(score), start, one, miss, warnings)
            for score, one, miss in zip(scores, channels, error, strict=True)
        )
        return Attribution(channels.sum(1), notes, channels, arrays)

    def _draw(self, model: Classifier, generator: torch.Generator) -> tuple[Tensor, Tensor, list[str]]:
        """Indices (S,), their images, each once unless the split is too small, and what is odd about them."""
        data, split = open_split(self.baselines)
        rounds = -(-self.samples // data.size(split))
        order = torch.cat([torch.randperm(data.size(split), generator=generator) for _ in range(rounds)])
        drawn = order[: self.samples]
        baselines = torch.cat([model.prepare(data.sample(split, int(index)).image) for index in drawn])
        if data.shape == model.input_shape:
            return drawn, baselines, []
        sizes = f"{data.shape}, but {model.name} takes {model.input_shape}"
        return drawn, baselines, [f"Images of {self.baselines} are {sizes}; name a set that it was made for."]


def _notes(score: float, start: float, channels: Tensor, error: Tensor, odd: list[str]) -> dict[str, Any]:
    total, rise = float(channels.double().sum()), score - start
    facts = completeness(total, score, start)
    warnings = list(odd)
    if facts["relative_gap"] > OPEN_GAP:
        warnings.append(f"The map adds up to {total:+.3g} but the score is {rise:+.3g} above the mean; draw more.")
    return {**facts, "standard_error": float(error.square().mean().sqrt()), "warnings": warnings}
