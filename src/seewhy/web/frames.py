"""One frame of ink: what shall be computed for it, and how the answer is packed. Knows no socket."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from seewhy import images
from seewhy.classifiers.base import Prediction
from seewhy.explainers.base import Explainer
from seewhy.results import Explanation
from seewhy.web import wire
from seewhy.workbench import Workbench


class Config(BaseModel):
    """What shall be computed for every frame from now on; without a method, only predictions."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["config"] = "config"
    model: str
    method: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    target: Any = "argmax"
    centre: bool = True


@dataclass(frozen=True)
class Question:
    """A config whose names were all found; its methods compute, so they belong into the model's live thread."""

    workbench: Workbench
    model: str
    shape: tuple[int, int, int]
    recipe: Explainer | None
    target: Any
    centre: bool

    @classmethod
    def of(cls, workbench: Workbench, config: Config) -> Question:
        """Find what `config` names; LookupError, ValueError and TypeError say what cannot be."""
        shape = workbench.model(config.model).input_shape
        recipe = workbench.recipe(config.model, config.method, config.settings) if config.method else None
        target = workbench.target(config.model, config.target)
        return cls(workbench, config.model, shape, recipe, target, config.centre and shape[0] == 1)

    def see(self, pixels: bytes) -> NDArray[np.float32]:
        """The frame as the model sees it, (C, H, W) in [0, 1]."""
        channels, height, width = self.shape
        if len(pixels) != channels * height * width:
            raise ValueError(
                f"a frame for {self.model} has {height} × {width} × {channels} bytes, got {len(pixels)}; "
                "send 8-bit pixels in the model's size"
            )
        image = images.read(np.frombuffer(pixels, np.uint8).reshape(height, width, channels))
        return _rounded(images.centre(image)) if self.centre else image

    def predict(self, pixels: bytes) -> tuple[NDArray[np.float32], Prediction, float]:
        """What the model sees, what it believes, and the milliseconds that took."""
        started = time.perf_counter()
        seen = self.see(pixels)
        belief = self.workbench.predict(self.model, [seen])[0]
        return seen, belief, 1000 * (time.perf_counter() - started)

    def explain(
        self, seen: NDArray[np.float32], recipe: Explainer, stale: Callable[[], bool] = lambda: False
    ) -> Explanation:
        """Why; raises progress.Cancelled once `stale` says that nobody wants to know any more."""
        return self.workbench.explain(self.model, seen, recipe, self.target, _Watch(stale))

    def trust(self, found: Explanation) -> Explanation:
        """The same map with its trust figure."""
        return self.workbench.trusted(self.model, found)


def predicted(belief: Prediction, seen: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """The arrays of a prediction: probs and logits (K,), seen (H, W) in 8 bits."""
    return {
        "probs": belief.probabilities.astype(np.float32),
        "logits": belief.logits.astype(np.float32),
        "seen": np.rint(255 * images.grey(seen)[0]).astype(np.uint8),
    }


def explained(found: Explanation) -> dict[str, object]:
    """What the page says about a map; None for what the method does not measure."""
    notes = found.notes
    return {
        "target": found.target["class"],
        "text": found.target["text"],
        "scale": found.scale,
        "sum": float(found.values.sum(dtype=np.float64)),
        "gap": notes.get("gap"),
        "relative_gap": notes.get("relative_gap"),
        "score_delta": notes["score"] - notes["baseline_score"] if "baseline_score" in notes else None,
        "seconds": round(found.seconds, 5),
        "signed": int(found.signed),
        "caption": found.caption,
        "sentence": found.sentence,
        "warnings": json.dumps(notes["warnings"]),
    }


def believed(found: Explanation) -> dict[str, object]:
    """The trust figure of a map as JSON."""
    return {"trust": json.dumps(found.notes["trust"])}


def everything(question: Question, pixels: bytes) -> bytes:
    """Prediction and whole explanation of one frame in one packet."""
    seen, belief, spent = question.predict(pixels)
    arrays, about = predicted(belief, seen), {"seq": 0, "phase": "predict", "ms": round(spent, 2), "final": 1}
    if question.recipe is None:
        return wire.pack(arrays, about)
    found = question.trust(question.explain(seen, question.recipe))
    return wire.pack(
        arrays | {"values": found.values}, about | {"phase": "explain"} | explained(found) | believed(found)
    )


@dataclass(frozen=True)
class _Watch:
    """Stops a loop when its answer has become stale; progress and partial maps of so short a work go nowhere."""

    stale: Callable[[], bool]

    @property
    def cancelled(self) -> bool:
        return self.stale()

    def progress(self, done: int, total: int | None, stage: str) -> None:
        pass

    def partial(self, values: NDArray[np.float32]) -> None:
        pass


def _rounded(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """To 8 bits, so that what the page is shown is exactly what the model saw."""
    return np.rint(255 * image).astype(np.float32) / np.float32(255)
