"""One pass of a data set through a model, every chosen layer kept: image by image in, unit by unit out.

Outputs are turned batch by batch, gathered for a few thousand images, and added to each unit's row; then each row is
ranked. So
memory holds one such gathering, whatever the size of the layers and the set.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.classifiers.base import Classifier, LayerInfo
from seewhy.datasets.base import ImageSet, as_image
from seewhy.datasets.fetching import user_cache
from seewhy.inference.activations import shelf
from seewhy.inference.activations.ranking import MOST, ranks
from seewhy.inference.activations.stored import Activations, LayerUnits
from seewhy.inference.batches import batch_size, in_batches
from seewhy.inference.units import in_order
from seewhy.progress import track

Values = Literal["float16", "float32"]

PREPARATION = 1  # changes when the way from a data set's pixels to a model's input changes
GATHERED = 192 * 2**20  # bytes of outputs held before they are turned and written
CACHED = 2**19  # bytes of outputs that are turned at once: they stay in a core's cache
MAPPED = 32 * 2**20  # bytes of a file that are mapped at once while its rows are ranked


def record(
    model: Classifier,
    images: ImageSet,
    split: str,
    layers: Sequence[str],
    size: int | None = None,
    folder: Path | None = None,
    *,
    values: Values = "float32",
    limit: int = shelf.LIMIT,
) -> Activations:
    """The outputs of `layers` for the first `size` images of `split`; what is in `folder` is not computed again.

    size: how many images; all where it is None or more than there are; at most 65,536.
    folder: where recordings are kept, by default the user's cache.
    values: how values are kept; a layer whose values half precision cannot hold is kept in single precision.
    limit: bytes that all recordings in `folder` may take; the longest unused make room.

    Raises: LookupError for a layer or split that does not exist, TypeError where the model hides its layers,
    ValueError where there is nothing to record or no room for it.
    """
    images.check_split(split)
    known = model.layers()
    if not known:
        raise TypeError(f"{model.name} shows no layers; rules need a model whose hidden layers can be read")
    for name in layers:
        if name not in known:
            raise LookupError(f"{model.name} has no layer {name!r}; its layers are {', '.join(known)}")
    count = min(images.size(split), size or images.size(split))
    if not 1 <= count <= MOST:
        raise ValueError(f"from 1 to {MOST:,} images can be recorded, got {count:,}; choose another size")
    place = (default_folder() if folder is None else folder) / _key(model, images, split, count, values)
    manifest = shelf.read_manifest(place)
    missing = [name for name in dict.fromkeys(layers) if manifest is None or name not in manifest["layers"]]
    passes = 0
    if missing or manifest is None:
        recorder = _Recorder(model, images, split, count, values, place)
        shelf.make_room(place.parent, recorder.needed(missing), limit, keep=place.name)
        manifest = recorder.run(missing)
        passes = recorder.passes
    shelf.touch(place)
    return _opened(place, manifest, list(dict.fromkeys(layers)), passes)


def default_folder() -> Path:
    """Where recordings are kept unless another folder is named."""
    return user_cache() / "activations"


class _TooLarge(Exception):  # noqa: N818 - told to `run` alone
    """A layer's values are beyond half precision."""


class _Recorder:
    """Makes one recording, or adds layers to one."""

    def __init__(
        self, model: Classifier, images: ImageSet, split: str, count: int, values: Values, place: Path
    ) -> None:
        self.model, self.images, self.split, self.count, self.place = model, images, split, count, place
        self.values = values
        self.passes = 0
        self.infos = model.layers()

    def needed(self, layers: Iterable[str]) -> int:
        """Bytes on disk of values and ranks."""
        width = np.dtype(self.values).itemsize + 2
        return sum(prod(self.infos[name].shape) * self.count * width for name in layers)

    def run(self, layers: Sequence[str]) -> dict[str, Any]:
        """The manifest after all of `layers` were written."""
        kinds: dict[str, Values] = dict.fromkeys(layers, self.values)
        while True:
            self.place.mkdir(parents=True, exist_ok=True)
            token = secrets.token_hex(4)
            files = {name: _Files(self.place, token, i, self.infos[name], kinds[name]) for i, name in enumerate(layers)}
            try:
                return self._write(token, files)
            except _TooLarge as error:
                kinds[str(error)] = "float32"
                _unlink(self.place, token)
            except BaseException:
                _unlink(self.place, token)
                raise

    def _write(self, token: str, files: Mapping[str, _Files]) -> dict[str, Any]:
        scores = self._pass(files)
        for each in files.values():
            each.rank(self.count)
        names = [name for each in files.values() for name in (each.values.name, each.ranks.name)]
        for name, array in (("scores", scores), ("labels", self.images.truth(self.split)[: self.count])):
            path = self.place / f"{token}-{name}.npy"
            np.save(path, array)
            names.append(path.name)
        for name in names:
            shelf.sync(self.place / name)
        manifest = self._manifest(token, files, {name: (self.place / name).stat().st_size for name in names})
        before = shelf.read_manifest(self.place)
        shelf.write_manifest(self.place, manifest)
        for name in set(before["files"] if before else ()) - set(manifest["files"]):
            (self.place / name).unlink(missing_ok=True)
        return manifest

    def _manifest(self, token: str, files: Mapping[str, _Files], sizes: Mapping[str, int]) -> dict[str, Any]:
        """What is there now, together with what was there before."""
        before = shelf.read_manifest(self.place) or {"layers": {}, "files": {}, "scores": None, "labels": None}
        kept = {
            name: size for name, size in before["files"].items() if name not in (before["scores"], before["labels"])
        }
        return {
            "format": shelf.FORMAT,
            "about": {
                "model": self.model.name,
                "data": self.images.name,
                "split": self.split,
                "count": self.count,
                "fingerprint": self.model.fingerprint,
            },
            "scores": f"{token}-scores.npy",
            "labels": f"{token}-labels.npy",
            "layers": before["layers"] | {name: each.describe() for name, each in files.items()},
            "files": kept | dict(sizes),
        }

    def _pass(self, files: Mapping[str, _Files]) -> NDArray[np.float32]:
        """Scores (N, K); the layers go to their files."""
        sample = self.model.prepare(as_image(self.images.pixels(self.split)[0]))
        batches = list(in_batches(self.count, batch_size(sample)))
        width = sum(each.units * each.dtype.itemsize for each in files.values())
        room = max(1, GATHERED // max(1, width * len(batches[0])))  # batches gathered at once
        scores = []
        for each in files.values():
            each.make(self.count, min(room, len(batches)), len(batches[0]))
        with torch.no_grad():
            for number, batch in enumerate(track(batches, "recording"), start=1):
                x = self._input(batch)
                logits, outputs = self.model.activations(x, list(files))
                self.passes += len(x)
                scores.append(logits.detach().float().cpu().numpy())
                for name, each in files.items():
                    each.gather(outputs[name])
                if number % room == 0 or number == len(batches):
                    for each in files.values():
                        each.turn()
        return np.concatenate(scores)

    def _input(self, batch: range) -> Tensor:
        """Images as the model takes them, (N, C, H, W)."""
        pixels = self.images.pixels(self.split)[batch.start : batch.stop]
        same = self.images.shape == self.model.input_shape
        if same and type(self.model).prepare is Classifier.prepare:
            x = pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)
            return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32) / np.float32(255))
        return torch.cat([self.model.prepare(as_image(each)) for each in pixels])


class _Files:
    """The two files of one layer while they are written."""

    def __init__(self, place: Path, token: str, number: int, info: LayerInfo, kind: Values) -> None:
        self.name, self.shape = info.name, info.shape
        self.units = prod(info.shape)
        self.dtype = np.dtype(kind)
        self.values = place / f"{token}-{number}-values.bin"
        self.ranks = place / f"{token}-{number}-ranks.bin"
        self._order = in_order(np.arange(self.units).reshape(1, *info.shape))[0]  # of the units in the layer's output
        self._count = self._written = self._held = self._batches = 0
        self._gathered = torch.empty(0)

    def describe(self) -> dict[str, Any]:
        return {
            "shape": list(self.shape),
            "dtype": self.dtype.name,
            "values": self.values.name,
            "ranks": self.ranks.name,
        }

    def make(self, count: int, batches: int, size: int) -> None:
        """An empty file for `count` images, and room for some `batches` of `size` images."""
        self._count = count
        self._gathered = torch.empty(batches, self.units, size, dtype=getattr(torch, self.dtype.name))
        with open(self.values, "wb") as file:
            file.truncate(self.units * count * self.dtype.itemsize)

    def gather(self, output: Tensor) -> None:
        """Keep the layer's `output` for the next images."""
        if tuple(output.shape[1:]) != self.shape:
            raise ValueError(
                f"layer {self.name!r} must give {self.shape} for every image, got {tuple(output.shape[1:])}; "
                "choose another layer"
            )
        turned = self._gathered[self._batches][:, : len(output)]  # (units, images), in the layer's own order
        turned.copy_(output.detach().flatten(1).to(turned.dtype).t())
        turned += 0  # makes −0 the same as 0
        if not bool(torch.isfinite(turned.sum(dtype=torch.float32))) and not bool(torch.isfinite(turned).all()):
            if bool(torch.isfinite(output).all()) and self.dtype == np.float16:
                raise _TooLarge(self.name)
            raise ValueError(f"layer {self.name!r} gives NaN or infinity for some images; choose another layer")
        self._batches += 1
        self._held += len(output)

    def turn(self) -> None:
        """Write what was gathered into the rows of the units; all batches but the last are full."""
        gathered = self._gathered[: self._batches].numpy()
        for block in in_batches(self.units, max(1, CACHED // gathered[:, 0].nbytes)):
            some = gathered.take(self._order[block.start : block.stop], axis=1, mode="clip")
            rows = self._mapped(self.values, self.dtype, block, "r+")
            joined = some.transpose(1, 0, 2).reshape(len(block), -1)
            rows[:, self._written : self._written + self._held] = joined[:, : self._held]
        self._written += self._held
        self._held = self._batches = 0

    def rank(self, count: int) -> None:
        """Write the ranks, once all values are there."""
        self._gathered = torch.empty(0)
        blocks = list(in_batches(self.units, max(1, MAPPED // (count * self.dtype.itemsize))))
        with open(self.ranks, "wb") as file:
            for block in track(blocks, f"ranking {self.name}"):
                places = np.empty((len(block), count), np.uint16)
                ranks(np.asarray(self._mapped(self.values, self.dtype, block, "r")), places)
                file.write(places.data)

    def _mapped(self, path: Path, dtype: np.dtype[Any], block: range, mode: Literal["r", "r+"]) -> NDArray[Any]:
        """Some rows of a file; mapped for as long as they are used, so that memory does not fill with the file."""
        offset = block.start * self._count * dtype.itemsize
        rows: NDArray[Any] = np.memmap(path, dtype, mode, offset, (len(block), self._count))
        return rows


def _opened(place: Path, manifest: Mapping[str, Any], layers: Sequence[str], passes: int) -> Activations:
    labels = np.load(place / manifest["labels"])
    count = manifest["about"]["count"]
    return Activations(
        key=place.name,
        split=manifest["about"]["split"],
        scores=np.load(place / manifest["scores"]),
        labels=labels if bool((labels >= 0).any()) else None,
        units={name: _layer(place, name, manifest["layers"][name], count) for name in layers},
        passes=passes,
    )


def _layer(place: Path, name: str, facts: Mapping[str, Any], count: int) -> LayerUnits:
    shape = tuple(facts["shape"])
    values, places = (
        np.memmap(place / facts[what], kind, "r", shape=(prod(shape), count))
        for what, kind in (("values", np.dtype(facts["dtype"])), ("ranks", np.dtype(np.uint16)))
    )
    return LayerUnits(name, shape, values, places)


def _key(model: Classifier, images: ImageSet, split: str, count: int, values: str) -> str:
    about = [
        shelf.FORMAT, PREPARATION, model.fingerprint, model.input_shape, images.name, _digest(images), split, count,
        values,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def _digest(images: ImageSet) -> str:
    """The data set's version; computed once for each data set in memory."""
    if images not in _digests:
        _digests[images] = images.version()
    return _digests[images]


_digests: WeakKeyDictionary[ImageSet, str] = WeakKeyDictionary()


def _unlink(place: Path, token: str) -> None:
    for path in place.glob(f"{token}-*"):
        with suppress(OSError):
            path.unlink()
    with suppress(OSError):
        place.rmdir()  # only where nothing else is in it
