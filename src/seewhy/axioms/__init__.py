"""What Sundararajan, Taly and Yan ask of every attribution, tried on a network and a picture of yours."""

from seewhy.axioms.invariance import Invariance, invariance
from seewhy.axioms.probes import SIDES, Side
from seewhy.axioms.sensitivity import Dummy, Sensitivity, dummy, sensitivity

__all__ = ["SIDES", "Dummy", "Invariance", "Sensitivity", "Side", "dummy", "invariance", "sensitivity"]
