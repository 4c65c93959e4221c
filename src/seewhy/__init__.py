"""Why did the classifier say that, and how could it be fooled?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seewhy.checks.diagnosis import Diagnosis as Diagnosis
    from seewhy.comparisons import Comparison as Comparison
    from seewhy.interpolants.base import Interpolant as Interpolant
    from seewhy.loading import load as load
    from seewhy.metrics.results import Measurement as Measurement
    from seewhy.notebook import attack as attack
    from seewhy.notebook import because as because
    from seewhy.notebook import chain as chain
    from seewhy.notebook import compare as compare
    from seewhy.notebook import doctor as doctor
    from seewhy.notebook import explain as explain
    from seewhy.notebook import explain_all as explain_all
    from seewhy.notebook import harden as harden
    from seewhy.notebook import least as least
    from seewhy.notebook import measure as measure
    from seewhy.notebook import nonsense as nonsense
    from seewhy.notebook import serve as serve
    from seewhy.notebook import sweep as sweep
    from seewhy.notebook import trust as trust
    from seewhy.results import Explanation as Explanation
    from seewhy.sweeps import Sweep as Sweep

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "Diagnosis",
    "Explanation",
    "Interpolant",
    "Measurement",
    "Sweep",
    "attack",
    "because",
    "chain",
    "compare",
    "doctor",
    "explain",
    "explain_all",
    "harden",
    "least",
    "load",
    "measure",
    "nonsense",
    "serve",
    "sweep",
    "trust",
]

_HOME = {
    "Comparison": "comparisons",
    "Diagnosis": "checks.diagnosis",
    "Explanation": "results",
    "Interpolant": "interpolants.base",
    "Measurement": "metrics.results",
    "Sweep": "sweeps",
    "attack": "notebook",
    "because": "notebook",
    "chain": "notebook",
    "compare": "notebook",
    "doctor": "notebook",
    "explain": "notebook",
    "explain_all": "notebook",
    "harden": "notebook",
    "least": "notebook",
    "load": "loading",
    "measure": "notebook",
    "nonsense": "notebook",
    "serve": "notebook",
    "sweep": "notebook",
    "trust": "notebook",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `seewhy --help` need not wait for torch."""
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy' has no attribute {name!r}")
    return getattr(import_module(f"seewhy.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
