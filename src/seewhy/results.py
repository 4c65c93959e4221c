"""What comes back: frozen values with everything needed to read, draw, keep or repeat them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seewhy import pictures
from seewhy.classifiers.base import Prediction
from seewhy.saving import Drawn

View = Literal["map", "overlay", "mask"]


@dataclass(frozen=True)
class Explanation(Drawn):
    """Which pixels of an image speak for a target, which against it, and how much.

    values: (H, W) float32, raw and signed, in units of the target (a logit unless the target is a probability);
    positive speaks for the target.
    image: (C, H, W) float32 in [0, 1], what the model saw.
    target: see `ClassScore.describe`; score: its value for the image.
    notes: facts measured along the way; notes["warnings"] is a list of sentences.
    arrays: further arrays of the method, by name.
    """

    values: NDArray[np.float32] = field(repr=False)
    image: NDArray[np.float32] = field(repr=False)
    model: str
    method: str
    settings: Mapping[str, Any]
    target: Mapping[str, Any]
    prediction: Prediction = field(repr=False)
    score: float
    seconds: float
    signed: bool = True
    title: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    address: str | None = None
    truth: int | None = None
    fingerprint: str = ""

    @property
    def scale(self) -> float:
        """The magnitude drawn in full colour: the 99th percentile of |values|."""
        return pictures.robust_scale(self.values)

    @property
    def caption(self) -> str:
        """What was explained, by what, with which settings, on one line."""
        place = f" on {self.place}" if self.address else ""
        return f"Why “{self.target['text']}”? {self.caption_of_method}, {self.model}{place}, {self.target['output']}"

    @property
    def caption_of_method(self) -> str:
        """The method with its settings."""
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items() if value is not None)
        return f"{self.title or self.method}" + (f" ({settings})" if settings else "")

    @property
    def place(self) -> str:
        """Where the image came from, as people say it: the pixels of a drawing are part of its address."""
        address = self.address or "a picture"
        return {"ink": "a drawing", "up": "your picture"}.get(address.partition(":")[0], address)

    @property
    def sentence(self) -> str:
        """The map in words, for people who do not see it."""
        return f"For {self.target['text']}: {pictures.describe_map(self.values, self.signed)}"

    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""
        return {
            "model": self.model,
            "method": self.method,
            "title": self.title,
            "settings": dict(self.settings),
            "target": dict(self.target),
            "prediction": self.prediction.describe(),
            "score": self.score,
            "scale": self.scale,
            "max": float(np.abs(self.values).max()),
            "histogram": pictures.histogram(self.values),
            "sum": float(self.values.sum(dtype=np.float64)),
            "seconds": self.seconds,
            "signed": self.signed,
            "caption": self.caption,
            "sentence": self.sentence,
            "regions": pictures.region_table(self.values),
            "notes": dict(self.notes),
            "image": self.address,
            "label": self.truth,
            "fingerprint": self.fingerprint,
            "arrays": {name: list(array.shape) for name, array in self.all_arrays().items()},
        }

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """`values`, `image` and what the method adds, by name."""
        return {"values": self.values, "image": self.image, **self.arrays}

    def picture(
        self, view: View = "map", opacity: float = 1.0, scale: float | None = None, note: str = ""
    ) -> Image.Image:
        """The map beside its image, with legend, caption and address."""
        belief, best = self.prediction.guess(self.target["class"]), self.prediction
        rival = "" if belief.index == best.index else f", but it says {best.label} ({best.probability:.1%})"
        footer = [note] if note else []
        if "gap" in self.notes:
            footer.append(f"Sums to {self.values.sum():+.2f}; completeness gap {self.notes['relative_gap']:.2%}.")
        if "trust" in self.notes:
            footer.append(str(self.notes["trust"]["short"]))
        return pictures.card(
            self.values,
            self.image,
            title=f"Why “{self.target['text']}”? · {belief.probability:.1%} sure{rival}",
            caption=self.caption,
            footer=" ".join(footer),
            scale=self.scale if scale is None else scale,
            view=view,
            opacity=opacity,
            signed=self.signed,
        )

    def to_npz(self) -> bytes:
        """All arrays, and the facts as JSON under `facts`: a file that `load` reads."""
        facts = self.describe() | {"labels": self.prediction.labels}
        arrays = self.all_arrays() | {"logits": self.prediction.logits, "facts": np.array(json.dumps(facts))}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def load(cls, source: str | Path | bytes) -> Explanation:
        """Read what `save` wrote as .npz."""
        try:
            with np.load(io.BytesIO(source) if isinstance(source, bytes) else source, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            facts = json.loads(str(arrays.pop("facts")))
            logits, values, image = (arrays.pop(name) for name in ("logits", "values", "image"))
        except (KeyError, ValueError, EOFError, OSError) as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                raise
            raise ValueError(f"not a saved explanation: {error}; save one with explanation.save('why.npz')") from error
        return cls(
            values=values,
            image=image,
            prediction=Prediction.from_logits(tuple(facts["labels"]), logits),
            arrays=arrays,
            address=facts["image"],
            truth=facts["label"],
            **{name: facts[name] for name in _PLAIN},
        )

    def at(self, address: str | None, truth: int | None) -> Explanation:
        """The same explanation, knowing where its image came from and what is on it."""
        return replace(self, address=address, truth=truth)


_PLAIN = (
    "model", "method", "title", "settings", "target", "score", "seconds", "signed", "notes", "fingerprint",
)  # fmt: skip
