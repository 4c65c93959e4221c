"""Every method of ours on the networks people ask about most, at their full input size, on one photograph.

    python -m benchmarks.catalogue [--settings cheap|default] [--threads 1] [--out file.json] [address …]

Weights are random unless addresses say otherwise: time does not depend on them. `cheap` are a few samples and a
coarse patch, `default` the methods' own settings. One run each, so the seconds say how long a person waits on this
machine, not which method is how much faster. The photograph is scikit-image's `chelsea`.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

from seewhy.web.threads import prepare_threads

prepare_threads()  # before torch is imported

import numpy as np  # noqa: E402
import torch  # noqa: E402
from skimage.data import chelsea  # noqa: E402

import seewhy  # noqa: E402
from seewhy import catalog  # noqa: E402

NETS = (
    "torchvision:inception_v3?weights=random",
    "torchvision:resnet50?weights=random",
    "torchvision:vgg19?weights=random",
    "keras:VGG19?weights=random",
)
CHEAP: dict[str, Any] = {
    "steps": 4,
    "samples": 10,
    "channels": 4,
    "patch": 100,
    "stride": 100,
    "segments": 4,
    "cells": 3,
}


def settings_for(method: str, which: str) -> dict[str, Any]:
    """The settings of `method`: none for its own, else the cheap ones that it has."""
    fields = catalog.explainer(method).model_fields
    return {} if which == "default" else {name: value for name, value in CHEAP.items() if name in fields}


def measure(address: str, which: str) -> dict[str, Any]:
    """Seconds of every method on the network at `address`."""
    started = time.perf_counter()
    model = seewhy.load(address)
    loading = time.perf_counter() - started
    seconds = {}
    for method in (one.name for one in catalog.EXPLAINERS):
        found = seewhy.explain(model, chelsea(), method, **settings_for(method, which))
        assert found.values.shape == model.input_shape[1:]
        assert np.isfinite(found.values).all()
        seconds[method] = round(found.seconds, 2)
        print(f"{address}  {method}  {found.seconds:.2f} s", flush=True)
    return {"address": address, "input": list(model.input_shape), "loading": round(loading, 2), "seconds": seconds}


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("address", nargs="*", default=NETS)
    options.add_argument("--settings", choices=("cheap", "default"), default="cheap")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    rows = [measure(address, chosen.settings) for address in chosen.address]
    machine = {"torch": torch.__version__, "machine": platform.machine(), "threads": chosen.threads}
    if chosen.out:
        text = json.dumps({"settings": chosen.settings, **machine, "nets": rows}, indent=2)
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
