"""A server that speaks the Open Inference Protocol, version 2, run as a process by the tests."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

WEIGHTS = np.random.default_rng(0).normal(size=(3 * 6 * 5, 4))
FACTS = {
    "name": "net",
    "platform": "numpy",
    "inputs": [{"name": "image", "datatype": "FP32", "shape": [-1, 3, 6, 5]}],
    "outputs": [{"name": "scores", "datatype": "FP32", "shape": [-1, 4]}],
}


class Handler(BaseHTTPRequestHandler):
    """Answers for the models net, single (one image at a time), short (wrong answers) and huge (endless ones)."""

    def do_GET(self) -> None:
        """Metadata."""
        name = self.path.removeprefix("/v2/models/")
        if name not in ("net", "single", "short", "huge", "broken", "text"):
            return self._say(404, {"error": f"no {name}"})
        inputs = [FACTS["inputs"][0] | {"shape": [1, 3, 6, 5]}] if name == "single" else FACTS["inputs"]
        inputs = [inputs[0] | {"datatype": "BYTES"}] if name == "text" else inputs
        return self._say(200, FACTS | {"name": name, "inputs": inputs})

    def do_POST(self) -> None:
        """Inference."""
        tensor = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["inputs"][0]
        x = np.asarray(tensor["data"], np.float32).reshape(tensor["shape"])
        if "single" in self.path and len(x) != 1:
            return self._say(400, {"error": "one at a time"})
        if "broken" in self.path:
            return self._say(500, {"error": "out of memory"})
        if "huge" in self.path:
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(bytes(2**20))
            return None
        rows = x.reshape(len(x), -1) @ WEIGHTS
        data = rows.ravel().tolist()[: 3 if "short" in self.path else None]
        output = {"name": "scores", "shape": list(rows.shape), "datatype": "FP32", "data": data}
        return self._say(200, {"model_name": "net", "outputs": [output]})

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _say(self, status: int, facts: object) -> None:
        data = json.dumps(facts).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    sys.stdin.close()
    server.serve_forever()
