"""Programs of torch.export (.pt2), read and run step by step, so that a file can do nothing but compute on tensors.

`torch.export.load` unpickles parts of such a file and evaluates text in it; here only its list of steps and the raw
bytes of its weights are read, and a step must be one of the operators listed below.
"""

from __future__ import annotations

import json
import operator
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seewhy.classifiers.pytorch import PyTorchClassifier

_WORDS = """
_adaptive_avg_pool2d _native_batch_norm_legit_no_training _softmax _to_copy _unsafe_view abs adaptive_avg_pool2d
adaptive_max_pool2d add add_ addmm alias amax arange avg_pool2d batch_norm bmm cat chunk clamp clamp_max clamp_min
clone constant_pad_nd contiguous conv1d conv2d convolution cos div dropout dropout_ elu elu_ embedding eq erf exp
expand expand_as flatten floor floor_divide full full_like ge gelu group_norm gt hardsigmoid hardsigmoid_ hardswish
hardswish_ hardtanh hardtanh_ index_select layer_norm le leaky_relu leaky_relu_ linear log log_softmax lt matmul
max_pool2d max_pool2d_with_indices mean mish mish_ mm mul mul_ native_layer_norm ne neg new_zeros ones pad permute
pow prelu reciprocal relu relu6 relu6_ relu_ repeat reshape roll rsqrt scaled_dot_product_attention select sigmoid
sigmoid_ silu silu_ sin slice softmax softplus split split_with_sizes sqrt squeeze stack sub sum sym_size t tanh
tanh_ transpose unbind unflatten unsqueeze upsample_bilinear2d upsample_nearest2d view where zeros zeros_like
"""
OPERATORS = frozenset(_WORDS.split())
_ON_NUMBERS = {name: getattr(operator, name) for name in ("add", "sub", "mul", "floordiv", "getitem", "neg", "eq")}
_DTYPES = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}
_ELSEWHERE = ("device", "layout", "memory_format", "pin_memory")  # where and how tensors lie, which is ours to say


class ExportedClassifier(PyTorchClassifier):
    """An exported program; it has gradients and layers, but its steps are no modules of PyTorch's."""

    def frozen(self) -> nn.Module:
        """There is none: who takes a network apart looks for PyTorch's modules."""
        raise ValueError("its steps are an exported program's")


def read(file: Path) -> nn.Module:
    """The program in `file` as a module from images (N, C, H, W) to logits.

    Raises: FileNotFoundError; ValueError for what is damaged, is no program of one image, or has a step that is not
    known here.
    """
    if not file.is_file():
        raise FileNotFoundError(f"no model at {str(file)!r}; give the path of a .pt2 file")
    try:
        with zipfile.ZipFile(file) as archive:
            _refuse_bomb(archive, file)
            parts = {entry.filename.partition("/")[2]: entry for entry in archive.infolist()}
            program = json.loads(archive.read(parts["models/model.json"]))
            weights = {
                name: tensor
                for kind in ("weights", "constants")
                for name, tensor in _tensors(archive, parts, kind, file).items()
            }
        return Program(program["graph_module"], weights)
    except ValueError as error:
        if file.name in str(error):
            raise
        raise ValueError(f"{file.name!r} cannot be run here: {error}") from None
    except (
        zipfile.BadZipFile,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        OSError,
        EOFError,
        RuntimeError,
    ) as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise ValueError(f"{file.name!r} is no exported program or is damaged ({reason}); export it again") from None


class Program(nn.Module):
    """The steps of an exported program; named after the modules that they came from."""

    def __init__(self, found: dict[str, Any], weights: dict[str, Tensor]) -> None:
        super().__init__()
        graph, signature = found["graph"], found["signature"]
        self._known: dict[str, str] = {}
        self._image = ""
        stored = nn.Module()
        for number, spec in enumerate(signature["input_specs"]):
            (kind, what), *_ = spec.items()
            if kind == "user_input":
                if self._image:
                    raise ValueError("it takes more than one image")
                self._image = what["arg"]["as_tensor"]["name"]
                continue
            key = next(what[name] for name in ("parameter_name", "buffer_name", "tensor_constant_name") if name in what)
            tensor = weights[key]
            name = f"w{number}"
            if kind == "parameter" and tensor.is_floating_point():
                stored.register_parameter(name, nn.Parameter(tensor))
            else:
                stored.register_buffer(name, tensor)
            self._known[what["arg"]["name"]] = name
        self.stored = stored
        self._output = graph["outputs"][0]["as_tensor"]["name"]
        self._steps: list[Step] = []
        names = _names(graph["nodes"])
        for node, name in zip(graph["nodes"], names, strict=True):
            step = Step(node)
            self._steps.append(step)
            _add(self, name, step)
        last = self._steps[-1] if self._steps else None
        if last is not None and last.target.split(".")[-2] in ("softmax", "_softmax"):
            self._output = last.node["inputs"][0]["arg"]["as_tensor"]["name"]  # scores are logits
            self._steps.pop()

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, K)."""
        known: dict[str, Any] = {key: getattr(self.stored, name) for key, name in self._known.items()}
        known[self._image] = x
        for step in self._steps:
            arguments, named = step.arguments(known)
            known.update(step.results(step(*arguments, **named)))
        result: Tensor = known[self._output]
        return result


class Step(nn.Module):
    """One operator with the arguments that the program gives it."""

    def __init__(self, node: dict[str, Any]) -> None:
        super().__init__()
        self.node = node
        self.target = str(node["target"])
        self._function = _function(self.target)
        stack = node["metadata"].get("nn_module_stack", "").split(";")[-1].split(",")
        self.kind = (
            stack[-1].split(".")[-1] if stack[-1].startswith("torch.nn.modules.") else self.target.split(".")[-2]
        )

    def extra_repr(self) -> str:
        """Everything that decides what it gives, for the fingerprint."""
        return json.dumps([self.target, self.node["inputs"]], sort_keys=True)

    def forward(self, *arguments: Any, **named: Any) -> Any:
        """What the operator gives."""
        return self._function(*arguments, **named)

    def arguments(self, known: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Its arguments, by place and by name."""
        given = [one for one in self.node["inputs"] if one["name"] not in _ELSEWHERE]
        by_name = {one["name"]: _value(one["arg"], known) for one in given if one.get("kind") == 2}
        return [_value(one["arg"], known) for one in given if one.get("kind") != 2], by_name

    def results(self, found: Any) -> dict[str, Any]:
        """What it gave, by the names that other steps use."""
        outputs = self.node["outputs"]
        names = [
            tensor["name"]
            for one in outputs
            for tensor in (one["as_tensors"] if "as_tensors" in one else [_named(next(iter(one.values())))])
        ]
        return dict(zip(names, found if isinstance(found, tuple | list) else [found], strict=False))


def _function(target: str) -> Any:
    parts = target.split(".")
    if parts[:3] == ["torch", "ops", "aten"] and parts[3:4] in (["relu"], ["relu_"]):
        return F.relu  # which those who step in at ReLUs know
    if parts[:3] == ["torch", "ops", "aten"] and len(parts) == 5 and parts[3] in OPERATORS:
        return getattr(getattr(torch.ops.aten, parts[3]), parts[4])
    if parts[0] in ("_operator", "operator") and len(parts) == 2 and parts[1] in _ON_NUMBERS:
        return _ON_NUMBERS[parts[1]]
    raise ValueError(f"its step {target[:80]!r} is not known here")


def _value(argument: dict[str, Any], known: dict[str, Any]) -> Any:
    ((kind, value),) = argument.items()
    if kind == "as_none":
        return None
    if kind == "as_scalar_type":
        return _DTYPES[value]
    if kind in ("as_tensor", "as_sym_int", "as_sym_float", "as_sym_bool"):
        return _one(value, known)
    if kind in ("as_tensors", "as_sym_ints", "as_sym_floats", "as_optional_tensors"):
        return [_one(part, known) for part in value]
    if kind in ("as_int", "as_ints", "as_float", "as_floats", "as_bool", "as_bools", "as_string"):
        return value
    raise ValueError(f"its argument of kind {kind[:40]!r} is not known here")


def _one(value: dict[str, Any], known: dict[str, Any]) -> Any:
    if "as_none" in value:
        return None
    inner = value.get("as_tensor", value)
    name = inner.get("name", inner.get("as_name"))
    return known[name] if name is not None else next(iter(inner.values()))


def _named(value: dict[str, Any]) -> dict[str, Any]:
    return {"name": value.get("name", value.get("as_name"))}


def _names(nodes: list[dict[str, Any]]) -> list[str]:
    """A name for each step: its module's where that has one step only, else that and the operator's."""
    paths = []
    for node in nodes:
        stack = node["metadata"].get("nn_module_stack", "").split(";")[-1].split(",")
        path = stack[1] if len(stack) == 3 else ""
        paths.append(path.removeprefix("L['self'].").removeprefix("L__self__."))
    names = []
    for node, path in zip(nodes, paths, strict=True):
        alone = path and paths.count(path) == 1 and not any(other.startswith(f"{path}.") for other in paths)
        own = str(node.get("name") or node["target"].split(".")[-2]).replace(".", "_")
        names.append(path if alone else f"{path}.{own}" if path else own)
    return names


def _add(root: nn.Module, name: str, step: nn.Module) -> None:
    *above, last = name.split(".")
    for part in above:
        if not isinstance(getattr(root, part, None), nn.Module):
            root.add_module(part + "_" * hasattr(root, part), nn.Module())
            part = part if part in root._modules else part + "_"
        root = getattr(root, part)
    while hasattr(root, last):
        last += "_"
    root.add_module(last, step)


def _refuse_bomb(archive: zipfile.ZipFile, file: Path) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries) or unpacked > file.stat().st_size:
        raise ValueError(f"{file.name!r} would unpack to {unpacked:,} bytes, more than it is; export it again")


def _tensors(archive: zipfile.ZipFile, parts: dict[str, Any], kind: str, file: Path) -> dict[str, Tensor]:
    config = json.loads(archive.read(parts[f"data/{kind}/model_{kind}_config.json"]))["config"]
    found = {}
    for name, facts in config.items():
        if facts["use_pickle"]:
            raise ValueError(f"{file.name!r} keeps {name!r} as a pickle, which could run code; export it on the CPU")
        meta = facts["tensor_meta"]
        data = bytearray(archive.read(parts[f"data/{kind}/{facts['path_name']}"]))
        sizes, strides = ([int(n["as_int"]) for n in meta[key]] for key in ("sizes", "strides"))
        flat = torch.frombuffer(data, dtype=_DTYPES[meta["dtype"]])
        found[name] = flat.as_strided(sizes, strides, int(meta["storage_offset"]["as_int"])).contiguous()
    return found
