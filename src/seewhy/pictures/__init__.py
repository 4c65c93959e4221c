"""Maps as people see them: scale, colours, words and the card to keep. Knows arrays, nothing of models or methods."""

from seewhy.pictures.cards import View, card
from seewhy.pictures.chances import beside_chance
from seewhy.pictures.colours import LUT, colour, mask, overlay
from seewhy.pictures.regions import describe_map, region_table
from seewhy.pictures.sheets import Cell, sheet
from seewhy.pictures.strength import histogram, robust_scale
from seewhy.pictures.triptychs import triptych

__all__ = [
    "LUT", "Cell", "View", "beside_chance", "card", "colour", "describe_map", "histogram", "mask", "overlay",
    "region_table", "robust_scale", "sheet", "triptych",
]  # fmt: skip
