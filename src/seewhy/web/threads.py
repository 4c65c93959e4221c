"""How torch's threads wait, decided before torch is imported; imports nothing but the standard library."""

from __future__ import annotations

import os
import sys

PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}


def prepare_threads() -> bool:
    """Let idle OpenMP threads sleep instead of spin; False where torch is imported already and it is too late.

    Beside a busy neighbour, spinning threads make one pass through a small network take 30 ms instead of 2 ms.
    What the environment says already is kept.
    """
    if "torch" in sys.modules:
        return False
    for name, value in PATIENT.items():
        os.environ.setdefault(name, value)
    return True
