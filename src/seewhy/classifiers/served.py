"""Models behind a server that speaks the Open Inference Protocol, version 2, over HTTP.

The protocol: https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

AT_ONCE = 16  # images in one request where the model takes any number
MOST = 64 * 2**20  # bytes of one answer
_TIMEOUT = httpx.Timeout(60, connect=5)


@dataclass(frozen=True)
class Served:
    """A model on a server, as its metadata describe it.

    shape: (C, H, W), None for a side left open; channels_last: whether it wants (N, H, W, C); batch: how many images
    it takes at once, None for any number.
    """

    url: str
    facts: dict[str, Any]
    input: str
    output: str
    shape: tuple[int | None, ...]
    channels_last: bool
    batch: int | None

    def ask(self, pixels: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """What the server says about normalised images (N, C, H, W): rows (N, K)."""
        images = pixels.transpose(0, 2, 3, 1) if self.channels_last else pixels
        size = self.batch or AT_ONCE
        with httpx.Client(timeout=_TIMEOUT) as client:
            rows = [self._answer(client, images[i : i + size], size) for i in range(0, len(images), size)]
        return np.concatenate(rows)

    def _answer(self, client: httpx.Client, images: NDArray[np.float32], size: int) -> NDArray[np.float64]:
        missing = 0 if self.batch is None else size - len(images)
        filled = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.float32)]) if missing else images
        tensor = {
            "name": self.input,
            "shape": list(filled.shape),
            "datatype": "FP32",
            "data": filled.ravel().astype(float).tolist(),
        }
        body = {"inputs": [tensor], "outputs": [{"name": self.output}]}
        outputs = _asked(client, "POST", f"{self.url}/infer", body).get("outputs")
        try:
            found = next(one for one in outputs or () if one["name"] == self.output)
            rows = np.asarray(found["data"], dtype=np.float64).reshape(found["shape"])
            return rows.reshape(len(filled), -1)[: len(images)]
        except (StopIteration, KeyError, TypeError, ValueError):
            raise ValueError(
                f"{self.url} must answer with numbers for {len(filled)} images in {self.output!r}"
            ) from None


def read(url: str) -> Served:
    """The model at `url`, such as http://localhost:8000/v2/models/NAME.

    Raises: ConnectionError where nobody answers, LookupError where there is no such model, ValueError for a model that
    takes no images.
    """
    url = url.rstrip("/")
    with httpx.Client(timeout=_TIMEOUT) as client:
        facts = _asked(client, "GET", url)
    inputs, outputs = facts.get("inputs") or [], facts.get("outputs") or []
    sides = inputs[0].get("shape", []) if len(inputs) == 1 and isinstance(inputs[0], dict) else []
    if len(sides) != 4 or inputs[0].get("datatype") != "FP32" or not outputs:
        raise ValueError(f"{url} must take one FP32 image (N, C, H, W) and give one output, got {inputs} and {outputs}")
    open_sides = [int(side) if isinstance(side, int) and side > 0 else None for side in sides]
    last = open_sides[1] not in (1, 3) and open_sides[3] in (1, 3)
    shape = (open_sides[3], open_sides[1], open_sides[2]) if last else tuple(open_sides[1:])
    return Served(url, facts, str(inputs[0]["name"]), str(outputs[0]["name"]), shape, last, open_sides[0])


def _asked(client: httpx.Client, verb: str, url: str, body: Any = None) -> dict[str, Any]:
    try:
        with client.stream(verb, url, json=body) as answer:
            parts: list[bytes] = []
            for part in answer.iter_bytes(2**16):
                parts.append(part)
                if len(parts) * 2**16 > MOST:
                    raise ValueError(f"{url} answers with more than {MOST >> 20} MB, which no list of scores has")
            data = b"".join(parts)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(f"{url} does not answer ({error or type(error).__name__}); is the server up?") from None
    if answer.status_code == 404:
        raise LookupError(f"no model at {url}; the server says {_short(data)}")
    if answer.status_code != 200:
        raise ValueError(f"{url} refuses with {answer.status_code}: {_short(data)}")
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"{url} must answer with JSON of the Open Inference Protocol, got {_short(data)}")
    return found


def _short(data: bytes) -> str:
    return repr(data[:120].decode("utf-8", "replace"))
