"""Least evidence: the smallest part of a picture that keeps the model sure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from seewhy.attacks.evidence_order import Order
from seewhy.attacks.evidence_search import Search
from seewhy.attacks.pieces import Labels, PieceKind, cut, drawn
from seewhy.classifiers.base import Classifier, Prediction
from seewhy.classifiers.labels import index_of
from seewhy.inference.fills import filled

Background = Literal["black", "white", "grey", "mean", "blur"]


@dataclass(frozen=True)
class Evidence:
    """What is enough for a class, and what was left of the model's belief while pieces went.

    image, least and ground: (C, H, W), the whole picture, what is enough of it, and what is seen in place of the rest;
    kept: (H, W), what has to stay; order: (H, W), the step at which a pixel was erased, −1 where it
    stays or is background; shares and probabilities: (S,), how much of the picture's content was left after each
    step, and how sure the model was. path: all pieces, weakest first, also those that stay.
    minimal: whether every single piece that is left was tried, and none can go.
    """

    image: NDArray[np.float32] = field(repr=False)
    least: NDArray[np.float32] = field(repr=False)
    ground: NDArray[np.float32] = field(repr=False)
    kept: NDArray[np.bool_] = field(repr=False)
    order: NDArray[np.int64] = field(repr=False)
    shares: NDArray[np.float64] = field(repr=False)
    probabilities: NDArray[np.float64] = field(repr=False)
    path: Order = field(repr=False)
    before: Prediction = field(repr=False)
    after: Prediction = field(repr=False)
    target: int
    pieces: int
    pieces_kept: int
    minimal: bool
    reached: bool
    settings: Mapping[str, Any]
    model: str
    seconds: float
    address: str | None = None
    fingerprint: str = ""

    @property
    def kept_fraction(self) -> float:
        """How much of the content is left, by pixels."""
        return float(self.shares[-1])

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        label = self.before.labels[self.target]
        sure, wanted = self.after.probabilities[self.target], self.settings["confidence"]
        if not self.reached:
            return f"The whole picture is “{label}” with {sure:.1%} only, less than the {wanted:.0%} that must stay."
        kind = {"pixels": "pixels", "strokes": "strokes", "superpixels": "superpixels", "grid": "squares"}
        what = f"{self.pieces_kept} of {self.pieces} {kind[self.settings['pieces']]}"
        alone = "; none of them can go" if self.minimal else ""
        return f"{what} ({self.kept_fraction:.0%} of the content) are enough for “{label}” with {sure:.1%}{alone}."

    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""
        labels = self.before.labels
        return {
            "model": self.model,
            "settings": dict(self.settings),
            "target": {"class": self.target, "label": labels[self.target]},
            "kept_fraction": self.kept_fraction,
            "pieces": self.pieces,
            "pieces_kept": self.pieces_kept,
            "minimal": self.minimal,
            "reached": self.reached,
            "score": float(self.after.probabilities[self.target]),
            "before": self.before.describe(),
            "after": self.after.describe(),
            "curve": [
                {"kept": float(share), "score": float(sure)}
                for share, sure in zip(self.shares, self.probabilities, strict=True)
            ],
            "sentence": self.sentence,
            "seconds": self.seconds,
            "image": self.address,
            "fingerprint": self.fingerprint,
        } | self.path.describe()

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """The least picture, its mask, the order of erasing, the image, and its pieces, by name."""
        own: dict[str, NDArray[Any]] = {
            "least": self.least, "mask": self.kept.astype(np.uint8), "order": self.order.astype(np.int32),
            "image": self.image, "ground": self.ground,
        }  # fmt: skip
        return own | self.path.all_arrays()

    def at(self, address: str | None) -> Evidence:
        """The same outcome, knowing where its image came from."""
        return replace(self, address=address)


class LeastEvidence(BaseModel):
    """Erase all that the model does not need for its answer, and show what is left.

    The pieces that matter least go first, many at a time while that works, then one by one. At the end every piece
    that is left was tried alone: without it the model would no longer be as sure. What went is as telling as what
    stayed: a 5 without its middle may be as good a 5.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(0.9, gt=0, lt=1, description="how sure of the class the model must stay")
    pieces: PieceKind = Field("pixels", description="what goes or stays as a whole")
    count: int = Field(50, ge=2, le=1000, description="about how many superpixels, or squares of the grid")
    background: Background = Field("black", description="what is seen where something was erased")

    @classmethod
    def suited_to(cls, model: Classifier, **settings: Any) -> Self:
        """Pixels for small pictures, superpixels for large ones."""
        height, width = model.input_shape[1:]
        return cls(**({"pieces": "pixels" if height * width <= 32 * 32 else "superpixels"} | settings))

    def __call__(
        self, model: Classifier, image: Any, target: int | str | None = None, parts: Labels | None = None
    ) -> Evidence:
        """The least evidence in one picture for `target`; by default for the class that the model sees.

        parts: (H, W), where the strokes are known already, the number of each pixel's stroke from 1 on, else 0.

        Raises: LookupError for a class that does not exist, ValueError for a picture that cannot be read and for parts
        of another size.
        """
        x = model.prepare(image)
        before = model.predict_batch(x)[0]
        index = before.index if target is None else index_of(target, model.labels)
        started = time.perf_counter()
        ground = filled(self.background, x, model)
        seen, behind = _array(x[0]), _array(ground[0])
        labels = cut(seen, behind, self.pieces, self.count) if parts is None else drawn(parts, seen, behind)
        search = Search(model, x[0], ground[0], labels, index, self.confidence)
        reached = before.probabilities[index] >= self.confidence
        if reached:
            search.run()
        least = search.shown(search.alive)
        return Evidence(
            image=seen,
            least=_array(least),
            ground=behind,
            kept=np.isin(labels, np.flatnonzero(search.alive)) & (labels >= 0),
            order=search.order(),
            shares=np.array(search.shares),
            probabilities=np.array([before.probabilities[index], *search.sure]),
            path=search.path(float(before.probabilities[index])),
            before=before,
            after=model.predict_batch(least[None])[0],
            target=index,
            pieces=search.count,
            pieces_kept=int(search.alive.sum()),
            minimal=search.minimal,
            reached=bool(reached),
            settings=self.model_dump(mode="json"),
            model=model.name,
            seconds=time.perf_counter() - started,
            fingerprint=model.fingerprint,
        )


def _array(x: Tensor) -> NDArray[np.float32]:
    return x.detach().cpu().float().numpy()
