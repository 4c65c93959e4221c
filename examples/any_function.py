"""Explain a black box: any function from pixels (N, H, W, C) to probabilities (N, K)."""

import numpy as np

import seewhy


def is_it_day(pixels: np.ndarray) -> np.ndarray:
    """Probability of day: how bright the upper half is."""
    light = pixels[:, : pixels.shape[1] // 2].mean((1, 2, 3))
    return np.stack([light, 1 - light], axis=1)


model = seewhy.load(is_it_day, labels=["day", "night"], input_shape=(3, 32, 32))
picture = np.random.default_rng(0).random((32, 32, 3))
why = seewhy.explain(model, picture, "occlusion", target="day", patch=8, stride=8)
print(why.values[::8, ::8].round(3))
