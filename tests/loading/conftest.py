"""Weights and photographs of the development data; tests that need them skip without."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def shared() -> Path:
    """The folder with photographs, published weights and models."""
    folder = Path(os.environ.get("SEEWHY_DATA", "")) / "weights"
    if not os.environ.get("SEEWHY_DATA") or not folder.is_dir():
        pytest.skip("SEEWHY_DATA names no folder with weights/, images/ and models/")
    return folder.parent
