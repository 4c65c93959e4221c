"""Keras models from .keras and .h5 files, Keras 2 ones too; only Keras's own layers are built, nothing is run.

A model file is a description of layers and their weights. The description is checked before Keras sees it: a layer that
carries code (Lambda), that is looked up elsewhere (registered, imported) or that opens files (TFSMLayer) is refused.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from seewhy.classifiers import hdf5
from seewhy.classifiers.keras import imported

MOST = 8 * 2**30  # bytes that a file may unpack to
MOST_GROWTH = 64
_CODE = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "function", "__lambda__", "__numpy__"}
_FOR_TRAINING = ("_initializer", "_regularizer", "_constraint")
_MODELS = ("Sequential", "Model", "Functional")


def read_model(file: Path) -> Any:
    """The Keras model in `file`, with its weights.

    Raises: FileNotFoundError; ValueError for what is no model, is damaged, or would run code.
    """
    if not file.is_file():
        raise FileNotFoundError(f"no model at {str(file)!r}; give the path of a .keras or .h5 file")
    if file.suffix.lower() == ".keras":
        return _from_zip(file)
    if file.suffix.lower() in (".h5", ".hdf5"):
        return _from_hdf5(file)
    raise ValueError(f"a Keras model is a .keras or .h5 file, got {file.name!r}; save it with model.save('net.keras')")


def read_weights(model: Any, file: Path) -> None:
    """Put the weights of a .weights.h5 or .h5 file into `model`.

    Raises: FileNotFoundError; ValueError for what is damaged or does not fit.
    """
    if not file.is_file():
        raise FileNotFoundError(f"no weights at {str(file)!r}; give the path of a .h5 file")
    hdf5.check(file, file.name)
    try:
        model.load_weights(str(file))
    except Exception as error:  # Keras raises whatever the part that stumbled raises
        raise ValueError(f"the weights in {file.name!r} do not fit {model.name}: {_line(error)}") from None


def _from_zip(file: Path) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            sizes = {entry.filename: (entry.file_size, entry.compress_size) for entry in archive.infolist()}
            if any(size > MOST_GROWTH * packed + 4096 for size, packed in sizes.values()):
                raise ValueError(f"{file.name!r} would unpack to far more than it is; save it again")
            if sum(size for size, _ in sizes.values()) > MOST:
                raise ValueError(f"{file.name!r} would unpack to more than {MOST >> 30} GB; it is too large")
            config, weights = archive.read("config.json"), archive.read("model.weights.h5")
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, NotImplementedError) as error:
        raise ValueError(f"{file.name!r} is no .keras file or is damaged ({_line(error)}); save it again") from None
    hdf5.check(BytesIO(weights), file.name)
    model = _built(_json(config, file), file)
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "model.weights.h5"
        inside.write_bytes(weights)
        read_weights(model, inside)
    return model


def _from_hdf5(file: Path) -> Any:
    import h5py

    hdf5.check(file, file.name)
    with h5py.File(file, "r") as opened:
        config = opened.attrs.get("model_config")
    if config is None:
        raise ValueError(f"{file.name!r} holds weights without a model; name one: keras:VGG19@{file.name}")
    model = _built(_json(config, file), file)
    read_weights(model, file)
    return model


def _json(text: str | bytes, file: Path) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file.name!r} describes no model ({_line(error)}); save it again") from None
    if not isinstance(found, dict) or found.get("class_name") not in _MODELS:
        kind = found.get("class_name") if isinstance(found, dict) else type(found).__name__
        raise ValueError(
            f"{file.name!r} must describe a Sequential or functional model, got {kind!r}; rebuild it as one"
        )
    return found


def _built(config: dict[str, Any], file: Path) -> Any:
    keras = imported()
    _refuse_code(config, file, keras)
    try:
        if "module" not in config:
            return _legacy(config, keras)
        return keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception as error:  # Keras raises whatever the part that stumbled raises
        raise ValueError(f"Keras cannot build the model in {file.name!r}: {_line(error)}") from None


def _refuse_code(config: Any, file: Path, keras: Any) -> None:
    """Refuse whatever in a description is not Keras's own."""
    if isinstance(config, list):
        for part in config:
            _refuse_code(part, file, keras)
    if not isinstance(config, Mapping):
        return
    name, module = config.get("class_name"), config.get("module")
    if name in _CODE:
        raise ValueError(
            f"{file.name!r} has a part of kind {name}, which could run code; rebuild it from Keras's layers"
        )
    foreign = isinstance(module, str) and module.split(".")[0] not in ("keras", "builtins")
    if foreign or ">" in str(config.get("registered_name")):
        where = module or config.get("registered_name")
        raise ValueError(
            f"{file.name!r} has a part {name} from {where}, which is not Keras's; load it in Python instead"
        )
    if isinstance(name, str) and isinstance(config.get("config"), Mapping) and not _known(name, module, keras):
        raise ValueError(
            f"{file.name!r} has a part of kind {name}, which Keras does not have; load it in Python instead"
        )
    for part in config.values():
        _refuse_code(part, file, keras)


def _known(name: str, module: str | None, keras: Any) -> bool:
    if module is not None:  # keras looks these up among its own; what is not there, it refuses
        return True
    places = (keras.layers, keras.initializers, keras.regularizers, keras.constraints, keras, keras.dtype_policies)
    return name in _MODELS or any(hasattr(place, name) for place in places)


def _legacy(config: dict[str, Any], keras: Any) -> Any:
    """A model as Keras 2 described it: the first layer says the shape of the images."""
    inner = config["config"]
    if config["class_name"] != "Sequential":
        return keras.Model.from_config(_modern(inner))
    described = inner["layers"] if isinstance(inner, dict) else inner  # before Keras 2.2.3, a bare list
    first = described[0]["config"]
    shape = first.get("batch_input_shape") or first.get("batch_shape")
    if shape is None:
        raise ValueError("its first layer does not say the shape of the images")
    layers = [_modern(layer) for layer in described if layer["class_name"] != "InputLayer"]
    return keras.Sequential([keras.Input(shape[1:]), *(_legacy_layer(layer, keras) for layer in layers)])


def _legacy_layer(layer: dict[str, Any], keras: Any) -> Any:
    if layer["class_name"] in _MODELS:
        return _legacy(layer, keras)
    return getattr(keras.layers, layer["class_name"]).from_config(layer["config"])


def _modern(config: Any) -> Any:
    """The description without what only training needs, with Keras 3's word for the shape of the images."""
    if isinstance(config, list):
        return [_modern(part) for part in config]
    if not isinstance(config, dict):
        return config
    kept = {key: _modern(value) for key, value in config.items() if not str(key).endswith(_FOR_TRAINING)}
    if config.get("class_name") == "InputLayer" and "batch_input_shape" in kept["config"]:
        kept["config"]["batch_shape"] = kept["config"].pop("batch_input_shape")
    elif isinstance(kept.get("config"), dict):
        kept["config"].pop("batch_input_shape", None)
        axis = kept["config"].get("axis")
        if isinstance(axis, list) and len(axis) == 1:  # as Keras 2 wrote the axis of batch norm
            kept["config"]["axis"] = axis[0]
    return kept


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
