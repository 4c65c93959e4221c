"""Where a model's work is done: one thread for runs in their turn, one for whoever waits with the pen in the hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Thread

import torch

from seewhy.classifiers.base import Classifier

SMALL = 64  # up to this side, a second torch thread costs more than it brings

_lock = Lock()


class Desk:
    """Two threads of one model: `runs` and `live`."""

    def __init__(self, model: Classifier) -> None:
        small = max(model.input_shape[1:]) <= SMALL
        self.runs = _thread(f"seewhy-runs-{model.name}", small)
        self.live = _thread(f"seewhy-live-{model.name}", small)

    def close(self) -> None:
        """Let what is under way end, drop what waits."""
        for threads in (self.runs, self.live):
            threads.shutdown(wait=True, cancel_futures=True)


def _thread(name: str, small: bool) -> ThreadPoolExecutor:
    if small:
        return ThreadPoolExecutor(1, name, initializer=use_threads, initargs=(1,))
    return ThreadPoolExecutor(1, name)


def use_threads(count: int) -> None:
    """Let torch use `count` threads for what this thread computes, and for nothing else.

    torch.set_num_threads also sets the number that later threads begin with; another thread sets that one back.
    """
    with _lock:
        usual = torch.get_num_threads()
        torch.set_num_threads(count)
        back = Thread(target=torch.set_num_threads, args=(usual,))
        back.start()
        back.join()
