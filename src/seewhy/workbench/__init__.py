"""The workbench: tasks in, answers out, now or in the background; what both faces of the program speak to."""

from seewhy.workbench.addresses import Picture
from seewhy.workbench.bench import Workbench
from seewhy.workbench.findings import Finding, Result
from seewhy.workbench.ledger import QueueFull
from seewhy.workbench.runs import Run
from seewhy.workbench.tasks import Question, Task

__all__ = ["Finding", "Picture", "Question", "QueueFull", "Result", "Run", "Task", "Workbench"]
