"""Files that promise gigabytes are refused without taking them."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression
from skops import io as skops

LOADING = """
import json, resource, sys
import seewhy
import seewhy.classifiers.keras as adapter, onnx, onnxruntime, skops.io, sklearn.linear_model
from seewhy.classifiers import torchvision
adapter.imported(); torchvision.imported()
errors = []
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for address in json.load(sys.stdin):
    try:
        seewhy.load(address)
        errors.append("loaded")
    except ValueError as error:
        errors.append(str(error))
print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most, errors]))
"""
NPY = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1342177280,), }".ljust(117) + b"\n"


def files(folder: Path) -> list[str]:
    """Addresses of files that each promise ten gigabytes, or unpack to 400 MB."""
    header = b'{"w":{"dtype":"F32","shape":[2684354560],"data_offsets":[0,10737418240]}}'
    (folder / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))
    torch.save({"w": torch.zeros(2)}, folder / "b.pth")
    with zipfile.ZipFile(folder / "b.pth") as good:
        parts = {entry.filename: good.read(entry) for entry in good.infolist()}
    with zipfile.ZipFile(folder / "b.pth", "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, data in parts.items():
            with bomb.open(name, "w") as entry:
                entry.write(data)
                for _ in range(400 if name.endswith("/0") else 0):
                    entry.write(bytes(2**20))
    with h5py.File(folder / "c.h5", "w") as lie:
        lie.create_dataset("w", shape=(2684354560,), dtype="f4", chunks=(1024,))
    with (
        zipfile.ZipFile(folder / "d.keras", "w", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open("model.weights.h5", "w") as entry,
    ):
        for _ in range(1024):
            entry.write(bytes(2**20))
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2684354560, 1], raw_data=bytes(12))
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])
    scores = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "k"])
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("Gemm", ["f", "w"], ["y"])]
    graph = helper.make_graph(nodes, "g", [image], [scores], [weight])
    opset = [helper.make_opsetid("", 18)]
    (folder / "e.onnx").write_bytes(helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString())
    skops.dump(LogisticRegression().fit(np.eye(4), np.arange(4) % 2), folder / "f.skops")
    with zipfile.ZipFile(folder / "f.skops") as good:
        parts = {entry.filename: good.read(entry) for entry in good.infolist()}
    lie_npy = b"\x93NUMPY\x01\x00" + len(NPY).to_bytes(2, "little") + NPY + bytes(8)
    with zipfile.ZipFile(folder / "f.skops", "w") as lying:
        for name, data in parts.items():
            lying.writestr(name, lie_npy if name.endswith(".npy") else data)
    net = "torchvision:squeezenet1_1@"
    return [
        f"{net}{folder}/a.safetensors",
        f"{net}{folder}/b.pth",
        f"keras:{folder}/c.h5",
        f"keras:{folder}/d.keras",
        f"onnx:{folder}/e.onnx",
        f"sklearn:{folder}/f.skops?input=1x2x2",
    ]


def test_no_file_takes_the_memory_it_promises(tmp_path):
    assert onnx.__version__
    addresses = files(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADING], input=json.dumps(addresses), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    grown, errors = json.loads(done.stdout.splitlines()[-1])
    assert len(errors) == len(addresses)
    assert all(error != "loaded" and "\n" not in error for error in errors), errors
    assert grown < 200 * 1024, f"{grown / 1024:.0f} MB more than before"  # in kilobytes on Linux
