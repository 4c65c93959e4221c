"""What a run of any kind gives back: facts as plain data beside arrays, kept in one file. Knows no kind."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Result(Protocol):
    """What every result can do, whichever kind of run it came from."""

    def describe(self) -> dict[str, Any]:
        """Everything but the arrays, as plain data."""

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name."""

    def to_npz(self) -> bytes:
        """Everything as one file."""

    def to_json(self) -> bytes:
        """The facts as a JSON file."""


@dataclass(frozen=True)
class Finding:
    """The result of a run that is no heat map.

    task: the whole question, so that its run can be found again; facts: the answer as plain data.
    """

    task: Mapping[str, Any]
    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)

    def describe(self) -> dict[str, Any]:
        """The facts, and the shapes of the arrays under "arrays"."""
        return {**self.facts, "arrays": {name: list(array.shape) for name, array in self.arrays.items()}}

    def all_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name."""
        return dict(self.arrays)

    def to_json(self) -> bytes:
        """Question and answer as a JSON file."""
        whole = {"task": dict(self.task), "result": self.describe()}
        return json.dumps(whole, indent=2, ensure_ascii=False).encode()

    def to_npz(self) -> bytes:
        """All arrays, and question and answer as JSON under `finding`: a file that `load` reads."""
        text = json.dumps({"task": dict(self.task), "facts": dict(self.facts)})
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{"finding": np.array(text), **self.arrays})  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def load(cls, data: bytes) -> Finding | None:
        """Read what `to_npz` gave; None for a file that holds something else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            if "finding" not in file.files:
                return None
            arrays = {name: file[name] for name in file.files}
        whole = json.loads(str(arrays.pop("finding")))
        return cls(whole["task"], whole["facts"], arrays)
