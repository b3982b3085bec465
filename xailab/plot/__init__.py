"""How answers are shown: pictures with their maps, charts, and what all figures share.

Each function returns a Figure with alternative text and never calls show(). A new figure is a function in pictures or charts.
"""

from xailab.plot.charts import bars, confusion, curves, descents, intervals, lines, matrix, scatter, surface, tree
from xailab.plot.pictures import grid, layer_strip, overlay

__all__ = [
    "bars",
    "confusion",
    "curves",
    "descents",
    "grid",
    "intervals",
    "layer_strip",
    "lines",
    "matrix",
    "overlay",
    "scatter",
    "surface",
    "tree",
]
