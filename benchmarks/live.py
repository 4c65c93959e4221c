"""How soon after a pen move the probabilities and the map are there, through the real socket, quiet and busy.

Prints medians and 95th percentiles in milliseconds over 100 moves of a growing drawing, as the page sends them.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import httpx
import numpy as np
from websockets.sync.client import ClientConnection, connect

MOVES = 100


def main() -> None:
    """Measure with a quiet machine, then with every core kept busy by somebody else."""
    rows = [("quiet", _measured(0)), ("busy neighbour on every core", _measured(os.cpu_count() or 1))]
    print(f"ink to answer, {MOVES} moves, {os.cpu_count()} cores; ms: median / 95th percentile")
    for name, (predict, explain) in rows:
        print(f"{name:30} probabilities {_spread(predict)}   map {_spread(explain)}")


def _measured(neighbours: int) -> tuple[list[float], list[float]]:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(neighbours)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "seewhy.cli", "serve", "--no-open", "--port", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"SEEWHY_CACHE": cache})
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/v1/health")
            with connect(f"ws://127.0.0.1:{port}/api/v1/live", origin=f"http://127.0.0.1:{port}") as live:
                config = {"type": "config", "model": "mnist-cnn", "method": "integrated-gradients", "target": "argmax"}
                live.send(json.dumps(config | {"settings": {}, "centre": True}))
                return _drawn(live)
        finally:
            for process in (server, *busy):
                process.kill()
                process.wait()


def _drawn(live: ClientConnection) -> tuple[list[float], list[float]]:
    """Draw a slow S; wait for both answers after each move."""
    ink = np.zeros((28, 28), np.uint8)
    predict, explain = [], []
    for move in range(-10, MOVES):  # the first ten warm up
        turn = (move + 10) / (MOVES + 10)
        row, column = 4 + 20 * turn, 14 + 7 * np.sin(2 * np.pi * turn)
        ink[int(row) : int(row) + 2, int(column) : int(column) + 2] = 255
        sequence = move + 11
        sent = time.perf_counter()
        live.send(struct.pack("<I", sequence) + ink.tobytes())
        first, second = _answer(live, sequence, "predict") - sent, _answer(live, sequence, "explain") - sent
        if move >= 0:
            predict.append(first * 1000)
            explain.append(second * 1000)
    return predict, explain


def _answer(live: ClientConnection, sequence: int, phase: str) -> float:
    while True:
        message = live.recv(timeout=20)
        if isinstance(message, str):
            continue
        (length,) = struct.unpack("<Q", message[:8])
        about = json.loads(message[8 : 8 + length])["__metadata__"]
        if about["phase"] == phase and int(about["seq"]) == sequence:
            return time.perf_counter()


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(url).json()["status"] == "ready":
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within a minute")


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):6.1f} / {np.percentile(times, 95):6.1f}"


if __name__ == "__main__":
    main()
