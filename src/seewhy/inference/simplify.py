"""The same steps in a cheaper form: normalisations joined, activations after the pooling; knows no image."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from seewhy.inference import ops

if TYPE_CHECKING:
    from seewhy.inference.graph import Step

SMALL = 10_000_000  # weights: of larger layers no second copy is made


def simplified(steps: list[Step]) -> list[Step]:
    """The steps in the same places; those that nobody needs any longer are left for others to remove."""
    steps = list(steps)
    users = Counter(i for step in steps for i in step.inputs)
    for index, step in enumerate(steps):
        if len(step.inputs) != 1 or users[step.inputs[0]] != 1:
            continue
        source = steps[step.inputs[0]]
        if isinstance(step.op, ops.Affine) and isinstance(source.op, ops.Affine):
            steps[index] = replace(step, op=step.op.after(source.op), inputs=source.inputs)
        elif isinstance(step.op, ops.MaxPool) and isinstance(source.op, ops.Relu):
            steps[step.inputs[0]] = replace(source, op=step.op)  # the largest of the positive parts
            steps[index] = replace(step, op=source.op)  # is the positive part of the largest, on a smaller map
    return steps


def in_memory_order(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """With vectors of maps in the order in which maps lie in memory, where only small linear layers read them."""
    found = list(steps)
    for index, step in enumerate(steps):
        readers = [at for at, other in enumerate(steps) if index in other.inputs]
        maps = steps[step.inputs[0]].shape if step.inputs else None
        if not isinstance(step.op, ops.Flatten) or maps is None or len(maps) != 3 or index == len(steps) - 1:
            continue
        layers = [steps[at].op for at in readers]
        if all(isinstance(layer, ops.Linear) and layer.weight.numel() <= SMALL for layer in layers):
            found[index] = replace(step, op=ops.Flatten(channels_last=True))
            for at, layer in zip(readers, layers, strict=True):
                assert isinstance(layer, ops.Linear)
                found[at] = replace(steps[at], op=layer.channels_last(maps))
    return tuple(found)


def activated(steps: tuple[Step, ...]) -> list[tuple[int, Step]]:
    """All but the first with their numbers, activations joined to the convolutions before them."""
    readers = Counter(i for step in steps for i in step.inputs)
    found = dict(enumerate(steps))
    for index, step in enumerate(steps):
        source = found.get(step.inputs[0]) if step.inputs else None
        if source is None or not isinstance(step.op, ops.Relu) or not isinstance(source.op, ops.Conv):
            continue
        joined = ops.Activated.of(source.op, step.op)
        if joined is not None and readers[step.inputs[0]] == 1 and len(source.shape or ()) == 3:
            found.pop(step.inputs[0])
            found[index] = replace(step, op=joined, inputs=source.inputs, overwrites=False)
    del found[0]
    last = {i: index for index, step in found.items() for i in step.inputs}
    return [
        (index, replace(step, dies=tuple(i for i in set(step.inputs) if last[i] == index)))
        for index, step in found.items()
    ]
