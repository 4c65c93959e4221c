"""The workbench: tasks in, explanations out, now or in the background; what both faces of the program speak to."""

from seewhy.workbench.addresses import Picture
from seewhy.workbench.bench import Workbench
from seewhy.workbench.ledger import QueueFull
from seewhy.workbench.runs import Run
from seewhy.workbench.tasks import Task

__all__ = ["Picture", "QueueFull", "Run", "Task", "Workbench"]
