"""`sklearn:PATH.skops`: a scikit-learn estimator saved with skops, which stores no code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from seewhy.catalog import datasets
from seewhy.classifiers.base import check_shape
from seewhy.classifiers.function import FunctionClassifier
from seewhy.loading.address import Address
from seewhy.loading.labelling import labels_for
from seewhy.loading.wishes import Wishes

MOST_GROWTH = 256  # zeros pack well


def open_address(address: Address, wishes: Wishes) -> FunctionClassifier:
    """The estimator, asked with each image as one row of pixels; scores only."""
    wishes.only("sklearn:", ())
    file = Path(address.name).expanduser()
    estimator = read_estimator(file)
    if not hasattr(estimator, "predict_proba"):
        kind = type(estimator).__name__
        raise TypeError(f"an estimator must tell probabilities, got {kind}; train it with probability=True, or another")
    shape = check_shape(_shape(estimator, wishes))
    own = [str(label) for label in estimator.classes_]
    labels = labels_for(file.stem, len(own), wishes.labels, own)
    about = {"title": f"{type(estimator).__name__}, scikit-learn", "source": address.name}
    mean, std = wishes.normalisation()
    return FunctionClassifier(estimator, labels, shape, mean, std, wishes.name or file.stem, about)


def read_estimator(file: Path) -> Any:
    """The estimator in `file`.

    Raises: FileNotFoundError; ValueError for what is damaged, is no skops file, or needs types that could run code.
    """
    from skops import io as skops

    if not file.is_file():
        raise FileNotFoundError(f"no model at {str(file)!r}; give the path of a .skops file")
    if file.suffix.lower() != ".skops":
        raise ValueError(
            f"a scikit-learn model is a .skops file, got {file.name!r}, whose loading could run code; "
            "where you trust it, load it in Python and convert: skops.io.dump(estimator, 'model.skops')"
        )
    _refuse_lies(file)
    try:
        untrusted = skops.get_untrusted_types(file=file)
        if not untrusted:
            return skops.load(file, trusted=[])
    except Exception as error:  # skops raises whatever the part that stumbled raises
        raise ValueError(f"{file.name!r} is no skops file or is damaged ({_line(error)}); save it again") from None
    raise ValueError(
        f"{file.name!r} needs {untrusted[0]}, which is not known to be harmless; where you trust it, "
        "load it in Python and pass the estimator to seewhy.load"
    )


def _refuse_lies(file: Path) -> None:
    """Refuse archives that unpack to far more than they are, and arrays whose headers promise more than follows."""
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if entry.file_size > MOST_GROWTH * entry.compress_size + 65536:
                    raise ValueError(f"{file.name!r} would unpack to far more than it is; save it again")
                if entry.filename.endswith(".npy"):
                    _refuse_lying_array(archive.read(entry), file)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise ValueError(f"{file.name!r} is no skops file or is damaged ({_line(error)}); save it again") from None


def _refuse_lying_array(data: bytes, file: Path) -> None:
    header = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(header)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(header)
    except ValueError as error:
        raise ValueError(f"{file.name!r} holds a damaged array ({_line(error)}); save it again") from None
    promised = int(np.prod(shape, dtype=object)) * kind.itemsize
    if promised > len(data) - header.tell():
        raise ValueError(f"{file.name!r} holds an array that says it has {promised:,} bytes, which it has not")


def _shape(estimator: Any, wishes: Wishes) -> tuple[int, ...]:
    if wishes.input_shape is not None:
        return tuple(wishes.input_shape)
    features = getattr(estimator, "n_features_in_", None)
    suiting = {made.shape for made in datasets().values() if made.shape and int(np.prod(made.shape)) == features}
    if len(suiting) == 1:
        return suiting.pop()
    raise ValueError(f"the estimator takes rows of {features} numbers; say the image they are: ?input=1x28x28")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
