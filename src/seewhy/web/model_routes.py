"""What there is to ask: health, models, methods, data sets; and what a model predicts."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any

import numpy as np
from fastapi import APIRouter
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from seewhy.classifiers.base import Guess
from seewhy.workbench import Workbench

MOST_IMAGES = 256  # in one prediction


class Pixels(BaseModel):
    """An image as it is: shape (C, H, W) and its float32 values in [0, 1], little-endian, base64."""

    model_config = ConfigDict(extra="forbid")

    shape: tuple[int, int, int]
    b64: str

    def array(self) -> NDArray[np.float32]:
        """The values; ValueError where text and shape do not belong together."""
        try:
            data = base64.b64decode(self.b64, validate=True)
        except binascii.Error as error:
            raise ValueError(f"pixels must be base64 of float32 values: {error}") from None
        wanted = 4 * int(np.prod(self.shape))
        if min(self.shape) < 1 or len(data) != wanted:
            raise ValueError(f"pixels of shape {self.shape} are {max(wanted, 0)} bytes of float32, got {len(data)}")
        return np.frombuffer(data, "<f4").reshape(self.shape).astype(np.float32)


class Given(BaseModel):
    """An image in pixels instead of by address."""

    model_config = ConfigDict(extra="forbid")

    pixels: Pixels


class Addition(BaseModel):
    """A model to add, by its address."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(min_length=1, max_length=2000)


class Question(BaseModel):
    """Images to predict, by address or in pixels; of each, the `top_k` most probable classes."""

    model_config = ConfigDict(extra="forbid")

    images: list[str | Given] = Field(min_length=1, max_length=MOST_IMAGES)
    top_k: int = Field(10, ge=1)


def routes(workbench: Workbench) -> APIRouter:
    """GET health, models, models/{m}, models/{m}/layers, methods, attacks, datasets and their items; POST predict."""
    router = APIRouter()

    @router.get("/health", tags=["about"])
    def health() -> dict[str, Any]:
        """Whether it works, and on what."""
        return {"status": "ready", **workbench.describe_machine()}

    @router.get("/models", tags=["models"])
    def models() -> list[dict[str, Any]]:
        """Every model that can be asked."""
        return [workbench.describe_model(name) for name in workbench.model_names()]

    @router.post("/models", tags=["models"], status_code=201)
    def add_model(wish: Addition) -> dict[str, Any]:
        """Load a model by address and list it; only where the server was started with --allow-import."""
        return workbench.add_model(wish.address)

    @router.get("/models/{model:path}/layers", tags=["models"])
    def layers(model: str) -> list[dict[str, Any]]:
        """Its layers in forward order."""
        return workbench.describe_layers(model)

    @router.get("/models/{model:path}", tags=["models"])
    def model(model: str) -> dict[str, Any]:
        """One model; an address with slashes is one name."""
        return workbench.describe_model(model)

    @router.post("/models/{model:path}/predict", tags=["models"])
    def predict(model: str, question: Question) -> dict[str, Any]:
        """What the model believes about images."""
        started = time.perf_counter()
        classifier = workbench.model(model)
        found = [one if isinstance(one, Given) else workbench.image(one, model) for one in question.images]
        pixels = [one.pixels.array() if isinstance(one, Given) else one.image for one in found]
        beliefs = workbench.aside(model, lambda: workbench.predict(model, pixels)).result()
        return {
            "predictions": [[_guess(guess) for guess in belief.top(question.top_k)] for belief in beliefs],
            "labels_true": [None if isinstance(one, Given) else one.truth_for(classifier.labels) for one in found],
            "seconds": time.perf_counter() - started,
        }

    @router.get("/methods", tags=["methods"])
    def methods(model: str | None = None) -> list[dict[str, Any]]:
        """Every method with its settings as a JSON schema; with `model`, why each cannot explain it, or null."""
        return workbench.describe_methods(model)

    @router.get("/attacks", tags=["methods"])
    def attacks(model: str | None = None) -> list[dict[str, Any]]:
        """Every attack with its settings as a JSON schema; with `model`, why each cannot work on it, or null."""
        return workbench.describe_attacks(model)

    @router.get("/metrics", tags=["methods"])
    def metrics(model: str | None = None) -> list[dict[str, Any]]:
        """Every metric with its settings as a JSON schema; with `model`, why each cannot judge its maps, or null."""
        return workbench.describe_metrics(model)

    @router.get("/datasets", tags=["data sets"])
    def datasets() -> list[dict[str, Any]]:
        """Every data set."""
        return workbench.describe_datasets()

    return router


def _guess(guess: Guess) -> dict[str, Any]:
    return {"index": guess.index, "label": guess.label, "score": guess.probability, "logit": guess.logit}
