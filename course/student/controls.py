"""What one can move or answer: sliders, choices, switches, a board to draw on, a photograph to bring, a question of a quiz.

A figure is redrawn while its control's message is handled, and the browser sends the next one only after that: of moves that
come faster than the computer, the last one counts and the others are never asked.
"""

import base64
import html
import io
import traceback
from pathlib import Path

import anywidget
import ipywidgets
import numpy as np
import traitlets
from PIL import Image, UnidentifiedImageError

from xailab.data import read_picture

_JS = Path(__file__).with_name("js")
_STYLE = """
.xailab-slider { display: flex; gap: 0.7em; align-items: center; margin: 2px 10px 2px 2px }
.xailab-slider { font-size: var(--jp-widgets-font-size, 13px) }
.xailab-slider label { display: flex; gap: 0.7em; align-items: center }
.xailab-slider input[type=range] { width: 13em; height: 1.6em; accent-color: #31688e }
.xailab-slider output { min-width: 5em; font-variant-numeric: tabular-nums }
.xailab-pad canvas { display: block; width: 224px; height: 224px; touch-action: none; border: 1px solid #767676 }
.xailab-pad canvas:focus-visible, .xailab-slider input:focus-visible { outline: 3px solid #b5731a; outline-offset: 2px }
.xailab-pad button { margin-top: 4px }
.xailab-pad { margin-right: 12px }
.xailab-question fieldset { border: 0; margin: 0; padding: 0 }
.xailab-question legend { font-weight: bold; padding: 8px 0 4px }
.xailab-question label { display: flex; gap: 0.5em; align-items: baseline; padding: 2px 0 }
.xailab-question button { margin: 6px 0 }
.xailab-watch div:not(:empty) { border-left: 4px solid #b5731a; padding: 4px 12px }
"""


class Slider(anywidget.AnyWidget):
    """A slider with a label that steps through given values; `value` is the one it stands at.

    label: in front of it. options: the values, at least two. value: the first one shown.
    """

    _esm = _JS / "slider.js"
    _css = _STYLE
    label = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    value = traitlets.Any()

    def __init__(self, label, options, value):
        self.values = list(options)
        written = [f"{each:g}" if isinstance(each, (int, float)) else str(each) for each in self.values]
        super().__init__(label=label, options=written, index=self.values.index(value), value=value)

    @traitlets.observe("index")
    def _step(self, change):
        self.value = self.values[change.new]


class DrawingBoard(anywidget.AnyWidget):
    """A board of 28 x 28 cells to draw a digit on: `value` is the ink, row by row, 00 to ff each.

    The pointer draws; so do the arrow keys with the space bar, or with Shift held down.
    """

    _esm = _JS / "pad.js"
    _css = _STYLE
    label = traitlets.Unicode().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)


class Pointer(anywidget.AnyWidget):
    """A photo with a grey square on it: `value` is the square's centre [x, y] in pixels, moved by pointer or arrow keys."""

    _esm = _JS / "pointer.js"
    _css = _STYLE
    label = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    side = traitlets.Int().tag(sync=True)
    value = traitlets.List(traitlets.Int(), [112, 112]).tag(sync=True)
    _shown = None

    def show(self, photo):
        """Lay a photo, uint8 (224, 224, 3), under the square."""
        if photo is self._shown:
            return
        self._shown = photo
        buffer = io.BytesIO()
        Image.fromarray(photo).save(buffer, "PNG")
        self.picture = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


class PhotoFile(anywidget.AnyWidget):
    """A button that brings a photograph from the reader's machine; `photo()` reads the last one brought."""

    _esm = _JS / "photo.js"
    _css = _STYLE
    label = traitlets.Unicode("or a photo of your own").tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    size = traitlets.Int(0).tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)  # in base 64
    count = traitlets.Int(0).tag(sync=True)  # comes last: what is observed

    def photo(self, side=224):
        """The photograph, uint8 RGB (side, side, 3). Raises ValueError for what is too large, or no picture."""
        data, self.value = base64.b64decode(self.value), ""  # a notebook that is saved holds no photograph
        return photo_from(data, self.name, self.size, side)


def photo_from(data, name, size, side=224):
    """Read a photograph that a browser has sent.

    data: its bytes; empty if the browser found it too large. name: of the file. size: of the file in bytes.
    Returns uint8 RGB (side, side, 3), cut to its middle square. Raises ValueError that names the file. Lesson 04.
    """
    if size > len(data):
        raise ValueError(f"{name} has {size / 1e6:.0f} MB: a photo of at most 6 MB was expected. Save it smaller.")
    try:
        return read_picture(io.BytesIO(data), (side, side))
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} cannot be read as a picture: JPEG, PNG and their like were expected.") from error
    except Exception as error:  # broken files make Pillow raise almost anything
        raise ValueError(f"{name} cannot be read as a picture ({type(error).__name__}: {error}).") from error


class Question(anywidget.AnyWidget):
    """A question with its choices and a button: `confirmed` is the choice that the reader has checked with it, "" for none.

    asks: the question. choices: str, in the order in which they stand. why: {choice: HTML} that stands below while that choice
    is chosen.
    """

    _esm = _JS / "question.js"
    _css = _STYLE
    asks = traitlets.Unicode().tag(sync=True)
    choices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    confirmed = traitlets.Unicode().tag(sync=True)
    why = traitlets.Dict().tag(sync=True)


class KernelWatch(anywidget.AnyWidget):
    """Says when the kernel has ended, and keeps JupyterLab's own shortcuts from the keys that move the widgets beside it."""

    _esm = _JS / "watch.js"
    _css = _STYLE
    ended = traitlets.Unicode(
        "The kernel has ended or was started anew, so nothing here answers any more. Run this cell again, or load the page again."
    ).tag(sync=True)


class BoxWithStill(ipywidgets.VBox):
    """Widgets one below the other, and `still`, the HTML that a saved notebook shows where no kernel runs.

    children: the widgets. title: what a plain text of it says. When the kernel ends, words above them say so.
    """

    def __init__(self, children, title):
        self._title, self.still = title, ""
        super().__init__([KernelWatch(), *children])
        self.add_class("xailab-standing")

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, *rest = bundle if isinstance(bundle, tuple) else (bundle,)
        data = data | {"text/html": self.still, "text/plain": self._title}
        return (data, *rest) if rest else data


class Interactive(BoxWithStill):
    """A picture below its controls, drawn again at each move.

    draw: function of the controls' values, by name, that returns a Figure of xailab.plot. title: of the whole.
    controls: {name: control with a `value`}. An error appears in words above the picture, which stays as it was. In a saved
    notebook the first picture stands in its place, also where no kernel runs.
    """

    def __init__(self, draw, title, controls):
        self._draw, self._controls = draw, controls
        self.message, self.picture, self.moves = ipywidgets.HTML(), ipywidgets.HTML(), 0
        pads = [each for each in controls.values() if isinstance(each, (DrawingBoard, Pointer))]
        others = [each for each in controls.values() if each not in pads]
        wrapped = ipywidgets.Box(others, layout={"flex_flow": "row wrap"})
        shown = ipywidgets.Box([*pads, self.picture], layout={"flex_flow": "row wrap"})
        super().__init__([ipywidgets.HTML(f"<h2>{html.escape(title)}</h2>"), wrapped, self.message, shown], title)
        for control in controls.values():
            control.observe(self._moved, "count" if isinstance(control, PhotoFile) else "value")
        self._moved()
        self.still = self.picture.value

    def _moved(self, change=None):
        values = {
            name: control if isinstance(control, PhotoFile) else control.value
            for name, control in self._controls.items()
        }
        try:
            self.figure = self._draw(**values)
        except Exception as error:  # whatever it is, the reader is told; the last picture stays
            said = html.escape(str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}")
            told = html.escape(traceback.format_exc())
            self.message.value = (
                f'<div role="alert" style="border-left: 4px solid #b5731a; padding: 4px 12px">{said}'
                f"<details><summary>Where it happened</summary><pre>{told}</pre></details></div>"
            )
        else:
            self.message.value = ""
            self.picture.value = self.figure._repr_mimebundle_()["text/html"]
        self.moves += 1


def choice(label, options, value=None):
    """A drop-down list with a label. options: names, or (name, value) pairs. value: the first one chosen."""
    given = {} if value is None else {"value": value}
    return ipywidgets.Dropdown(
        options=options,
        description=label,
        style={"description_width": "initial"},
        layout={"width": "auto", "margin": "2px 10px 2px 2px"},
        **given,
    )


def switch(label, value=True):
    """A box to tick, with a label."""
    return ipywidgets.Checkbox(value, description=label, indent=False, layout={"width": "auto", "margin": "2px 10px"})


def ink(board):
    """A board's value as a picture, float32 (28, 28) from 0 to 1. Raises ValueError for another number of cells."""
    if len(board) != 2 * 784:
        raise ValueError(f"the board has {len(board) / 2:g} cells: 28 x 28 = 784 were expected. Run the cell again.")
    return np.frombuffer(bytes.fromhex(board), np.uint8).reshape(28, 28).astype(np.float32) / 255
