"""What hidden layers say about a whole data set: one pass, kept on disk, read as if it were in memory."""

from seewhy.inference.activations.recording import record
from seewhy.inference.activations.shelf import LIMIT, Entry, clear, entries, total_bytes
from seewhy.inference.activations.stored import Activations, LayerUnits

__all__ = ["LIMIT", "Activations", "Entry", "LayerUnits", "clear", "entries", "record", "total_bytes"]
