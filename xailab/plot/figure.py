"""What the figures of the course share: their alternative text, their width, their fonts and their colours.

Colours are perceptually uniform and safe for colour-blind readers: inferno for evidence from zero up, coolwarm (light grey
zero, blue below, red above) where the sign matters. tests/plot/test_figure.py measures both.
"""

import base64
import html
import io
import textwrap

import numpy as np
from matplotlib import font_manager, rcParams
from matplotlib.colors import CenteredNorm, Normalize
from matplotlib.figure import Figure as _MatplotlibFigure
from matplotlib.text import Text

WIDEST = 9.2  # inches: as wide as a notebook's column

# Class names may be Korean: Matplotlib's own font has no Hangul, and takes a letter that it lacks from the next of these.
_HANGUL = {"Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic", "NanumGothic", "Noto Sans CJK KR"}
_HANGUL = sorted(_HANGUL & set(font_manager.get_font_names()))


class Figure(_MatplotlibFigure):
    """A Matplotlib figure with alternative text, shown in Jupyter as <img alt="…">.

    Jupyter's own PNG output has no place for alternative text, so a screen reader would say nothing.
    """

    alt = ""

    def draw(self, renderer):
        """Draw, with a font behind the user's own that has what Korean names need."""
        for text in self.findobj(Text) if _HANGUL else ():
            text.set_family([*rcParams["font.family"], *_HANGUL])
        super().draw(renderer)

    def _repr_mimebundle_(self, include=None, exclude=None):
        buffer = io.BytesIO()
        # Two dots a pixel, so that it stays sharp when it is enlarged on a telephone or a projector.
        self.savefig(buffer, format="png", dpi=2 * self.dpi, metadata={"Software": None})
        data = base64.b64encode(buffer.getvalue()).decode()
        width = round(self.get_figwidth() * self.dpi)
        image = (
            f'<img alt="{html.escape(self.alt)}" width="{width}" style="max-width: 100%" '
            f'src="data:image/png;base64,{data}">'
        )
        return {"text/html": image, "text/plain": self.alt}


def new_figure(title, width, height, alt):
    """An empty Figure, width and height in inches, with a title above all, on as many lines as its width asks for."""
    width = min(width, WIDEST)
    lines = textwrap.wrap(title, int(width / 0.1))  # a letter takes a tenth of an inch
    figure = Figure(figsize=(width, height + 0.2 * (len(lines) - 1)), dpi=90, layout="constrained")
    figure.suptitle("\n".join(lines), fontsize=12)
    figure.alt = alt
    return figure


def colours(heatmap):
    """Colour map and scale of a heat map: zero stays the same colour whatever the values."""
    heatmap = np.asarray(heatmap)
    if heatmap.min() < 0:
        return {"cmap": "coolwarm", "norm": CenteredNorm(0, np.abs(heatmap).max() or 1)}
    return {"cmap": "inferno", "norm": Normalize(0, heatmap.max() or 1)}


def write_numbers(axes, image, drawn):
    """Write each value of an image into its cell, in black or white, whichever can be read."""
    for (row, column), value in np.ndenumerate(image):
        red, green, blue, _ = drawn.cmap(drawn.norm(value))
        ink = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 0.5 else "white"
        axes.text(column, row, f"{value:g}", ha="center", va="center", color=ink, fontsize=8)
