"""What Sundararajan, Taly and Yan ask of every attribution, tried on a network and a picture of yours."""

from seewhy.axioms.invariance import Invariance, invariance
from seewhy.axioms.probes import SIDES, Side
from seewhy.axioms.sensitivity import Dummy, Sensitivity, dummy, sensitivity

SOURCE = "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017"
LINK = "https://arxiv.org/abs/1703.01365"

__all__ = [
    "LINK",
    "SIDES",
    "SOURCE",
    "Dummy",
    "Invariance",
    "Sensitivity",
    "Side",
    "dummy",
    "invariance",
    "sensitivity",
]
