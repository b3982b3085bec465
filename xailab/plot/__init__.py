"""How answers are shown: pictures with their maps, charts, and what all figures share.

Each function returns a Figure with alternative text and never calls show(); growing draws one that grows. A new figure is a function in pictures or charts.
"""

from xailab.plot.charts import bars, confusion, curves, descents, dots, intervals, lines, matrix, scatter, surface, tree
from xailab.plot.figure import colours, new_figure, write_numbers
from xailab.plot.live import growing
from xailab.plot.pictures import grid, layer_strip, overlay

__all__ = [
    "bars",
    "colours",
    "confusion",
    "curves",
    "descents",
    "dots",
    "grid",
    "growing",
    "intervals",
    "layer_strip",
    "lines",
    "matrix",
    "new_figure",
    "overlay",
    "scatter",
    "surface",
    "tree",
    "write_numbers",
]
