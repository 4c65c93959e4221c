"""ONNX files: read with care, answered by ONNX Runtime, or turned into a PyTorch module where every step is known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seewhy.classifiers.blackbox import probabilities, probes
from seewhy.classifiers.onnx_steps import Step, as_module
from seewhy.classifiers.pytorch import PyTorchClassifier

MOST = 2 * 2**30  # bytes, the most that one message of protobuf can have
NEWEST = 24  # the last set of operators that was tried here
_SIDES = (1, 3)
BENT = ("Clip", "Erf", "Gelu", "HardSigmoid", "MaxPool", "PRelu", "Selu", "Softmax", "LogSoftmax")  # not straight lines


class OnnxClassifier(PyTorchClassifier):
    """An ONNX model turned into PyTorch, so that it has gradients and layers."""

    framework = "onnx"

    def frozen(self) -> nn.Module:
        """A copy for fast passes, where every activation is a module of PyTorch's, which others can tell."""
        bent = [step.kind for step in self.module.modules() if isinstance(step, Step) and step.kind in BENT]
        if bent:
            raise ValueError(f"its step {bent[0]} is no module of PyTorch's")
        return super().frozen()


@dataclass(frozen=True)
class OnnxModel:
    """A model of one image that was read and checked.

    shape: (C, H, W), None for a side left open; channels_last: whether it wants (N, H, W, C); batch: how many images
    it takes at once, None for any number.
    """

    message: Any
    data: bytes
    shape: tuple[int | None, ...]
    channels_last: bool
    batch: int | None

    @property
    def identity(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.data).hexdigest()

    def session(self) -> Any:
        """The model in ONNX Runtime, on one thread for each that PyTorch has."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(self.data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common parent of their own
            raise ValueError(f"ONNX Runtime cannot run this model: {_line(error)}") from None

    def ask(self, session: Any, pixels: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """What `session` says about normalised images (N, C, H, W): rows (N, K)."""
        images = pixels.transpose(0, 2, 3, 1) if self.channels_last else pixels
        name = session.get_inputs()[0].name
        parts = (
            [images] if self.batch is None else [images[i : i + self.batch] for i in range(0, len(images), self.batch)]
        )
        rows: list[NDArray[np.floating[Any]]] = []
        for part in parts:
            missing = 0 if self.batch is None else self.batch - len(part)
            filled = np.concatenate([part, np.zeros((missing, *part.shape[1:]), np.float32)]) if missing else part
            found = session.run(None, {name: np.ascontiguousarray(filled)})[0]
            rows.append(np.asarray(found).reshape(len(filled), -1)[: len(part)])
        return np.concatenate(rows)


def read(file: Path) -> OnnxModel:
    """The model in `file`, checked but not run.

    Raises: FileNotFoundError; ValueError for what is no ONNX file, is damaged, keeps data in other files, needs
    operators of others, or is newer than what is known here.
    """
    import onnx
    from google.protobuf.message import DecodeError

    if not file.is_file():
        raise FileNotFoundError(f"no model at {str(file)!r}; give the path of an .onnx file")
    if file.stat().st_size > MOST:
        raise ValueError(f"an ONNX file has at most 2 GB, got {file.stat().st_size:,} bytes in {file.name!r}")
    data = file.read_bytes()
    try:
        message = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{file.name!r} is no ONNX file or is damaged ({_line(error)}); export it again") from None
    _refuse_elsewhere(message, file, onnx)
    _refuse_foreign(message, file)
    try:
        onnx.checker.check_model(message)
    except Exception as error:  # the checker's error is not a ValueError
        raise ValueError(f"{file.name!r} is no whole ONNX model ({_line(error)}); export it again") from None
    return OnnxModel(message, data, *_input(message, file))


def converted(model: OnnxModel, shape: tuple[int, int, int]) -> nn.Module:
    """`model` as a PyTorch module from images (N, C, H, W) to logits, the same as ONNX Runtime's to 1e-4.

    Raises: ValueError with the reason where it cannot be had.
    """
    module = as_module(model.message, model.channels_last)
    pixels = probes(shape)
    wanted = model.ask(model.session(), pixels)
    try:
        with torch.no_grad():
            found = module(torch.from_numpy(pixels)).numpy()
    except (RuntimeError, IndexError, TypeError, KeyError) as error:
        raise ValueError(f"its steps do not fit together in PyTorch ({_line(error)})") from None
    if probabilities(wanted.astype(float)) and not probabilities(found.astype(float)):
        found = torch.softmax(torch.from_numpy(found), 1).numpy()
    if found.shape != wanted.shape or not np.allclose(found, wanted, atol=1e-4 * max(1.0, float(np.abs(wanted).max()))):
        raise ValueError("PyTorch and ONNX Runtime give different answers")
    return module


def _refuse_elsewhere(message: Any, file: Path, onnx: Any) -> None:
    for tensor in _tensors(message.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise ValueError(
                f"{file.name!r} keeps {tensor.name!r} in another file; put everything into one: "
                "onnx.save(onnx.load(path), 'whole.onnx')"
            )


def _tensors(graph: Any) -> Any:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from [attribute.t, *attribute.tensors]
            for inner in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                yield from _tensors(inner)


def _refuse_foreign(message: Any, file: Path) -> None:
    if not message.opset_import:
        raise ValueError(f"{file.name!r} does not say which operators it uses; export it again")
    for used in message.opset_import:
        if used.domain not in ("", "ai.onnx", "ai.onnx.ml"):
            raise ValueError(f"{file.name!r} needs operators of {used.domain!r}, which ONNX itself has not")
        if used.domain != "ai.onnx.ml" and not 7 <= used.version <= NEWEST:
            raise ValueError(
                f"{file.name!r} uses version {used.version} of ONNX's operators, known are 7 to {NEWEST}; "
                "export it with opset_version=18"
            )


def _input(message: Any, file: Path) -> tuple[tuple[int | None, ...], bool, int | None]:
    known = {tensor.name for tensor in message.graph.initializer}
    inputs = [one for one in message.graph.input if one.name not in known]
    sides: list[int | None] = []
    if len(inputs) == 1 and inputs[0].type.HasField("tensor_type"):
        kind = inputs[0].type.tensor_type
        sides = [side.dim_value if side.dim_value > 0 else None for side in kind.shape.dim]
        if kind.elem_type != 1:
            raise ValueError(f"{file.name!r} must take 32-bit floats, got element type {kind.elem_type} of ONNX")
    if len(sides) != 4:
        raise ValueError(f"{file.name!r} must take one image (N, C, H, W), got {len(inputs)} inputs of sides {sides}")
    last = sides[1] not in _SIDES and sides[3] in _SIDES
    shape = (sides[3], sides[1], sides[2]) if last else tuple(sides[1:])
    return shape, last, sides[0]


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
