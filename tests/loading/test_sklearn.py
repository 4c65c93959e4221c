"""scikit-learn estimators from skops files."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from skops import io as skops

import seewhy

RNG = np.random.default_rng(0)
X, Y = RNG.random((60, 48)), np.arange(60) % 3


@pytest.fixture
def saved(tmp_path) -> tuple[Path, Any]:
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    skops.dump(estimator, tmp_path / "net.skops")
    return tmp_path / "net.skops", estimator


def test_probabilities_are_the_estimators(saved):
    file, estimator = saved
    model = seewhy.load(f"sklearn:{file}?input=3x4x4")
    x = torch.rand(20, 3, 4, 4)
    theirs = estimator.predict_proba(x.permute(0, 2, 3, 1).reshape(20, -1).numpy())
    np.testing.assert_allclose(model.scores(x).exp().numpy(), theirs, atol=1e-5)
    assert model.labels == ("0", "1", "2")
    assert model.abilities == {"scores"}


def test_an_estimator_for_a_data_sets_images_needs_no_shape(tmp_path):
    skops.dump(LogisticRegression().fit(RNG.random((30, 784)), np.arange(30) % 10), tmp_path / "net.skops")
    assert seewhy.load(f"sklearn:{tmp_path}/net.skops").input_shape == (1, 28, 28)


def test_what_cannot_be_used_is_said(saved, tmp_path):
    with pytest.raises(ValueError, match="rows of 48 numbers"):
        seewhy.load(f"sklearn:{saved[0]}")
    skops.dump(LinearSVC().fit(X, Y), tmp_path / "svm.skops")
    with pytest.raises(TypeError, match="tell probabilities, got LinearSVC"):
        seewhy.load(f"sklearn:{tmp_path}/svm.skops?input=3x4x4")


class Payload:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.canary),)


def test_a_pickle_is_refused_and_not_run(tmp_path):
    (tmp_path / "net.pkl").write_bytes(pickle.dumps(Payload(tmp_path / "canary")))
    with pytest.raises(ValueError, match=r"is a \.skops file, got 'net\.pkl'"):
        seewhy.load(f"sklearn:{tmp_path}/net.pkl")
    (tmp_path / "net.pkl").rename(tmp_path / "net.skops")
    with pytest.raises(ValueError, match="no skops file"):
        seewhy.load(f"sklearn:{tmp_path}/net.skops")
    assert not (tmp_path / "canary").exists()


def test_a_function_inside_is_refused_and_not_run(tmp_path):
    """skops can name any function of any module; it is asked first which."""
    estimator = make_pipeline(FunctionTransformer(os.path.basename), LogisticRegression())
    skops.dump(estimator, tmp_path / "net.skops")
    with pytest.raises(ValueError, match="not known to be harmless"):
        seewhy.load(f"sklearn:{tmp_path}/net.skops?input=3x4x4")


def rewritten(file: Path, change: Any) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in change(parts).items():
            archive.writestr(name, data)


def test_an_estimator_of_another_type_is_refused(saved):
    def renamed(parts: dict[str, bytes]) -> dict[str, bytes]:
        schema = json.loads(parts["schema.json"])
        schema["__class__"], schema["__module__"] = "system", "os"
        return parts | {"schema.json": json.dumps(schema).encode()}

    rewritten(saved[0], renamed)
    with pytest.raises(ValueError, match=r"net\.skops"):
        seewhy.load(f"sklearn:{saved[0]}?input=3x4x4")


def test_bombs_and_lying_arrays_are_refused(saved):
    file = saved[0]
    good = file.read_bytes()
    rewritten(file, lambda parts: parts | {"more": bytes(200 * 2**20)})
    with pytest.raises(ValueError, match="far more than it is"):
        seewhy.load(f"sklearn:{file}?input=3x4x4")
    file.write_bytes(good)

    def lying(parts: dict[str, bytes]) -> dict[str, bytes]:
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1342177280,), }"
        header = header.ljust(118 - 1) + b"\n"
        lie = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(8)
        return {name: lie if name.endswith(".npy") else data for name, data in parts.items()}

    rewritten(file, lying)
    with pytest.raises(ValueError, match="says it has 10,737,418,240 bytes"):
        seewhy.load(f"sklearn:{file}?input=3x4x4")


@pytest.mark.parametrize("part", [0, 0.3, 0.9, 0.99])
def test_a_truncated_file_is_said(saved, part):
    file = saved[0]
    file.write_bytes(file.read_bytes()[: int(part * file.stat().st_size)])
    with pytest.raises(ValueError, match="no skops file or is damaged"):
        seewhy.load(f"sklearn:{file}?input=3x4x4")
