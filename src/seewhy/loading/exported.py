"""`export:PATH.pt2`: a program that torch.export wrote, with gradients and layers."""

from __future__ import annotations

from pathlib import Path

from seewhy.classifiers import exported
from seewhy.classifiers.pytorch import count_classes
from seewhy.loading.address import Address
from seewhy.loading.labelling import labels_for
from seewhy.loading.wishes import Wishes


def open_address(address: Address, wishes: Wishes) -> exported.ExportedClassifier:
    """The program as a classifier; the size of its images is said by the person."""
    wishes.only("export:", ())
    file = Path(address.name).expanduser()
    program = exported.read(file)
    if wishes.input_shape is None:
        raise ValueError(f"{file.name} does not say here what images it takes; say it: ?input=3x224x224")
    name = wishes.name or file.stem
    try:
        count = count_classes(program, wishes.input_shape)
    except ValueError as error:
        hint = "export it with dynamic_shapes=({0: torch.export.Dim('n')},), so that it takes any number of images"
        raise ValueError(f"{error}; or {hint}") from None
    labels = labels_for(name, count, wishes.labels)
    about = {"title": f"{file.name}, torch.export", "source": address.name}
    return exported.ExportedClassifier(program, labels, wishes.input_shape, *wishes.normalisation(), name, about)
