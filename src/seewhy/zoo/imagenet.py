"""The thousand classes of ImageNet-1k by index, each with a name of its own.

O. Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, IJCV 2015, https://arxiv.org/abs/1409.0575
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

# the usual list calls two birds and machines "crane" and two swimsuits "maillot"; here each has its own name


@cache
def labels() -> tuple[str, ...]:
    """The names, in the order of the classes.

    >>> labels()[282], labels()[134], labels()[517]
    ('tiger cat', 'crane (bird)', 'crane (machine)')
    """
    return tuple(Path(__file__).with_name("imagenet.txt").read_text(encoding="utf-8").splitlines())
