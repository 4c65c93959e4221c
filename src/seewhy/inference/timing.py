"""How long something takes here, for choices between ways to the same result; knows no models."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

ENOUGH = 0.05  # seconds: what takes longer is run once, after the run that prepares


def seconds(run: Callable[[], Any], times: int = 2) -> float:
    """The least of some runs, after one that prepares; slow ones run once.

    With one thread its own time is counted, which a busy neighbour does not disturb.
    """
    run()
    found = [_once(run)]
    while len(found) < times and found[0] < ENOUGH:
        found.append(_once(run))
    return min(found)


def _once(run: Callable[[], Any]) -> float:
    alone = torch.get_num_threads() == 1 and not torch.cuda.is_available()
    clock = time.thread_time if alone else time.perf_counter
    began = clock()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - began
