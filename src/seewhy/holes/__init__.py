"""Holes: pictures that a model was wrongly sure of, kept in a folder. Knows files, no model and no run."""

from seewhy.holes.folder import Holes, usual_folder
from seewhy.holes.table import Hole

__all__ = ["Hole", "Holes", "usual_folder"]
