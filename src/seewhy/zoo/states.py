"""Weights from a file into a network; nothing that a file holds is ever run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

_INSIDE = ("state_dict", "model_state_dict", "model", "net", "weights")  # where training scripts put the weights
_CONVERT = "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')"


def fill(network: nn.Module, file: Path, name: str) -> None:
    """Put the weights in `file` into `network`, which is called `name` in errors.

    Raises: FileNotFoundError where there is no file, ValueError for what is no weights or does not fit.
    """
    state = read_state(file)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"the weights in {str(file)!r} do not fit {name}: {_first_troubles(error)}") from None


def read_state(file: Path) -> dict[str, Tensor]:
    """Tensors by name from a .safetensors file or a PyTorch checkpoint (.pth, .pt, .bin).

    Checkpoints are read without their code: one that would run something is refused.

    Raises: FileNotFoundError, ValueError.
    """
    if not file.is_file():
        raise FileNotFoundError(f"no weights at {str(file)!r}; give the path of a .safetensors or .pth file")
    if file.suffix.lower() == ".safetensors":
        try:
            return load_file(file)
        except SafetensorError as error:
            raise ValueError(f"weights must be a safetensors file, but {str(file)!r} is none ({error})") from None
    if file.suffix.lower() not in (".pth", ".pt", ".bin", ".ckpt", ".tar"):
        raise ValueError(f"weights are read from .safetensors or .pth files, got {file.name!r}; convert: {_CONVERT}")
    return _named_tensors(_checkpoint(file), file)


def _checkpoint(file: Path) -> object:
    _refuse_bomb(file)
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        culprit = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"it holds {culprit[1]}, which could run code" if culprit else "it is damaged, or could run code"
        raise ValueError(
            f"a checkpoint must hold tensors only, but {str(file)!r} does not: {what}; where you trust it, load it "
            f"with torch.load and convert: {_CONVERT}"
        ) from None
    except Exception as error:  # damaged files raise whatever the part that stumbled over them raises
        raise _damaged(file, error) from None


def _refuse_bomb(file: Path) -> None:
    """PyTorch stores tensors as they are, so that a checkpoint cannot unpack to more than its own size."""
    if not zipfile.is_zipfile(file):
        return
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise _damaged(file, error) from None
    if packed or unpacked > file.stat().st_size:
        raise ValueError(
            f"a checkpoint stores its tensors unpacked, but {str(file)!r} would grow to {unpacked:,} bytes; "
            "save it again with torch.save"
        )


def _named_tensors(found: object, file: Path) -> dict[str, Tensor]:
    for key in _INSIDE:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
            break
    if not isinstance(found, Mapping) or not found or not all(isinstance(v, Tensor) for v in found.values()):
        raise ValueError(
            f"a checkpoint must hold named tensors, but {str(file)!r} holds {type(found).__name__}; {_CONVERT}"
        )
    return {str(key).removeprefix("module."): tensor for key, tensor in found.items()}  # added by DataParallel


def _first_troubles(error: RuntimeError) -> str:
    """What `load_state_dict` says, in one sentence: the beginning of each list is enough to see what is wrong."""
    lines = [" ".join(line.split()) for line in str(error).splitlines()[1:]] or [_line(error)]
    return "; ".join(line if len(line) < 160 else line[:160] + " …" for line in lines[:2]).rstrip(". ")


def _damaged(file: Path, error: Exception) -> ValueError:
    return ValueError(f"{str(file)!r} is no PyTorch checkpoint or is damaged ({_line(error)}); save it again")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
