"""How to train, as one frozen set of settings; knows devices and number formats, no network."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field

Precision = Literal["auto", "float32", "bfloat16"]


class TrainingRecipe(BaseModel):
    """How to train; equal recipes on equal data and machines give equal weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(20, ge=1, le=1_000, description="times that every training image is shown")
    batch: int = Field(128, ge=1, le=10_000, description="images a step")
    learning_rate: float = Field(3e-3, gt=0, le=10, description="highest step size of the one-cycle schedule")
    weight_decay: float = Field(1e-3, ge=0, le=1, description="how strongly weights are pulled to zero")
    seed: int = Field(0, ge=0, description="of the first weights, the order of the images and their variations")
    optimiser: Literal["adamw", "sgd"] = Field("adamw", description="AdamW, or SGD with Nesterov's momentum")
    smoothing: float = Field(0.0, ge=0, lt=1, description="part of the target that is spread over all classes")
    average: float = Field(
        0.999, ge=0, lt=1, description="of the weights over the steps, how much is kept at each; 0 takes the last ones"
    )
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", description="auto takes a GPU where one is")
    precision: Precision = Field(
        "auto", description="of the passes; auto takes bfloat16 where the hardware multiplies it"
    )


def device_of(recipe: TrainingRecipe) -> torch.device:
    """Where to compute; ValueError where that is not there."""
    if recipe.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(recipe.device)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device.type]:
        raise ValueError(f"device {recipe.device} is not there; use device=auto or device=cpu")
    return device


def precision_of(wish: Precision, device: torch.device) -> torch.dtype:
    """The number format of the passes; weights and sums stay float32."""
    if wish == "auto":
        return torch.bfloat16 if _multiplies_bfloat16(device) else torch.float32
    return torch.float32 if wish == "float32" else torch.bfloat16


def _multiplies_bfloat16(device: torch.device) -> bool:
    """Without such hardware bfloat16 is emulated, which is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    has_tiles = getattr(torch.cpu, "_is_amx_tile_supported", None)  # AMX; private, so it may be gone one day
    return device.type == "cpu" and has_tiles is not None and bool(has_tiles())
