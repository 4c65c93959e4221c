"""As many labels as a model has classes; knows no framework."""

from __future__ import annotations

from collections.abc import Sequence

from seewhy.zoo import imagenet


def labels_for(
    name: str, count: int, wish: Sequence[str] | None = None, own: Sequence[str] | None = None
) -> Sequence[str]:
    """The labels of the model `name`: those wished for, its `own`, ImageNet's for 1,000 classes, or else numbers.

    Raises: ValueError where not as many labels are wished for as there are classes.
    """
    if wish is not None:
        if len(wish) != count:
            raise ValueError(f"{name} has {count} classes, got {len(wish)} labels; name every class once")
        return wish
    if own is not None and len(own) == count:
        return own
    return imagenet.labels() if count == 1000 else [str(index) for index in range(count)]
