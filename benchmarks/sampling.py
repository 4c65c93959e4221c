"""The methods that sample: their cost beside the bare passes, the lime package and Captum, and how well they rank.

    SEEWHY_DATA=… python -m benchmarks.sampling [--net mnist-cnn …] [--rounds 5] [--samples 1000] [--out file.json]
    SEEWHY_DATA=… python -m benchmarks.sampling --ranking [--net …] [--images 4] [--seeds 3] [--cifar WEIGHTS]

Cost: every round runs all contenders one after the other on the same segments; the ratios are medians over rounds of
the ratio of CPU seconds within a round. The passes are the pictures that our LIME really shows to the model, shown
again in the same batches and by the same folded steps.

Ranking: Spearman's correlation with the weights of 10,000 masks drawn as the lime package draws them, of 1,000 such
masks and of 500 of ours. Equal masks give the package's weights (`tests/explainers/test_lime.py`), so its estimate with
masks of its own is that of our recipe without pairs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seewhy.web.threads import prepare_threads

prepare_threads()  # before torch is imported: all sides get it

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from benchmarks import cifar_net, imagenet  # noqa: E402
from seewhy import load  # noqa: E402
from seewhy.classifiers.pytorch import PyTorchClassifier  # noqa: E402
from seewhy.datasets.digits import Digits  # noqa: E402
from seewhy.explainers.kernel_shap import KernelShap  # noqa: E402
from seewhy.explainers.lime import Lime, fit, random_masks  # noqa: E402
from seewhy.explainers.rise import Rise  # noqa: E402
from seewhy.explainers.segmented import Hiding, changed, hide, parts  # noqa: E402
from seewhy.explainers.settling import agreement  # noqa: E402
from seewhy.explainers.superpixels import segment  # noqa: E402
from seewhy.inference.asking import Asking  # noqa: E402
from seewhy.targets import ClassScore  # noqa: E402

NETS = ("mnist-cnn", "six-conv", "resnet18")
REFERENCE, THEIRS, OURS = 10_000, 1000, 500  # masks
DIGITS, PICTURES = (3, 5, 12, 40, 7, 9, 21, 33), (1, 4, 7, 13, 18, 21, 30, 34)


def main() -> None:
    """Measure, print, write JSON."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--net", nargs="*", choices=NETS, default=list(NETS))
    wishes.add_argument("--ranking", action="store_true")
    wishes.add_argument("--images", type=int, default=4)
    wishes.add_argument("--seeds", type=int, default=3)
    wishes.add_argument("--samples", type=int, default=1000)
    wishes.add_argument("--rounds", type=int, default=5)
    wishes.add_argument("--cifar", type=Path, help="weights of the six-convolution network, trained where absent")
    wishes.add_argument("--out", type=Path)
    wish = wishes.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    facts: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "threads": 1,
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "command": "python -m benchmarks.sampling " + " ".join(sys.argv[1:]),
        "results": {},
    }
    for name in wish.net:
        model, images = case(name, wish.images, wish.cifar)
        found = (
            [ranked(model, image, wish.seeds) for image in images]
            if wish.ranking
            else costs(model, images[:1], wish.samples, wish.rounds)
        )
        facts["results"][name] = found
        print(name, json.dumps(found, indent=2), flush=True)
        if wish.out:
            wish.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def case(name: str, count: int, cifar: Path | None) -> tuple[PyTorchClassifier, Tensor]:
    """The network and some of its images (count, C, H, W)."""
    if name == "resnet18":
        return imagenet.classifier(name), imagenet.photographs(count)
    if name == "six-conv":
        return cifar_net.classifier(cifar), cifar_net.pictures("test")[list(PICTURES[:count])].float() / 255
    model = load("mnist-cnn")
    assert isinstance(model, PyTorchClassifier)
    digits = [np.array(Digits().sample("test", index).image) for index in DIGITS[:count]]
    return model, torch.cat([model.prepare(digit) for digit in digits])


def first_choice(model: PyTorchClassifier, image: Tensor) -> ClassScore:
    """The class that the model holds most likely."""
    with torch.no_grad():
        return ClassScore(int(model.scores(image[None]).argmax()))


def ranked(model: PyTorchClassifier, image: Tensor, seeds: int) -> dict[str, Any]:
    """Rank correlations with the reference, means over seeds."""
    target, ids = first_choice(model, image), torch.from_numpy(segment(image.numpy(), "slic", 50).ids)
    hidden = hide(image, ids, "mean", model)
    live = changed(image, hidden, ids)
    place, count = parts(ids, live)
    ours = Hiding(model, target, image, hidden, place, count)
    every = Hiding(model, target, image, hidden, ids, len(live))  # the package also asks about what cannot be hidden

    def weights(hiding: Hiding, samples: int, paired: bool, seed: int) -> np.ndarray[Any, Any]:
        masks = random_masks(samples, hiding.count, paired, seed)
        *_, scores = hiding.scores(masks)
        found = fit(masks.double(), scores - scores[0], 0.25, 1.0).weights
        return found if hiding is every else np.where(live, np.append(found, 0)[np.cumsum(live) - 1], 0.0)

    reference = weights(every, REFERENCE, False, 10**6)
    pairs = [
        (
            agreement(weights(every, THEIRS, False, seed), reference),
            agreement(weights(ours, OURS, True, seed), reference),
        )
        for seed in range(seeds)
    ]
    theirs, own = np.mean(pairs, 0).tolist()
    return {
        "segments": len(live),
        "hidden at all": count,
        f"lime {THEIRS}": theirs,
        f"seewhy {OURS}": own,
        "each": pairs,
    }


def costs(model: PyTorchClassifier, x: Tensor, samples: int, rounds: int) -> dict[str, dict[str, float]]:
    """Median CPU seconds of each contender, and the median ratio to our passes of the same round."""
    target, grid = first_choice(model, x[0]), {"segmentation": "slic", "samples": samples}
    lime, shap, rise = Lime(**grid), KernelShap(**grid), Rise(samples=samples)
    batches = shown(lambda: lime.attribute(model, x, target))
    asking = Asking(model, x[0])
    works: dict[str, Callable[[], Any]] = {
        "passes": lambda: [asking.scores(pictures) for pictures in batches],
        "seewhy lime": lambda: lime.attribute(model, x, target),
        "seewhy kernel-shap": lambda: shap.attribute(model, x, target),
        "seewhy rise": lambda: rise.attribute(model, x, target),
        "lime package": lambda: by_lime(model, x[0], target, samples),
        "captum lime, batched": lambda: by_captum(model, x, target, samples, asking.size),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            began = time.process_time()
            work()
            times[name].append(time.process_time() - began)
    return {
        name: {
            "seconds": statistics.median(spent),
            "ratio": statistics.median(s / p for s, p in zip(spent, times["passes"], strict=True)),
        }
        for name, spent in times.items()
    } | {"pictures": {"shown": sum(len(pictures) for pictures in batches)}}


def shown(work: Callable[[], Any]) -> list[Tensor]:
    """The pictures that `work` shows to its model, batch by batch."""
    found: list[Tensor] = []
    scores = Asking.scores

    def keep(self: Asking, x: Tensor) -> Tensor:
        found.append(x.clone())
        return scores(self, x)

    Asking.scores = keep  # type: ignore[method-assign]
    try:
        work()
    finally:
        Asking.scores = scores  # type: ignore[method-assign]
    return found


def by_lime(model: PyTorchClassifier, image: Tensor, target: ClassScore, samples: int) -> Any:
    """The lime package on the same segments; the batch is the one that our passes use."""
    from lime.lime_image import LimeImageExplainer

    ids = segment(image.numpy(), "slic", 50).ids
    picture = np.broadcast_to(image.numpy(), (3, *ids.shape)).transpose(1, 2, 0).astype(np.double)

    def score(batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        pictures = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2)[:, : len(image)].float()
        with torch.no_grad():
            return target(model, pictures)[:, None].double().numpy()

    return LimeImageExplainer(feature_selection="none", random_state=0).explain_instance(
        picture, score, (0,), num_samples=samples, batch_size=8 if image.numel() > 10**5 else 64,
        segmentation_fn=lambda _: ids, random_seed=0,
    )  # fmt: skip


def by_captum(model: PyTorchClassifier, x: Tensor, target: ClassScore, samples: int, batch: int) -> Any:
    """Captum's Lime on the same segments, in batches."""
    from captum.attr import Lime as CaptumLime

    ids = torch.from_numpy(segment(x[0].numpy(), "slic", 50).ids)
    with torch.no_grad():
        judge = CaptumLime(lambda pictures: target(model, pictures))
        return judge.attribute(x, feature_mask=ids[None, None], n_samples=samples, perturbations_per_eval=batch)


if __name__ == "__main__":
    main()
