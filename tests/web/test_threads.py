from __future__ import annotations

import os
import subprocess
import sys

from seewhy.web.threads import PATIENT, prepare_threads


def test_threads_are_patient_and_torch_is_not_imported() -> None:
    code = (
        "import os, sys; from seewhy.web.threads import prepare_threads; assert prepare_threads();"
        "assert 'torch' not in sys.modules and 'fastapi' not in sys.modules;"
        "print(os.environ['OMP_WAIT_POLICY'], os.environ['GOMP_SPINCOUNT'])"
    )
    without = {name: value for name, value in os.environ.items() if name not in PATIENT}
    said = subprocess.run([sys.executable, "-c", code], env=without, capture_output=True, text=True, check=True).stdout
    assert said == "PASSIVE 0\n"
    kept = without | {"OMP_WAIT_POLICY": "ACTIVE"}
    said = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=True).stdout
    assert said == "ACTIVE 0\n"


def test_after_torch_it_is_too_late() -> None:
    import torch  # noqa: F401

    assert not prepare_threads()
