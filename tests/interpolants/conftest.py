"""The published model with its data, and one recording of it for all tests of a session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.datasets.cifar10 import Cifar10
from seewhy.inference.activations import Activations, record


@pytest.fixture(scope="session")
def session_data() -> Path:
    """The folder SEEWHY_DATA names, with the published model in it; what needs it is skipped where there is none."""
    folder = os.environ.get("SEEWHY_DATA")
    if not folder or not (Path(folder) / "models" / "nnitp_cifar10.h5").is_file():
        pytest.skip("needs SEEWHY_DATA, a folder with cifar10/ and models/nnitp_cifar10.h5 in it")
    return Path(folder)


@pytest.fixture(scope="session")
def cifar10(session_data: Path) -> Cifar10:
    """CIFAR-10 as it was published."""
    return Cifar10(session_data)


@pytest.fixture(scope="session")
def published(session_data: Path) -> PyTorchClassifier:
    """The published network."""
    pytest.importorskip("h5py")
    from benchmarks.published import published as network

    return network()


@pytest.fixture(scope="session")
def recordings(
    published: PyTorchClassifier, cifar10: Cifar10, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Activations]:
    """Both splits, 20,000 and 10,000 images, at the two poolings."""
    folder = tmp_path_factory.mktemp("activations")
    return {s: record(published, cifar10, s, ["6", "14"], 20_000, folder) for s in ("train", "test")}
