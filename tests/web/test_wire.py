from __future__ import annotations

import io
import json
import struct

import numpy as np

from seewhy.web import wire


def test_the_layout_is_what_the_page_reads() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    data = wire.pack({"values": values, "seen": np.array([[1, 2]], np.uint8)}, {"seq": 3, "text": "“5”", "gap": None})
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    assert header.pop("__metadata__") == {"seq": "3", "text": "“5”"}
    assert {name: entry["dtype"] for name, entry in header.items()} == {"values": "F32", "seen": "U8"}
    start, end = header["values"]["data_offsets"]
    found = np.frombuffer(data[8 + length :][start:end], "<f4").reshape(header["values"]["shape"])
    np.testing.assert_array_equal(found, values)


def test_views_are_packed_as_they_look() -> None:
    turned = np.arange(6, dtype=np.float32).reshape(2, 3).T
    data = wire.pack({"turned": turned})
    np.testing.assert_array_equal(np.frombuffer(data[-24:], "<f4").reshape(3, 2), turned)
    np.testing.assert_array_equal(np.load(io.BytesIO(wire.npy(turned))), turned)
    assert np.load(io.BytesIO(wire.npy(turned))).flags.c_contiguous
